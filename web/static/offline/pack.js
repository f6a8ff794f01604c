// What the file brings along: articles and the tables of words and places, decoded once.

const pack = JSON.parse(document.querySelector("#pack").textContent);

/** When it was made and until when it holds, in seconds since 1970; `frozen`: another day was asked for, the clock changes nothing. */
export const { at, until, frozen } = pack;
/** Each article: id, key, title, html of its card, start, end (null: open), weight, how many phrasings. */
export const { articles } = pack;
/** How questions are read: see indexer/offline_words.py. */
export const { words } = pack;
/** What sets fraud cards off: see indexer/offline_alarms.py. */
export const { alarms } = pack;

function numbers(base64) {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return new Uint16Array(bytes.buffer);
}

/** term with its mark → [first, after last] among the postings */
const places = new Map();
const { terms, sizes, articles: inArticles, impacts, scale, coverage } = pack.postings;
/** The places of terms: article and what the term counts there, one after the other. */
export const postings = { articles: numbers(inArticles), impacts: numbers(impacts), scale, coverage };

const counted = numbers(sizes);
let first = 0;
terms.split("\n").forEach((term, number) => {
  const end = first + counted[number] + 1;
  places.set(term, [first, end]);
  first = end;
});

/** Where the postings of a term (`w` or `b`, then the text) lie; undefined where no article has it. */
export const placeOf = (term) => places.get(term);
/** Whether a word stands in any article. */
export const knows = (word) => places.has(`w${word}`);
