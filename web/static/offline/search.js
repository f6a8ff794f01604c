// A question → the articles that answer it, best first: BM25 times the share of the question that an article covers,
// fraud cards and what an editor pinned before all others; as indexer/ranking.py and kb/findings.py.

import { alarmed } from "./alarm.js";
import { normalize, pinKey } from "./normal.js";
import { articles, at, frozen, placeOf, postings, words } from "./pack.js";
import { understand } from "./question.js";

const MOST = 10;
const NEAREST = 5;

/** The clock that articles come and go by: the reader's, but for a copy of another day. */
export const clock = () => (frozen ? at : Date.now() / 1000);
const inForce = ({ start, end }) => start <= clock() && (end === null || clock() < end);
/** The articles in force now. */
export const present = () => articles.filter(inForce);

const idf = (having) => Math.log(1 + (articles.length - having + 0.5) / (having + 0.5));
const rareness = ({ text }) => {
  const place = placeOf(text);
  return idf(place ? place[1] - place[0] : 0);
};

/** Words of one place of the question count once for coverage, as the commonest of them. */
function grouped(terms) {
  const groups = new Map();
  for (const term of terms) {
    if (term.text[0] !== "w") continue;
    const place = `${term.start} ${term.end}`;
    if (!groups.has(place)) groups.set(place, []);
    groups.get(place).push(term);
  }
  return [...groups.values()].map((held) => ({ held, share: Math.min(...held.map(rareness)) }));
}

/** Sums of weight · idf · impact, and covered shares, of all articles. */
function addUp(terms) {
  const sums = new Float64Array(articles.length);
  for (const term of terms) {
    const [first, end] = placeOf(term.text) ?? [0, 0];
    const weight = (term.weight * rareness(term)) / postings.scale;
    for (let i = first; i < end; i += 1) sums[postings.articles[i]] += weight * postings.impacts[i];
  }
  return sums;
}

function covered(terms) {
  const groups = grouped(terms);
  const whole = groups.reduce((sum, { share }) => sum + share, 0) || 1;
  const shares = new Float64Array(articles.length);
  const seen = new Int32Array(articles.length).fill(-1);
  groups.forEach(({ held, share }, number) => {
    for (const term of held) {
      const [first, end] = placeOf(term.text) ?? [0, 0];
      for (let i = first; i < end; i += 1) {
        const article = postings.articles[i];
        if (seen[article] !== number) shares[article] += share / whole;
        seen[article] = number;
      }
    }
  });
  return shares;
}

function ranked(terms) {
  const sums = addUp(terms);
  const shares = covered(terms);
  const found = [];
  articles.forEach((article, number) => {
    if (!sums[number] || !inForce(article)) return;
    const score = sums[number] * (1 - postings.coverage + postings.coverage * shares[number]) * article.weight;
    found.push({ article, number, score, coverage: shares[number] });
  });
  return found.sort((a, b) => b.score - a.score || a.number - b.number);
}

// article → all its text, normalised, for quoted phrases
const texts = new Map();
function textOf(article) {
  if (!texts.has(article)) texts.set(article, normalize(new DOMParser().parseFromString(article.html, "text/html").body.textContent));
  return texts.get(article);
}

/** How likely the best hit answers; as kb/confidence.py. */
function likelihood(best) {
  const rarest = Math.log(1 + (Math.max(articles.length, 1) - 0.5) / 1.5);
  const { constant, coverage, strength } = words.confidence;
  return 1 / (1 + Math.exp(-(constant + coverage * best.coverage + strength * Math.log1p(best.score / rarest))));
}

function messageFor(question, hits, sure, literal, alarmed) {
  const unknown = question.unknown.length ? `没看懂“${question.unknown.slice(0, 3).join("、")}”。` : "";
  if (hits.length && !literal) return "没有文章一字不差地包含引号里的话，下面是去掉引号后最接近的几条。";
  if (!hits.length) return `没有找到。${unknown}换个说法试试，或看看下面常用的几条。`;
  if (sure) return "";
  return alarmed ? "请先念警示。其他几条没有把握，念之前请先核对。" : `没有把握。${unknown}下面是最接近的几条，念之前请先核对。`;
}

/** What a question leads to: fraud cards, then articles, whether they surely fit, and a sentence where one has to be said. */
export function search(raw) {
  const question = understand(raw);
  const all = ranked(question.terms);
  const exact = question.phrases.length ? all.filter(({ article }) => question.phrases.every((phrase) => textOf(article).includes(phrase))) : all;
  const hits = exact.length ? exact : all;
  const pinned = present().find(({ id }) => id === words.pins[pinKey(raw)]);
  const alerts = alarmed(question.text, hits.map(({ article }) => article), present());
  const literal = exact.length > 0 || Boolean(pinned);
  const sure = Boolean(pinned) || (hits.length > 0 && literal && likelihood(hits[0]) >= words.confident);
  const found = hits.length ? hits.slice(0, MOST).map(({ article }) => article) : usual();
  const cards = [...new Set([...alerts, ...(pinned ? [pinned] : []), ...found])];
  return { alerts, cards: cards.slice(0, MOST + alerts.length), sure, message: pinned ? "" : messageFor(question, hits, sure, literal, alerts.length > 0) };
}

/** Where nothing matches: what is asked most. */
const usual = () => present().sort((a, b) => b.phrasings - a.phrasings).slice(0, NEAREST);
