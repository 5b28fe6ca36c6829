// Light, dark or as the system: the buttons in the user menu.
export function startThemeChoice() {
  const root = document.documentElement;
  const show = () => {
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === root.dataset.themeChosen));
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (button) dispatchEvent(new CustomEvent("theme:choose", { detail: button.dataset.themeChoice }));
  });
  root.addEventListener("themechange", show);
  show();
}
