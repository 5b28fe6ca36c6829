// What the island asks the server. Refusals come as values with a sentence, never as exceptions.
const SENTENCES = {
  401: "you are signed out. Sign in in another tab; it is saved then",
  403: "your role does not allow it",
  413: "it is too large",
  503: "a part of Loumass does not answer. It is tried again",
};
const FINAL = new Set([400, 403, 404, 413, 422]);

const token = () => document.querySelector('meta[name="csrf-token"]').content;

// { ok, status, body, problem, isFinal }
export async function ask(url, { method = "GET", json, form, signal } = {}) {
  const headers = { Accept: json !== undefined || !form ? "application/json" : "text/html" };
  if (method !== "GET") headers["X-CSRFToken"] = token();
  if (json !== undefined) headers["Content-Type"] = "application/json";
  try {
    const answer = await fetch(url, { method, headers, signal, credentials: "same-origin", body: json === undefined ? form : JSON.stringify(json) });
    return await told(answer);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { ok: false, status: 0, problem: "no connection to the server. It is tried again", isFinal: false };
  }
}

async function told(answer) {
  const isJson = /json/u.test(answer.headers.get("Content-Type") ?? "");
  const body = isJson ? await answer.json() : await answer.text();
  const { ok, status } = answer;
  const said = isJson && !ok && body.detail ? `${body.detail[0].toLowerCase()}${body.detail.slice(1)}` : null;
  const problem = ok ? null : (SENTENCES[status] ?? said ?? `the server could not do it (${status})`);
  return { ok, status, body, problem, isFinal: FINAL.has(status), revision: Number(answer.headers.get("X-Revision")) };
}
