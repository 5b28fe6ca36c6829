// The people of a running campaign, asked anew whenever the server says that something moved.
import { ask } from "./server.js";

export function followCounts(store) {
  const { countsHref, liveHref, liveTopic } = store.place;
  if (!countsHref) return;
  let isAsking = false;
  let isAgain = false;
  const read = async () => {
    if (isAsking) {
      isAgain = true;
      return;
    }
    isAsking = true;
    const answer = await ask(countsHref);
    if (answer.ok) store.set({ counts: indexed(answer.body) });
    isAsking = false;
    if (isAgain) {
      isAgain = false;
      read();
    }
  };
  read();
  const stream = new EventSource(liveHref);
  stream.addEventListener(liveTopic, read);
  addEventListener("pagehide", () => stream.close());
}

// A draft of a change has other ids, but the keys of the funnel that runs: both lead to the numbers.
function indexed(told) {
  return {
    enrolled: told.enrolled, outside: told.outside, older: told.older,
    steps: new Map(told.steps.map((one) => [one.id, one])), keys: new Map(told.steps.map((one) => [one.key, one])),
    ways: new Map(told.ways.map((one) => [`${one.source}/${one.branch}`, one.people])),
    wayKeys: new Map(told.ways.map((one) => [`${one.key}/${one.branch}`, one.people])),
  };
}
