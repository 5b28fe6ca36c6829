// What every htmx request carries, and what people read when one fails.
import { showToast } from "./toasts.js";

const SENTENCES = {
  400: "This page is out of date. Reload it and try again; what you typed is still here.",
  401: "You are signed out. Sign in again in another tab; what you typed is still here.",
  403: "You may not do this. An admin of your organization can change that.",
  404: "This is gone. Somebody may have deleted it meanwhile.",
  409: "Somebody changed this meanwhile. Reload to see their version; what you typed is still here.",
  413: "This is too large to be sent.",
  503: "A part of Loumass does not answer. Nothing was changed; what you typed is still here. Try again in a minute.",
  429: "Too many requests in a short time. Wait a minute and try again.",
};

export function startRequests() {
  document.body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
    // What looks again by itself takes itself out of the page: nothing around it has to be made.
    const asking = event.detail.elt;
    const part = asking.matches('[hx-trigger*="sse:"]') && (asking.dataset.liveRows ?? asking.getAttribute("hx-select"));
    if (part) event.detail.headers["X-Part"] = part.slice(1);
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    const sentence = SENTENCES[status] ?? `The server could not do this (${status}). Reload to see what was kept.`;
    showToast({ text: sentence, bad: true });
  });
  document.body.addEventListener("htmx:sendError", () => {
    showToast({ text: "No connection to the server. Nothing was sent; try again.", bad: true });
  });
}
