// Questions as dialogs (without this file the same link leads to a page that asks) and menus that close politely.
export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      opener.closest("details.menu")?.removeAttribute("open");
      dialog.showModal();
    }
    event.target.closest("[data-dialog-close]")?.closest("dialog").close();
    if (event.target instanceof HTMLDialogElement && isOutside(event.target, event)) event.target.close();
    closeMenus(event.target.closest("details.menu"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.menu[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
  document.addEventListener("keydown", moveInMenu);
  // The event does not bubble.
  document.addEventListener("toggle", ({ target }) => target.matches("details.menu[open]") && keepInside(target), true);
  document.addEventListener("keyup", leaveMenu);
  document.querySelector("[data-focus]")?.focus();
}

function isOutside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except && !menu.contains(except)) menu.open = false;
  }
}

// A menu hangs from its button; at the side of the window it would be cut.
function keepInside(menu) {
  const items = menu.querySelector(".menu-items");
  items.style.translate = "";
  const { left, right } = items.getBoundingClientRect();
  const within = document.documentElement.clientWidth - 8;
  const shift = Math.max(Math.min(within - right, 0), 8 - left);
  if (left < 0 || right > within) items.style.translate = `${shift}px`;
}

// Whoever tabs on has left it. A page that moves the focus by itself has not: somebody may be typing in the menu.
function leaveMenu(event) {
  if (event.key === "Tab") closeMenus(event.target.closest?.("details.menu"));
}

function moveInMenu(event) {
  const menu = event.target.closest?.("details.menu[open]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || !step) return;
  const items = [...menu.querySelectorAll(".menu-item")];
  const at = items.indexOf(document.activeElement);
  event.preventDefault();
  items.at((at + step + items.length) % items.length)?.focus();
}
