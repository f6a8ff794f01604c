// Cutting Chinese into words: the likeliest cut by word frequency, with the dictionary of the file; as kb/cutting.py.

import { words } from "./pack.js";

const LONGEST = 12;
const gains = new Map();
for (const line of words.dictionary.split("\n")) {
  const [word, count] = line.split("\t");
  gains.set(word, Math.log(count) - Math.log(words.total));
}
const STRANGE = -Math.log(words.total);

/** Whether dictionary or lexicon know a word. */
export const isWord = (text) => gains.has(text);

/** The words of a run of Chinese characters: [word, start, end]. */
export function cut(run) {
  const gained = new Float64Array(run.length + 1);
  const ends = new Uint32Array(run.length);
  for (let start = run.length - 1; start >= 0; start -= 1) {
    let [best, gain] = [start + 1, (gains.get(run[start]) ?? STRANGE) + gained[start + 1]];
    for (let end = start + 2; end <= Math.min(run.length, start + LONGEST); end += 1) {
      const own = gains.get(run.slice(start, end));
      // of equal cuts the longer word wins
      if (own !== undefined && own + gained[end] >= gain) [best, gain] = [end, own + gained[end]];
    }
    ends[start] = best;
    gained[start] = gain;
  }
  const found = [];
  for (let start = 0; start < run.length; start = ends[start]) found.push([run.slice(start, ends[start]), start, ends[start]]);
  return found;
}

/** Words of two or more characters inside a word, with their places in it. */
export function inner(word) {
  const found = [];
  for (let size = 2; size < word.length; size += 1) {
    for (let start = 0; start + size <= word.length; start += 1) {
      const part = word.slice(start, start + size);
      if (isWord(part)) found.push([part, start, start + size]);
    }
  }
  return found;
}
