// Which fraud cards a question sets off: what is said adds up for each alert, as it is written, as it sounds, by initials; as kb/tripwire.py.

import { alarms } from "./pack.js";

const readings = new Map();
for (const [read, characters] of Object.entries(alarms.readings)) for (const char of characters) readings.set(char, read);

/** A text in letters, and where its characters begin and end. */
function heardOf(text) {
  const borders = new Set([0]);
  let letters = "";
  for (const char of text) {
    letters += readings.get(char) ?? char;
    borders.add(letters.length);
  }
  return { letters, borders };
}

function sounds({ letters, borders }, sound) {
  for (let at = letters.indexOf(sound); at >= 0; at = letters.indexOf(sound, at + 1)) {
    if (borders.has(at) && borders.has(at + sound.length)) return true;
  }
  return false;
}

function holder(text) {
  const heard = heardOf(text);
  const typed = new Set(text.match(/[a-z]+/g) ?? []);
  const occurs = ([word, ...alike]) => text.includes(word) || alike.some((sound) => sounds(heard, sound));
  return ([words, , initials]) => words.every(occurs) || (initials !== "" && typed.has(initials));
}

const sum = (rules) => rules.reduce((total, [, points]) => total + points, 0);
const longest = (rules) => Math.max(0, ...rules.map(([words]) => words.map(([word]) => word).join(" ").length));

/** Of the articles present, the alerts that a normalised question sets off, fraud first, then by their points; what the search finds first leans towards its alert. */
export function alarmed(text, hits, present) {
  const holds = holder(text.replaceAll(" ", ""));
  const beside = Math.min(sum(alarms.anywhere.filter(holds)), alarms.most_anywhere);
  const found = [];
  for (const article of present) {
    const alarm = alarms.of[article.key];
    if (!alarm) continue;
    const said = alarm.rules.filter(holds);
    const leaning = beside && alarm.severe ? (alarms.leaning[hits.indexOf(article)] ?? 0) : 0;
    const points = sum(said) + leaning;
    if (points && points + beside >= alarms.enough) found.push({ article, order: [!alarm.severe, -points, -longest(said), article.key] });
  }
  return found.sort((a, b) => compare(a.order, b.order)).slice(0, alarms.most).map(({ article }) => article);
}

/** Compare lists by their first difference. */
function compare(one, other) {
  const at = one.findIndex((value, place) => value !== other[place]);
  if (at < 0) return 0;
  return one[at] < other[at] ? -1 : 1;
}
