// A long upload shows how far it is. Without this file the browser sends the form by itself.
const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

document.querySelectorAll("[data-upload]").forEach(attend);

function attend(form) {
  const field = form.querySelector('input[type="file"]');
  form.addEventListener("submit", (event) => send(event, form));
  field.addEventListener("change", () => form.requestSubmit());
  // Somebody quick has chosen before this script was here.
  if (field.files.length) form.requestSubmit();
}

function send(event, form) {
  event.preventDefault();
  const file = form.querySelector('input[type="file"]').files[0];
  if (!file || form.dataset.sending) return;
  form.dataset.sending = "yes";
  const shown = form.querySelector("[data-upload-progress]");
  const bar = shown.querySelector("progress");
  shown.hidden = false;
  shown.querySelector("[data-upload-name]").textContent = file.name;
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = loaded / total;
    shown.querySelector("[data-upload-share]").textContent = percent.format(loaded / total);
  });
  request.addEventListener("load", () => arrive(request));
  request.addEventListener("error", () => form.submit());
  request.send(new FormData(form));
}

// A good upload has been redirected to its own page; a refused one answers with this page and the reason.
function arrive(request) {
  if (request.status < 400) {
    location.assign(request.responseURL);
    return;
  }
  const answer = new DOMParser().parseFromString(request.responseText, "text/html");
  document.querySelector("#main").replaceWith(answer.querySelector("#main"));
  document.querySelectorAll("[data-upload]").forEach(attend);
}
