// Runs before the first paint, so that a dark page never flashes light. Without it the system decides.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      return localStorage.getItem("theme") ?? "auto";
    } catch {
      return "auto"; // storage is switched off: the system decides
    }
  }

  function apply() {
    const choice = stored();
    const dark = choice === "dark" || (choice === "auto" && system.matches);
    root.setAttribute("data-bs-theme", dark ? "dark" : "light");
    root.setAttribute("data-theme-chosen", choice);
    root.dispatchEvent(new CustomEvent("themechange"));
  }

  root.classList.add("js");
  apply();
  system.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("theme:choose", (event) => {
    try {
      localStorage.setItem("theme", event.detail);
    } catch {
      // storage is switched off: the choice cannot be kept beyond this page
    }
    apply();
  });
})();
