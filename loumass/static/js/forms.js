// Small comforts of forms: send at a change, grow with the text, copy a value, never send twice.
export function startForms() {
  document.addEventListener("change", (event) => {
    event.target.form?.closest("[data-autosubmit]")?.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-autogrow]")) grow(event.target);
  });
  growAll();
  document.addEventListener("form:shown", growAll);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("submit", sendOnce);
  addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => form.removeAttribute("data-sent"));
  });
  startDropzones();
}

function growAll() {
  document.querySelectorAll("[data-autogrow]").forEach(grow);
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  source.select?.();
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  const label = button.querySelector("span");
  document.getElementById("live").textContent = "Copied";
  if (!label) return;
  const before = label.textContent;
  label.textContent = "Copied";
  setTimeout(() => (label.textContent = before), 2000);
}

function sendOnce(event) {
  const form = event.target;
  const isHtmx = form.matches("[hx-post], [hx-get], [hx-put], [hx-patch], [hx-delete]");
  // Sent into a frame, the page stays and may send again.
  if (event.defaultPrevented || isHtmx || form.method !== "post" || event.submitter?.formTarget) return;
  if (form.hasAttribute("data-sent")) event.preventDefault();
  form.toggleAttribute("data-sent", true);
}

// A box that takes a dropped file for the file field inside it.
function startDropzones() {
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const zone = event.target.closest?.(".dropzone");
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("drop-over", name === "dragover");
      if (name !== "drop") return;
      const field = zone.querySelector('input[type="file"]');
      field.files = event.dataTransfer.files;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}
