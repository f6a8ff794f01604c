// Puts an answer on the page: at once what the window has room for, the rest when typing rests.
// The cards at the top that are the same as before stay as they are: nothing below moves and nothing is laid out again.

const CUT = "<!--card-->"; // autoescape lets no text bring one
const REST_AFTER = 120;
const AT_A_TIME = 2;

let list = null;
let opening = "";
let drawn = [];
let waiting = [];
let timer = 0;
let dress = null;

function parse(html) {
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  return parsed.content;
}

/** Show the HTML of an answer inside `root`; `dressed` is called with each new card. Returns how many cards stayed. */
export function draw(root, html, dressed) {
  const [before, ...cards] = html.split(CUT);
  const frame = parse(before + (cards.pop() ?? ""));
  dress = dressed;
  clearTimeout(timer);
  const stayed = stay(root, frame, before, cards);
  waiting = cards.slice(stayed);
  while (waiting.length && !(drawn.length && full())) add();
  busy(root);
  if (waiting.length) timer = setTimeout(() => drawRest(root), REST_AFTER);
  return stayed;
}

/** Draw now what was put off, for keys that mean a card further down. */
export function finish(root) {
  if (!waiting.length) return;
  clearTimeout(timer);
  while (waiting.length) add();
  busy(root);
}

/** Keep the cards that the new answer begins with too, if what stands above them is the same; drop all else. */
function stay(root, frame, before, cards) {
  const told = frame.querySelector("[data-status]")?.dataset;
  const same = list?.isConnected && unstated(before) === opening;
  let kept = 0;
  while (same && kept < drawn.length && drawn[kept] === cards[kept]) kept += 1;
  if (kept) {
    Object.assign(root.querySelector("[data-status]").dataset, told);
    while (list.children.length > kept) list.lastElementChild.remove();
  } else {
    root.replaceChildren(frame);
    list = root.querySelector(".cards");
  }
  opening = unstated(before);
  drawn.length = kept;
  return kept;
}

const unstated = (html) => html.replace(/ data-(?:question|status)="[^"]*"/g, "");
const full = () => list.lastElementChild.getBoundingClientRect().bottom > innerHeight;

function add() {
  const html = waiting.shift();
  drawn.push(html);
  list.append(parse(html));
  dress(list.lastElementChild.querySelector(".card"));
}

function drawRest(root) {
  for (let n = 0; n < AT_A_TIME && waiting.length; n += 1) add();
  busy(root);
  if (waiting.length) timer = setTimeout(() => drawRest(root));
}

const busy = (root) => root.setAttribute("aria-busy", String(waiting.length > 0));
