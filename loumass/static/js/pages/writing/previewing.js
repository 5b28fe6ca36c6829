// The frame beside the words: follows what is kept, at two widths and two looks, as the chosen person reads it.
export function startPreview(box, form) {
  const frame = box.querySelector("iframe");
  const person = document.getElementById("preview_as");
  let source = box.dataset.src ?? "";
  let look = "light";

  function show() {
    if (!source) return;
    box.querySelector(".content-preview-empty")?.remove();
    const address = new URL(source, location.href);
    if (person.value.trim()) address.searchParams.set("preview_as", person.value.trim());
    if (look === "dark") address.searchParams.set("look", look);
    // Not `src`: that would put every look at the preview into the browser's history.
    frame.contentWindow.location.replace(address);
  }

  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-width], [data-look]");
    if (!button) return;
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    if (button.dataset.width) box.querySelector(".content-preview").classList.toggle("content-preview-phone", button.dataset.width === "phone");
    if (button.dataset.look) {
      look = button.dataset.look;
      show();
    }
  });
  if (person.value.trim()) show();
  person.addEventListener("change", show);
  form?.addEventListener("words-kept", () => {
    source = form.dataset.keepPreview;
    show();
  });
}
