// Which letter does what: each module binds its own keys, keys.js decides when a key is ours.

const bindings = new Map();

/**
 * Bind a letter. `does` is called with the selected card if `card`; with `answered` once what stands in the line has its answer.
 * `line`: Alt with the letter does the same from within the question line. `when`: only while it returns true.
 */
export function bind(letter, does, { card = false, line = false, answered = card, when = () => true } = {}) {
  if (!bindings.has(letter)) bindings.set(letter, []);
  bindings.get(letter).push({ does, card, line, answered, when });
}

/** What a letter means now, the latest binding first; undefined where it means nothing. */
export const bound = (letter) => bindings.get(letter)?.findLast((binding) => binding.when());

let ofLine = () => null;

/** The page with a question line says what a key does there, before anything else is asked: null where it means nothing. */
export function readLine(read) {
  ofLine = read;
}

/** What the question line makes of a key, pressed inside it or beside it. */
export const keyOfLine = (event) => ofLine(event);
