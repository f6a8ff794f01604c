// Card numbers (Luhn), ID numbers (checksum) and phone numbers do not leave the page: the rules of kb/privacy.py, letter by letter.

// what people put between the digits of a number, and what only some do, who then do it throughout
const SEPARATOR = String.raw`[\s\-_.·,，、/~+*:()—–]`;
const ONLY_USUAL = /^[\s\-_.·,，]*$/;
// digits as they are said; 壹 stands on forms
const SAID = "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳陸參";
const MEANT = "00" + "1234567891" + "123456789" + "263";
const RUNS = ["[0-9]", `[${SAID}]`].map((digit) => new RegExp(`${digit}(?:${SEPARATOR}{0,3}${digit})+`, "g"));
// both at once, as speech is written down: 138零零138000
const MIXED = new RegExp(`(?<![0-9${SAID}])[0-9${SAID}]{11,19}(?![0-9${SAID}])`, "g");
const GROUP = new RegExp(`[0-9]+|[${SAID}]+`, "g");
const LETTER = new RegExp(`${SEPARATOR}{0,2}[xX]`, "y");
const PHONE = /^(?:0{0,2}86|0)?1[3-9][0-9]{9}$/;
const ISSUERS = "34569";
const MOST_DIGITS = 19;
const FEWEST_DIGITS = 11;
const ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const ID_CHECK = "10X98765432";
const MOST_MARKS = 8;
// digits that are being typed, and may become a number; see `isUnfinished`
const UNFINISHED = /[0-9０-９](?:[\s-]?[0-9０-９]){7,}$/;

function isLuhn(digits) {
  const sum = [...digits].reverse().reduce((sum, digit, place) => {
    const value = Number(digit) * (1 + (place % 2));
    return sum + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** ISO 7064 MOD 11-2, as GB 11643 asks. */
function isIdentity(digits) {
  if (!/^[0-9]{17}/.test(digits)) return false;
  const sum = ID_WEIGHTS.reduce((sum, weight, place) => sum + weight * Number(digits[place]), 0);
  return ID_CHECK[sum % 11] === digits[17];
}

/** Whether the digits of a card may be put apart so: one in ten rows of other numbers has its check digit by chance. */
function asCardsAre(text, groups, sizes, whole) {
  if (groups.length === 1) return true;
  const issued = ISSUERS.includes(groups[0].digits[0]);
  if (!issued && sizes[0] !== 4) return false;
  const between = groups.slice(1).map((group, place) => text.slice(groups[place].end, group.start));
  const even = sizes[0] <= 4 && new Set(sizes.slice(0, -1)).size === 1 && sizes.at(-1) <= 4;
  const same = new Set(between).size === 1 && (even || (sizes.length === 2 && [4, 6].includes(sizes[0])));
  return same || (issued && whole && ONLY_USUAL.test(between.join("")));
}

const hasBirthday = (digits) => /^[0-9]{6}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])/.test(digits);

/** What some groups are together; `whole`: no other digits stand beside them. */
function kindOf(text, groups, letter, whole) {
  const digits = groups.map((group) => group.digits).join("") + letter;
  if (digits.length === 18 && isIdentity(digits) && (groups.length === 1 || hasBirthday(digits))) return "［证件号］";
  if (letter) return null;
  const sizes = groups.map((group) => group.digits.length);
  if (PHONE.test(digits) && (sizes[0] >= 3 || Math.max(...sizes) <= 2)) return "［手机号］";
  const long = digits.length >= 13 && digits.length <= MOST_DIGITS;
  return long && asCardsAre(text, groups, sizes, whole) && isLuhn(digits) ? "［卡号］" : null;
}

/** The first group that can end a number, and the one behind the last. */
function reach(groups, first) {
  let digits = 0;
  let nearest = groups.length;
  for (let place = first; place < groups.length; place += 1) {
    digits += groups[place].digits.length;
    if (digits > MOST_DIGITS) return [Math.min(nearest, place), place];
    if (digits >= FEWEST_DIGITS) nearest = Math.min(nearest, place);
  }
  return [nearest, groups.length];
}

/** The longest number that begins with a group: what it is, its last group, and where it ends. */
function longest(text, groups, first, letter) {
  const [nearest, farthest] = reach(groups, first);
  for (let last = farthest - 1; last >= nearest; last -= 1) {
    const taken = groups.slice(first, last + 1);
    const whole = taken.length === groups.length;
    if (letter && last === groups.length - 1 && kindOf(text, taken, "X", whole)) return { kind: "［证件号］", last, end: letter };
    const kind = kindOf(text, taken, "", whole);
    if (kind) return { kind, last, end: taken.at(-1).end };
  }
  return { kind: null, last: first };
}

/** Digits side by side, and where they stand. */
function groupOf(written, start) {
  const digits = written.replace(/[^0-9]/g, (char) => MEANT[SAID.indexOf(char)]);
  return { digits, start, end: start + written.length };
}

const groupsOf = (run) => [...run[0].matchAll(GROUP)].map((group) => groupOf(group[0], run.index + group.index));

/** The numbers of a run of digits: other digits may stand before and after them. */
function* inGroups(text, groups) {
  if (groups.reduce((sum, group) => sum + group.digits.length, 0) < FEWEST_DIGITS) return;
  LETTER.lastIndex = groups.at(-1).end;
  const letter = LETTER.test(text) ? LETTER.lastIndex : 0;
  for (let first = 0; first < groups.length; ) {
    const { kind, last, end } = longest(text, groups, first, letter);
    if (kind) yield { kind, start: groups[first].start, end };
    first = last + 1;
  }
}

const isMark = (char) => /^\p{M}/u.test(char);

/** A character as digits and separators are compared: full width becomes half, what cannot be seen goes. */
function plainOf(char) {
  if (/^[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/u.test(char)) return " ";
  if (/^[\p{Cf}\p{M}]/u.test(char)) return "";
  return char.normalize("NFKC").toLowerCase().replace(/\p{M}/gu, "");
}

/** The plain text, and for each of its units where it begins and ends in the raw one. */
function normalized(raw) {
  const chars = [...raw];
  const starts = [];
  const ends = [];
  let text = "";
  let at = 0;
  for (let place = 0; place < chars.length; ) {
    let after = place + 1;
    while (after < chars.length && isMark(chars[after])) after += 1;
    const width = chars.slice(place, after).join("").length;
    const plain = clusterOf(chars.slice(place, after));
    text += plain;
    for (let unit = 0; unit < plain.length; unit += 1) {
      starts.push(at);
      ends.push(at + width);
    }
    at += width;
    place = after;
  }
  return { text, starts, ends };
}

/** A character together with the marks that follow it. */
function clusterOf(chars) {
  const plain = plainOf(chars[0]);
  if (chars.length === 1 || !plain) return plain;
  const composed = chars.slice(0, 1 + MOST_MARKS).join("").normalize("NFKC");
  return [...composed].map(plainOf).join("");
}

/** Where the numbers of a text stand, and what each is. */
function numbersOf(raw) {
  const { text, starts, ends } = normalized(raw);
  const apart = RUNS.flatMap((run) => [...text.matchAll(run)].map(groupsOf));
  const mixed = [...text.matchAll(MIXED)].map((match) => [groupOf(match[0], match.index)]);
  const found = [...apart, ...mixed].flatMap((groups) => [...inGroups(text, groups)]);
  // of those that overlap the first, and of those the longest
  found.sort((one, other) => one.start - other.start || other.end - one.end);
  let at = 0;
  const kept = found.map(({ kind, start, end }) => ({ kind, start: starts[start], end: ends[end - 1] }));
  return kept.filter(({ start, end }) => start >= at && (at = end));
}

/** The text with every number replaced by what it was: ［卡号］, ［证件号］, ［手机号］. */
export function mask(raw) {
  let out = "";
  let at = 0;
  for (const { kind, start, end } of numbersOf(raw)) {
    out += raw.slice(at, start) + kind;
    at = end;
  }
  return out + raw.slice(at);
}

/** Mask what stands in a field; the caret stays where it is, or goes behind the number it was in. Whether there was anything to mask. */
export function maskField(field) {
  const found = numbersOf(field.value);
  for (const { kind, start, end } of found.reverse()) field.setRangeText(kind, start, end, caretMode(field, start, end));
  return found.length > 0;
}

function caretMode(field, start, end) {
  const caret = field.selectionEnd;
  return document.activeElement === field && caret > start && caret <= end ? "end" : "preserve";
}

/** Whether the digits before the caret may be a number that is being typed: what has been typed of it is nobody's question. */
export function isUnfinished(field) {
  return UNFINISHED.test(field.value.slice(0, field.selectionEnd ?? field.value.length));
}
