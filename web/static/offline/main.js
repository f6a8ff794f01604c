// The page of a copy: answers as you type, all of it inside the file; nothing is ever sent anywhere.

import { cards, replaceResults, selected } from "../cards.js";
import { toast } from "../copy.js";
import "./keys.js";
import { articles, at, frozen, until } from "./pack.js";
import { present } from "./search.js";
import { answerTo, articleNamed } from "./show.js";

const form = document.querySelector("#ask");
const line = document.querySelector("#line");
const status = document.querySelector("#status");
const start = document.querySelector("#start");
const notice = document.querySelector("#copy-age");
const HOUR = 3600;
const LOOK_EVERY = 30_000;

function put(html) {
  start.hidden = html !== "";
  if (scrollY) scrollTo(0, 0);
  replaceResults(html);
  status.textContent = document.querySelector("#results [data-status]")?.dataset.status ?? "";
}

function ask() {
  const question = line.value.trim();
  put(question && answerTo(question));
  form.dataset.answered = question;
}

/** How old the copy is, and what has come and gone since. */
function age() {
  if (frozen) return;
  const hours = Math.floor((Date.now() / 1000 - at) / HOUR);
  const old = Date.now() / 1000 >= until;
  const gone = articles.filter(({ end }) => end !== null && end <= Date.now() / 1000).length;
  const parts = [];
  if (old) parts.push(`已经过了 ${hours} 小时，可能已经过时，数字和规定先核实再念`);
  if (gone) parts.push(`有 ${gone} 篇到期，不再显示`);
  notice.textContent = parts.join("；") + (parts.length ? "。" : "");
  notice.closest(".copy-bar").classList.toggle("is-old", old);
}

let shown = "";
/** Articles come and go while the page stands open; an answer is made anew only when that changes something. */
function lookAtClock() {
  age();
  const now = present().map(({ key }) => key).join();
  if (shown && now !== shown && !selected()?.contains(document.activeElement)) ask();
  shown = now;
}

line.addEventListener("input", (event) => event.isComposing || ask());
line.addEventListener("compositionend", ask);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
start.addEventListener("click", (event) => {
  const example = event.target.closest(".example");
  if (!example) return;
  event.preventDefault();
  line.focus();
  line.value = example.value;
  ask();
});
// a link from one article to another leads to that one's card
document.querySelector("#results").addEventListener("click", (event) => {
  const id = /^\/articles\/([^#?]+)/.exec(event.target.closest("a")?.getAttribute("href") ?? "")?.[1];
  if (!id) return;
  event.preventDefault();
  const html = articleNamed(decodeURIComponent(id));
  if (!html) return toast("离线包里没有这一篇");
  line.value = "";
  put(html);
  cards()[0].focus();
});

lookAtClock();
setInterval(lookAtClock, LOOK_EVERY);
ask();
