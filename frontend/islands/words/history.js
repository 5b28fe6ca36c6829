// Undo and redo over the whole document. What is typed into one place in one go is one step back. Pure.
const [MOST, TOGETHER] = [200, 1200];

export function begun(present) {
  return { past: [], present, future: [], key: null, at: 0 };
}

// `key` names what is changed: changes of the same within a moment belong together; without one each stands alone.
export function changed(history, present, key, now) {
  if (present === history.present) return history;
  const goesOn = key !== null && key === history.key && now - history.at < TOGETHER;
  const past = goesOn ? history.past : [...history.past, history.present].slice(-MOST);
  return { past, present, future: [], key, at: now };
}

export function undone(history) {
  if (!history.past.length) return history;
  const future = [history.present, ...history.future];
  return { past: history.past.slice(0, -1), present: history.past.at(-1), future, key: null, at: 0 };
}

export function redone(history) {
  if (!history.future.length) return history;
  const [present, ...future] = history.future;
  return { past: [...history.past, history.present], present, future, key: null, at: 0 };
}
