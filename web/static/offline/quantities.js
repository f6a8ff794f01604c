// The amounts, rates and terms that callers name most, each as the one term the index has for it: 5万 → 50000, 三年期 → 3年, Ⅱ类户 → 2类户.
// A part of kb/quantities.py and kb/numerals.py; what is not here is found by its words.

const DIGITS = new Map([..."零一二三四五六七八九"].map((char, value) => [char, value]));
DIGITS.set("〇", 0).set("两", 2);
const POWERS = new Map([["十", 10], ["百", 100], ["千", 1000]]);
const BIG = new Map([["", 1], ["万", 1e4], ["亿", 1e8], ["万亿", 1e12]]);
const ONES = "零〇一二两三四五六七八九十";
const ARABIC = String.raw`\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d{1,15}(?!\d)(?:\.\d{1,6})?`;
const SCALE = "(?:[十百千]?(?:万亿|[万亿])|[百千](?!分))";
const NUMBER = String.raw`(?<n>(?:${ARABIC})\s?${SCALE}?|(?<!第)[${ONES}][${ONES}百千万亿]{0,23}(?:点[零〇一二三四五六七八九]{1,6})?)`;
const LEFT = "(?<![a-z0-9.,])";

function chinese(text) {
  const digits = [...text].map((char) => DIGITS.get(char));
  if (text.length > 1 && digits.every((digit) => digit !== undefined)) {
    // 两三天 is two or three days, not 23
    return text.length === 2 && !digits.includes(0) ? null : Number(digits.join(""));
  }
  let [total, section, digit, last] = [0, 0, 0, 1];
  for (const char of text) {
    if (DIGITS.has(char)) {
      digit = DIGITS.get(char);
      if (digit === 0) last = 10;
    } else if (POWERS.has(char)) {
      section += (digit || (char === "十" && !section ? 1 : 0)) * POWERS.get(char);
      [digit, last] = [0, POWERS.get(char)];
    } else {
      last = BIG.get(char);
      total = char === "万" ? total + (section + digit) * last : (total + section + digit) * last;
      section = digit = 0;
    }
  }
  // 三千五 is 3500, 两万五 is 25000
  if (digit && last > 10 && "百千万亿".includes(text.at(-2))) digit *= last / 10;
  return total + section + digit;
}

/** The value of an Arabic, Chinese or mixed number, null if it is none. */
function valueOf(text) {
  const bare = text.replace(/[,\s]/g, "");
  const mixed = /^(\d+(?:\.\d+)?)([十百千]?)(万?亿?)$/.exec(bare);
  if (mixed) return Number(mixed[1]) * (POWERS.get(mixed[2]) ?? 1) * BIG.get(mixed[3]);
  const [whole, fraction] = bare.split("点");
  const value = chinese(whole);
  if (value === null || fraction === undefined) return value;
  return Number(`${value}.${[...fraction].map((char) => DIGITS.get(char)).join("")}`);
}

// without needless noughts, and without what binary fractions add
const plain = (value) => String(Number(value.toPrecision(15)));
const counted = (unit, factor = 1) => ({ n }) => {
  const value = valueOf(n);
  return value === null ? null : plain(value * factor) + unit;
};
const ofMonths = (months) => (months % 12 === 0 ? `${plain(months / 12)}年` : `${plain(months)}个月`);
const months = (factor, more = 0) => ({ n, half }) => {
  const value = valueOf(n);
  return value === null ? null : ofMonths(value * factor + more + (half ? 6 : 0));
};
const SECONDS = { 小时: 3600, 钟头: 3600, 分钟: 60, 秒: 1, 秒钟: 1 };
const clock = ({ n, half, u }) => {
  const value = valueOf(n);
  if (value === null) return null;
  const seconds = (value + (half ? 0.5 : 0)) * SECONDS[u];
  const [size, unit] = [[3600, "小时"], [60, "分钟"], [1, "秒"]].find(([length]) => seconds % length === 0 || length === 1);
  return plain(seconds / size) + unit;
};
const UNITS = { 日: "天", 自然日: "天", 日历日: "天", 星期: "周", 礼拜: "周", 工作天: "工作日", 周岁: "岁" };
const inUnit = ({ n, u }) => counted(UNITS[u] ?? u)({ n });
const CLASSES = { i: 1, ii: 2, iii: 3, 一: 1, 二: 2, 三: 3, 1: 1, 2: 2, 3: 3 };
const accountClass = ({ c }) => `${CLASSES[c]}类户`;
const CURRENCIES = { 美金: "美元", 港元: "港币", 美元: "美元", 欧元: "欧元", 英镑: "英镑", 港币: "港币", 日元: "日元" };
const money = ({ n, u }) => {
  const bare = !u && !/^\d/.test(n);
  // a lone Chinese numeral is a word unless it has a scale: 五万 is an amount, 一 is none
  if (bare && !(n.length > 1 && /[百千万亿]/.test(n.slice(1)))) return null;
  return counted(CURRENCIES[u] ?? "")({ n });
};
const whenValid = (made, most) => ({ n }) => {
  const value = valueOf(n);
  return value >= 1 && value <= most ? `${value}${made}` : null;
};
const date = ({ m, d }) => `${valueOf(m)}月${valueOf(d)}日`;
const DAY = String.raw`[12]\d|3[01]|0?[1-9]|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九]`;

// in order: the first that matches at a place wins
const PATTERNS = [
  [String.raw`${LEFT}(?<c>i{1,3}|[123])\s?类(?:银行)?(?:结算)?(?:账户|户|卡)?`, accountClass],
  ["(?<c>[一二三])类(?:银行)?(?:结算)?(?:账户|户|卡)", accountClass],
  [String.raw`第\s?(?<n>\d{1,4}|[${ONES}百千]{1,8})\s?条`, ({ n }) => `第${valueOf(n)}条`],
  [String.raw`${LEFT}(?<n>${ARABIC})\s?%`, counted("%")],
  [String.raw`${LEFT}(?<n>${ARABIC})\s?‰`, counted("%", 0.1)],
  [`百分之${NUMBER}`, counted("%")],
  [`千分之${NUMBER}`, counted("%", 0.1)],
  [`万分之${NUMBER}`, counted("%", 0.01)],
  [String.raw`${LEFT}(?<a>\d{1,3})\s?[*×x]\s?(?<b>\d{1,3})(?![a-z0-9])`, ({ a, b }) => `${a}*${b}`],
  [String.raw`${LEFT}t\s?\+\s?(?<n>\d{1,2})(?![a-z0-9])`, ({ n }) => `t+${n}`],
  [String.raw`${LEFT}(?<n>(?:19|20)\d\d)\s?年`, ({ n }) => `${n}年`],
  [String.raw`${LEFT}(?<m>1[0-2]|0?[1-9])\s?月\s?(?<d>${DAY})\s?[日号]`, date],
  [String.raw`${LEFT}(?<n>1[0-2]|0?[1-9])\s?月份?(?![息供费租])`, whenValid("月", 12)],
  [String.raw`(?<![a-z0-9.,第])(?<n>${DAY})号(?![令文线楼店馆院门码卡])`, whenValid("号", 31)],
  ["半年期?", () => "6个月"],
  ["半个?(?:小时|钟头)", () => "30分钟"],
  ["半个月", () => "15天"],
  [String.raw`${LEFT}${NUMBER}\s?个半月`, months(1, 0.5)],
  [String.raw`${LEFT}${NUMBER}\s?个季度`, months(3)],
  [String.raw`${LEFT}${NUMBER}\s?个?(?<half>半)?(?<u>小时|钟头|分钟|秒钟?)`, clock],
  [String.raw`${LEFT}${NUMBER}\s?年(?<half>半)?(?:期|定期)?(?![级度份])`, months(12)],
  [String.raw`${LEFT}${NUMBER}\s?个月期?`, months(1)],
  [String.raw`${LEFT}${NUMBER}\s?个?(?<u>工作[日天]|交易日|营业日|自然日|日历日|星期|礼拜|周岁|天|日|周|岁)`, inUnit],
  [String.raw`${LEFT}${NUMBER}\s?(?<u>期|次|笔|张|倍|位)(?![货权间数性])`, inUnit],
  [String.raw`${LEFT}(?<n>${ARABIC})\s?w(?:元|块钱?)?(?![a-z0-9])`, counted("", 1e4)],
  [String.raw`${LEFT}(?<n>${ARABIC})\s?k(?:元|块钱?)?(?![a-z0-9])`, counted("", 1e3)],
  [String.raw`${LEFT}${NUMBER}\s?(?<u>美元|美金|欧元|英镑|港币|港元|日元|元|圆|块钱|块)?`, money],
].map(([pattern, make]) => [new RegExp(pattern, "uy"), make]);
const MAYBE = new RegExp(`[\\d${ONES}百千万第半it]`, "g");

/** Quantities of a normalised text from left to right, not overlapping: { term, start, end }. */
export function findQuantities(text) {
  const found = [];
  let at = 0;
  for (const { index } of text.matchAll(MAYBE)) {
    if (index < at) continue;
    const here = quantityAt(text, index);
    if (!here) continue;
    found.push(here);
    at = here.end;
  }
  return found;
}

function quantityAt(text, start) {
  for (const [pattern, make] of PATTERNS) {
    pattern.lastIndex = start;
    const match = pattern.exec(text);
    const term = match?.[0] ? make(match.groups ?? {}) : null;
    if (term) return { term, start, end: start + match[0].trimEnd().length };
  }
  return null;
}
