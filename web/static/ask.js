// Answers as you type. Every keystroke asks at once; while a question is under way only the latest waits behind it.
// The old results stay until the new ones are there; a late answer is never shown.

import { cards, replaceResults } from "./cards.js";
import { isUnfinished, mask, maskField } from "./mask.js";

// ms that an answer which nobody waits for any more may hold up the next question; the service would work on a given-up one all the same
const PATIENCE = 1000;
const BUSY_AFTER = 300;
const RETRY_FIRST = 500;
const RETRY_MOST = 8000;
// typing rests: a number that is complete is masked in the line, what only began like one is asked for after all
const RESTS_AFTER = 900;

const form = document.querySelector("#ask");
const line = document.querySelector("#line");
const status = document.querySelector("#status");
const start = document.querySelector("#start");

let retry = 0;
let busy = 0;
let overdue = 0;
let resting = 0;
let underway = null;
let composing = false;
let asked = mask(line.defaultValue.trim());
let shown = asked;
let waiting = null;

function say(text, isTrouble = false) {
  if (status.textContent !== text) status.textContent = text;
  status.classList.toggle("is-trouble", isTrouble);
}

function settle() {
  clearTimeout(busy);
  clearTimeout(overdue);
  busy = overdue = 0;
  underway = null;
}

function giveUp() {
  clearTimeout(retry);
  underway?.abort();
  settle();
}

function sendInstead() {
  giveUp();
  send();
}

function showStart() {
  replaceResults("");
  start.hidden = false;
  answered("");
  say("");
}

function answered(question) {
  shown = question;
  form.dataset.answered = question;
}

export function askNow() {
  // numbers of cards and people stay in the page
  const question = mask(line.value.trim());
  if (question === asked) return;
  asked = question;
  waiting = null;
  clearTimeout(retry);
  if (!question) {
    giveUp();
    showStart();
  } else if (!underway) send();
  else overdue ||= setTimeout(sendInstead, PATIENCE);
  // reading an article and coming back, or reloading, must not lose the question; it stays in this tab's own history
  history.replaceState({ question }, "");
}

/** What is typed is asked for at once; only the beginning of a card number waits until it is complete, or typing rests. */
function typed() {
  clearTimeout(resting);
  resting = setTimeout(rest, RESTS_AFTER);
  if (!isUnfinished(line)) askNow();
}

function rest() {
  clearTimeout(resting);
  if (composing) return;
  askNow();
  maskField(line);
}

function fields(question) {
  const sent = new URLSearchParams(new FormData(form));
  // letters of an input method may stand in the line meanwhile
  sent.set("q", question);
  return sent;
}

/** Status and HTML of the answer to a question, or null where the service did not answer. */
async function answerTo(question, signal) {
  try {
    const response = await fetch(form.dataset.post, { method: "POST", body: fields(question), signal });
    const html = await response.text();
    return [200, 400, 503].includes(response.status) ? { status: response.status, html } : null;
  } catch {
    return null;
  }
}

async function send(wait = RETRY_FIRST) {
  const question = asked;
  const mine = new AbortController();
  underway = mine;
  busy = setTimeout(() => say("正在找…"), BUSY_AFTER);
  const answer = await answerTo(question, mine.signal);
  if (underway !== mine) return;
  settle();
  if (question !== asked) {
    send();
    return;
  }
  if (answer) show(answer.html, answer.status === 200);
  else say("连不上服务，正在重试", true);
  if (!answer || answer.status === 503) again(wait);
}

function again(wait) {
  retry = setTimeout(() => send(Math.min(wait * 2, RETRY_MOST)), wait);
}

function show(html, isAnswer) {
  start.hidden = true;
  if (scrollY) scrollTo(0, 0);
  replaceResults(html);
  const told = document.querySelector("#results [data-status]");
  if (line.value.length >= line.maxLength) say(`问题最多 ${line.maxLength} 个字，后面的没有收下`, true);
  else say((told?.dataset.status ?? "") + (/［(?:卡号|证件号|手机号)］/.test(asked) ? "，号码已遮住" : ""));
  answered(asked);
  if (isAnswer) waiting?.();
  waiting = null;
}

/** Do something with the answer of what stands in the line, as soon as it is there; typing on calls it off. */
export function whenAnswered(does) {
  askNow();
  if (shown === asked) does();
  else waiting = does;
}

/** Ask something else in place of what stands in the line. */
export function askInstead(question) {
  line.value = question;
  askNow();
}

/** Put the answer to something else on the page, such as a piece of the call; the line is empty then. */
export function showInstead(html) {
  giveUp();
  line.value = asked = shown = "";
  waiting = null;
  history.replaceState({ question: "" }, "");
  start.hidden = true;
  scrollTo(0, 0);
  replaceResults(html);
  const found = document.querySelector("#results .found");
  form.dataset.answered = found?.dataset.question ?? "";
  say(found?.dataset.status ?? "");
}

export const clearLine = () => askInstead("");

// letters of an input method are not the question yet
line.addEventListener("compositionstart", () => {
  composing = true;
});
line.addEventListener("compositionend", () => {
  composing = false;
  typed();
});
line.addEventListener("input", (event) => {
  if (!event.isComposing) typed();
});
line.addEventListener("blur", () => {
  if (mask(line.value) !== line.value) rest();
});
form.addEventListener("submit", (event) => {
  maskField(line);
  // “为什么是这些？” sends the question to a window of its own
  if (event.submitter?.formTarget) return;
  event.preventDefault();
  askNow();
});
start.addEventListener("click", (event) => {
  const example = event.target.closest(".example");
  if (!example) return;
  event.preventDefault();
  line.focus();
  askInstead(example.value);
});
addEventListener("online", () => {
  if (status.classList.contains("is-trouble") && asked) sendInstead();
});

if (history.state?.question && line.value === line.defaultValue) line.value = history.state.question;
if (cards().length) say(document.querySelector("#results [data-status]").dataset.status);
askNow();
