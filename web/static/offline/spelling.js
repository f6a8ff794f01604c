// Letters as pinyin or initials: xgsjh → 修改 手机号, of the words by which the file's articles are called; as kb/letters.py, without slips.

import { words } from "./pack.js";

const CHOICES = 3;
// spelling → [word, in how many articles], the commonest first
const spelt = new Map();
let total = 0;
let longest = 0;
for (const line of words.letters ? words.letters.split("\n") : []) {
  const [word, full, short, count] = line.split("\t");
  total += Number(count);
  for (const spelling of new Set([full, short])) {
    longest = Math.max(longest, spelling.length);
    if (!spelt.has(spelling)) spelt.set(spelling, []);
    spelt.get(spelling).push([word, Number(count)]);
  }
}
const cost = (count) => Math.log(total) - Math.log(count);

/** For each part of the letters, its best few words; empty where they cannot be read. The fewest and commonest words win. */
export function readLetters(letters) {
  if (!/^[a-z]{2,40}$/.test(letters)) return [];
  const best = [{ cost: 0 }];
  for (let end = 2; end <= letters.length; end += 1) {
    for (let start = Math.max(0, end - longest); start <= end - 2; start += 1) {
      const choices = best[start] && spelt.get(letters.slice(start, end));
      if (!choices) continue;
      const now = best[start].cost + cost(choices[0][1]);
      if (!best[end] || now < best[end].cost) best[end] = { cost: now, start, choices };
    }
  }
  const found = [];
  for (let step = best[letters.length]; step?.choices; step = best[step.start]) found.unshift(step.choices.slice(0, CHOICES).map(([word]) => word));
  return found;
}
