// How long a voice speaks a script, as content/speaking_time.py estimates it.
const WORD = /[\p{L}\p{N}]+(?:['’.,:-][\p{L}\p{N}]+)*/gu;
const PAUSE = /[.!?…]+(?:\s|$)|\n+/gu;
const [REST, DIGIT_WORDS, BEST, LONGEST] = [0.4, 0.8, 30, 60];

export function spoken(script, wordsPerMinute) {
  const said = script.match(WORD) ?? [];
  const weight = said.reduce((sum, word) => sum + Math.max(1, (word.match(/\p{Nd}/gu) ?? []).length * DIGIT_WORDS), 0);
  const rests = Math.max((script.trim().match(PAUSE) ?? []).length - 1, 0);
  const seconds = Math.round((weight * 60) / wordsPerMinute + rests * REST);
  return { seconds, warning: said.length ? warning(seconds) : "" };
}

function warning(seconds) {
  if (seconds > LONGEST) return `Longer than ${LONGEST} seconds: many boxes cut it off. Shorten it.`;
  if (seconds > BEST) return `Few people listen for more than ${BEST} seconds. Say who calls, why, and a number.`;
  return seconds <= 5 ? "A drop needs more than 5 seconds." : "";
}
