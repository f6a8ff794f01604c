// A question → the terms to look for, with their weights and places; as kb/text.py and kb/query.py.

import { cut, inner, isWord } from "./cutting.js";
import { normalize } from "./normal.js";
import { knows, words } from "./pack.js";
import { findQuantities } from "./quantities.js";
import { readLetters } from "./spelling.js";

const CONCEPT = "=";
const HAN = "〇\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const CHINESE = new RegExp(`[${HAN}]+`, "gu");
const ALNUM = `(?:(?![${HAN}])[\\p{L}\\p{N}])`;
const LATIN = new RegExp(`${ALNUM}+(?:[+*/.\\-_&'@]${ALNUM}+)*`, "gu");
const PART = /[\p{L}\p{N}]+/gu;
const CODE = /^[a-z]{1,6}[-_]?\d{3,8}$/;
const QUOTED = /[“"「『]([^”"」』]{1,60})[”"」』]/g;
// what a code that an article names outweighs all other words by, and what a listed misspelling weighs
const CODE_WEIGHT = 100;
const CORRECTED = 0.9;

const silent = new Set(words.stopwords);
const concepts = new Map(Object.entries(words.concepts));
const wider = new Map(Object.entries(words.wider));
const members = new Map();
for (const word of new Set([...concepts.keys(), ...wider.keys()])) {
  if (word.length < 2) continue;
  const beginning = word.slice(0, 2);
  if (!members.has(beginning)) members.set(beginning, []);
  members.get(beginning).push(word);
}
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
const mixedWords = words.mixed.map((word) => `${/^[a-z0-9]/.test(word) ? "(?<![a-z0-9])" : ""}${escaped(word)}${/[a-z0-9]$/.test(word) ? "(?![a-z0-9])" : ""}`);
const MIXED = mixedWords.length ? new RegExp(mixedWords.join("|"), "g") : null;

/** Tokens { term, start, end, kind } of a normalised text, and its runs of Chinese characters [start, end]. */
function analyse(text) {
  const found = { tokens: [], runs: [] };
  let at = 0;
  for (const { term, start, end } of findQuantities(text)) {
    between(text, at, start, found);
    found.tokens.push({ term, start, end, kind: "quantity" });
    at = end;
  }
  between(text, at, text.length, found);
  found.tokens.push(...conceptsIn(text, found.tokens));
  return found;
}

/** What lies between quantities: words such as U盾 first, then runs of Chinese and of Latin characters. */
function between(text, start, end, found) {
  const part = text.slice(start, end);
  let at = 0;
  for (const match of MIXED ? part.matchAll(MIXED) : []) {
    runs(part.slice(at, match.index), start + at, found);
    at = match.index + match[0].length;
    found.tokens.push({ term: match[0], start: start + match.index, end: start + at, kind: "word" });
  }
  runs(part.slice(at), start + at, found);
}

function runs(part, offset, { tokens, runs: places }) {
  for (const match of part.matchAll(CHINESE)) {
    const from = offset + match.index;
    places.push([from, from + match[0].length]);
    for (const [word, start, end] of cut(match[0])) {
      tokens.push({ term: word, start: from + start, end: from + end, kind: "word" });
      for (const [within, i, j] of inner(word)) tokens.push({ term: within, start: from + start + i, end: from + start + j, kind: "inner" });
    }
  }
  for (const match of part.matchAll(LATIN)) {
    const from = offset + match.index;
    tokens.push({ term: match[0].slice(0, 60), start: from, end: from + match[0].length, kind: "latin" });
    const parts = [...match[0].matchAll(PART)];
    if (parts.length < 2) continue;
    for (const { 0: term, index } of parts) tokens.push({ term, start: from + index, end: from + index + term.length, kind: "latin" });
  }
}

/** Groups of equals, and words that find wider ones, where they begin and end as some token does. */
function conceptsIn(text, tokens) {
  const ends = new Set(tokens.map((token) => token.end));
  const found = [];
  for (const start of new Set(tokens.map((token) => token.start))) {
    for (const word of members.get(text.slice(start, start + 2)) ?? []) {
      const end = start + word.length;
      if (!ends.has(end) || !text.startsWith(word, start)) continue;
      if (concepts.has(word)) found.push({ term: CONCEPT + concepts.get(word), start, end, kind: "concept" });
      else if (!isWord(word)) found.push({ term: word, start, end, kind: "word" });
    }
  }
  return found;
}

function termsOf(text) {
  const { tokens, runs: places } = analyse(text);
  const quiet = new Set();
  for (const { term, start, end, kind } of tokens) {
    if (kind === "word" && silent.has(term)) for (let i = start; i < end; i += 1) quiet.add(i);
  }
  let said = tokens.filter(({ term }) => !silent.has(term));
  let pairs = pairsOf(text, places, quiet);
  if (!said.length && !pairs.length) [said, pairs] = [tokens, pairsOf(text, places, new Set())];
  return { tokens: said, terms: [...said.map(asTerm), ...said.flatMap(widerOf), ...pairs] };
}

const asTerm = ({ term, start, end, kind }) => ({ text: `w${term}`, weight: words.weights[kind], start, end });

function widerOf({ term, start, end }) {
  return (wider.get(term) ?? []).map((word) => ({
    text: `w${concepts.has(word) ? CONCEPT + concepts.get(word) : word}`, weight: words.weights.wider, start, end,
  }));
}

function pairsOf(text, places, quiet) {
  const found = [];
  for (const [from, to] of places) {
    for (let start = from; start < to - 1; start += 1) {
      if (quiet.has(start) && quiet.has(start + 1)) continue;
      found.push({ text: `b${text.slice(start, start + 2)}`, weight: words.weights.bigram, start, end: start + 2 });
    }
  }
  return found;
}

/** The terms of another text, standing at one place of the question. */
const standingAt = (text, { start, end }, factor) => termsOf(text).terms.map((term) => ({ ...term, weight: term.weight * factor, start, end }));

function fromLetters(tokens) {
  return tokens.filter(({ term, kind }) => kind === "latin" && !knows(term)).flatMap((token) => {
    const parts = readLetters(token.term);
    return parts.flatMap((choices) => choices.flatMap((word, rank) => standingAt(word, token, 1 / (1 + rank))));
  });
}

function fromMisspelt(text) {
  const listed = Object.entries(words.misspelt).filter(([wrong]) => text.includes(wrong));
  return listed.flatMap(([wrong, right]) => {
    const start = text.indexOf(wrong);
    return standingAt(right, { start, end: start + wrong.length }, CORRECTED);
  });
}

/** Each term once, with its greatest weight. */
function merged(terms) {
  const best = new Map();
  for (const term of terms) if (!(best.get(term.text)?.weight >= term.weight)) best.set(term.text, term);
  return [...best.values()];
}

function unknownIn(text, tokens, read) {
  const missing = tokens.filter(({ term, kind, start }) => (kind === "word" || kind === "latin") && !knows(term) && !read.some((other) => other.start === start));
  return [...new Set(missing.map(({ start, end }) => text.slice(start, end)))];
}

/** What is looked for: terms, quoted phrases that must stand in an article, and words that no article has. */
export function understand(raw) {
  const text = normalize(raw);
  const { tokens, terms } = termsOf(text);
  const read = [...fromLetters(tokens), ...fromMisspelt(text)];
  const codes = tokens.filter(({ term, kind }) => kind === "latin" && CODE.test(term) && knows(term));
  const certain = codes.map(({ term, start, end }) => ({ text: `w${term}`, weight: CODE_WEIGHT, start, end }));
  return {
    text,
    terms: merged([...terms, ...read, ...certain]),
    phrases: [...raw.matchAll(QUOTED)].map((match) => normalize(match[1]).trim()).filter(Boolean),
    unknown: unknownIn(text, tokens, read),
  };
}
