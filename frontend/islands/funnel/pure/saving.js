// Saves by itself: a moment after the last change, one request at a time, again after a failure. What is saved, and what a
// conflict means, the owner knows.
//   send()          -> { isSaved } | { isMerged } (try again at once) | { isAsked } (a person must choose first)
//                      | { problem, isFinal }     (said to the person; not final: tried again)
//   tell(state)     { what: "saved" | "waiting" | "saving" | "failed" | "asking", at, problem }
const PAUSE = 700;
const RETRIES = [2_000, 5_000, 15_000, 30_000];

export class Saver {
  constructor({ send, tell, now = Date.now, after = (ms, act) => setTimeout(act, ms), stop = (timer) => clearTimeout(timer) }) {
    Object.assign(this, { send, tell, now, after, stop });
    this.isDirty = false;
    this.failures = 0;
    this.timer = null;
    this.turn = Promise.resolve();
    this.isAsking = false;
  }

  // Something changed.
  touch() {
    this.isDirty = true;
    if (this.isAsking) return;
    this.tell({ what: "waiting" });
    this.schedule(PAUSE);
  }

  schedule(ms) {
    this.stop(this.timer);
    this.timer = this.after(ms, () => this.flush());
  }

  // Saves now what is to be saved. Resolves once nothing is left, or it cannot be saved now.
  flush() {
    this.stop(this.timer);
    return this.alone(() => this.saveAll());
  }

  // Other requests that change the funnel wait for their turn, and saving waits for them.
  alone(task) {
    const turn = this.turn.then(task);
    this.turn = turn.catch(() => {}); // whoever asked is told; the next one has its turn all the same
    return turn;
  }

  async saveAll() {
    let isSent = false;
    while (this.isDirty && !this.isAsking) {
      this.isDirty = false;
      isSent = true;
      this.tell({ what: "saving" });
      const outcome = await this.send();
      if (outcome.isMerged) this.isDirty = true;
      else if (outcome.isAsked) this.ask();
      else if (outcome.problem) return this.fail(outcome);
      this.failures = 0;
    }
    if (isSent && !this.isAsking) this.tell({ what: "saved", at: this.now() });
    return undefined;
  }

  ask() {
    this.isDirty = true;
    this.isAsking = true;
    this.tell({ what: "asking" });
  }

  // The person has chosen.
  answered() {
    this.isAsking = false;
    this.isDirty = true;
    return this.flush();
  }

  fail({ problem, isFinal }) {
    this.isDirty = true;
    this.tell({ what: "failed", problem });
    if (!isFinal) this.schedule(RETRIES[Math.min(this.failures, RETRIES.length - 1)]);
    this.failures += 1;
  }
}
