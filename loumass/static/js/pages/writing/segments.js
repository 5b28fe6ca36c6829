// How many segments a text message takes: GSM 03.38 and UCS-2, as content/segments.py counts them.
const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENSION = new Set("\f^{}\\[~]|€");
// What people paste without meaning to, and what says the same in the cheap alphabet.
const PLAIN = {
  "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "‛": "'", "´": "'", "`": "'",
  "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "•": "-", "\u00a0": " ", "\u2009": " ", "\u202f": " ",
  "\u200b": "", "\ufeff": "", "\t": " ",
};

export function segments(text) {
  const letters = [...text];
  const expensive = [...new Set(letters.filter((one) => !BASIC.has(one) && !EXTENSION.has(one)))];
  if (expensive.length) return packed("UCS-2", letters.map((one) => one.length), 70, 67, expensive);
  return packed("GSM-7", letters.map((one) => (EXTENSION.has(one) ? 2 : 1)), 160, 153, []);
}

// A pair (escape or surrogate) is never split over two segments.
function packed(encoding, widths, alone, joined, expensive) {
  const units = widths.reduce((sum, width) => sum + width, 0);
  if (units <= alone) return { encoding, count: units ? 1 : 0, units, left: alone - units, expensive };
  let [count, used] = [1, 0];
  for (const width of widths) {
    if (used + width > joined) [count, used] = [count + 1, 0];
    used += width;
  }
  return { encoding, count, units, left: joined - used, expensive };
}

export function words({ encoding, count, units, left }) {
  const [many, place] = count === 1 ? ["1 segment", "it"] : [`${count} segments`, "the last one"];
  const characters = units === 1 ? "1 character" : `${units.toLocaleString("en-US")} characters`;
  return `${many}, ${characters} (${encoding}), ${left} left in ${place}`;
}

// `text` with letters of the cheap alphabet where they say the same.
export function plainer(text) {
  return [...text].map((one) => PLAIN[one] ?? one).join("");
}
