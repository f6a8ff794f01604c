// Text as the index has it: NFKC, lower case, simplified characters, no marks; as kb/normalize.py, without the way back.

import { words } from "./pack.js";

const simplified = new Map();
const olds = [...words.traditional];
[...words.simplified].forEach((char, at) => simplified.set(olds[at], char));

const BLANK = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu;
const NOTHING = /[\p{Cf}\p{M}]/gu;

export function normalize(raw) {
  const plain = raw.normalize("NFKC").toLowerCase().replace(BLANK, " ").replace(NOTHING, "");
  return Array.from(plain, (char) => simplified.get(char) ?? char).join("");
}

/** A question as pins compare it; as kb/pins.py. */
export const pinKey = (question) => normalize(question).replace(/[\s?!。.,、~]+/g, "");
