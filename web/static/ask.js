// Answers as you type. The old results stay until the new ones are there; a late answer is never shown.

import { cards, replaceResults } from "./cards.js";

const PAUSE = 35;
const BUSY_AFTER = 300;
const RETRY_FIRST = 500;
const RETRY_MOST = 8000;

const form = document.querySelector("#ask");
const line = document.querySelector("#line");
const status = document.querySelector("#status");
const start = document.querySelector("#start");

let pause = 0;
let retry = 0;
let busy = 0;
let underway = null;
let asked = line.defaultValue.trim();
let shown = asked;
let waiting = null;

function say(text, isTrouble = false) {
  status.textContent = text;
  status.classList.toggle("is-trouble", isTrouble);
}

function cancel() {
  clearTimeout(pause);
  clearTimeout(retry);
  clearTimeout(busy);
  underway?.abort();
  underway = null;
}

function showStart() {
  replaceResults("");
  start.hidden = false;
  shown = "";
  say("");
}

export function askNow() {
  const question = line.value.trim();
  if (question === asked) return;
  cancel();
  waiting = null;
  asked = question;
  // reading an article and coming back, or reloading, must not lose the question; it stays in this tab's own history
  history.replaceState({ question }, "");
  if (question) send(RETRY_FIRST);
  else showStart();
}

function askSoon() {
  clearTimeout(pause);
  pause = setTimeout(askNow, line.value.trim() ? PAUSE : 0);
}

async function send(wait) {
  const mine = new AbortController();
  underway = mine;
  busy = setTimeout(() => say("正在找…"), BUSY_AFTER);
  try {
    const response = await fetch(form.dataset.post, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      signal: mine.signal,
    });
    const html = await response.text();
    if (underway !== mine) return;
    if (![200, 400, 503].includes(response.status)) throw new Error(`status ${response.status}`);
    show(html, response.ok);
    if (response.status === 503) again(wait);
  } catch {
    if (underway !== mine) return;
    say("连不上服务，正在重试", true);
    again(wait);
  } finally {
    if (underway === mine) clearTimeout(busy);
  }
}

function again(wait) {
  retry = setTimeout(() => send(Math.min(wait * 2, RETRY_MOST)), wait);
}

function show(html, isAnswer) {
  start.hidden = true;
  replaceResults(html);
  scrollTo(0, 0);
  const told = document.querySelector("#results [data-status]");
  say(told?.dataset.status ?? "");
  if (line.value.length >= line.maxLength) say(`问题最多 ${line.maxLength} 个字，后面的没有收下`, true);
  shown = asked;
  if (isAnswer) waiting?.();
  waiting = null;
}

/** Do something with the answer of what stands in the line, as soon as it is there; typing on calls it off. */
export function whenAnswered(does) {
  askNow();
  if (shown === asked) does();
  else waiting = does;
}

export function clearLine() {
  line.value = "";
  askNow();
}

// letters of an input method are not the question yet
line.addEventListener("compositionstart", () => clearTimeout(pause));
line.addEventListener("compositionend", askSoon);
line.addEventListener("input", (event) => {
  if (!event.isComposing) askSoon();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  askNow();
});
start.addEventListener("click", (event) => {
  const example = event.target.closest(".example");
  if (!example) return;
  event.preventDefault();
  line.value = example.value;
  line.focus();
  askNow();
});
addEventListener("online", () => {
  if (!status.classList.contains("is-trouble") || !asked) return;
  cancel();
  send(RETRY_FIRST);
});

if (history.state?.question && line.value === line.defaultValue) line.value = history.state.question;
if (cards().length) say(document.querySelector("#results [data-status]").dataset.status);
askNow();
