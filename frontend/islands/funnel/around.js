// What the page around the island offers.

// One polite live region for all pages (layouts/base.html). The same words again are said again.
export function announce(words) {
  const region = document.getElementById("live");
  if (region) region.textContent = region.textContent === words ? `${words}\u00a0` : words;
}

// Also where the page is not served over TLS and `crypto.randomUUID` is missing.
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, "$1-$2-$3-$4-$5");
}

export const number = (value) => value.toLocaleString("en-US");

export const isTyping = (element) => element?.isContentEditable || element?.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");

export const isPhone = () => matchMedia("(max-width: 767.98px)").matches;
