// Feedback and gaps: one key opens a small dialog, one more sends it, and the focus is where it was.

import { selected } from "./cards.js";
import { toast } from "./copy.js";
import { bind } from "./keymap.js";
import { mask } from "./mask.js";

const LOOK_AGAIN_AFTER = 120_000;
const UNDO_FOR = 8000;

const place = document.querySelector("#report").dataset;
const form = document.querySelector("#ask");
const line = document.querySelector("#line");
const feedbackDialog = document.querySelector("#feedback");
const gapDialog = document.querySelector("#gap");
const signInDialog = document.querySelector("#sign-in");
const text = document.querySelector("#feedback-text");
const sent = document.querySelector("#sent");
const undoButton = sent.querySelector("button");

let sending = false;
let about = "";
let undoAt = "";
let undoTimer = 0;

// what the answer on the page answers, not what is being typed
const question = () => (form ? (form.dataset.answered ?? line.defaultValue.trim()) : "");

async function open(dialog, told) {
  if (!(await may())) return signInDialog.showModal();
  dialog.querySelector(".report-about").textContent = told;
  problem(dialog, "");
  dialog.showModal();
}

function problem(dialog, message) {
  dialog.querySelector(".report-problem").textContent = message;
}

function openFeedback(card) {
  // what was typed about a card waits for it; another card begins anew
  if (about !== card.dataset.key) text.value = "";
  about = card.dataset.key;
  open(feedbackDialog, card.querySelector(".title").textContent);
}

function openGap() {
  if (!form) return toast("缺口在搜索页上报告");
  if (!question()) return toast("先问一个问题");
  open(gapDialog, `“${question()}”`);
}

async function state() {
  const response = await fetch(place.state);
  if (!response.ok) throw new Error(response.status);
  return (await response.json()).data;
}

/** Whether who is at the page may report; somebody may have signed in in another window meanwhile. */
async function may() {
  if ("may" in place) return true;
  try {
    return (await state()).may;
  } catch {
    return false;
  }
}

// what was typed, and the question, go out without numbers of cards and people
const masked = (fields) => new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, mask(value)]));

/** What the service says to something sent: `said` and where it can be taken back, or `message` about what went wrong. */
async function post(address, fields) {
  try {
    const { may: allowed, csrf } = await state();
    if (!allowed) return { signedOut: true };
    const response = await fetch(address, { method: "POST", headers: { "X-CSRFToken": csrf }, body: masked(fields) });
    if (response.status === 401) return { signedOut: true };
    const { data, error } = await response.json();
    return data ?? error;
  } catch {
    return { message: "没发出去：连不上服务。写的还在，请再试一次。" };
  }
}

async function send(dialog, address, fields) {
  if (sending) return;
  sending = true;
  const answer = await post(address, fields);
  sending = false;
  if (answer.message) return problem(dialog, answer.message);
  dialog.close();
  if (answer.signedOut) return signInDialog.showModal();
  const title = dialog.querySelector(".report-about").textContent;
  tell(dialog === feedbackDialog ? { did: "feedback", key: about, title, kind: fields.kind } : { did: "gap", text: fields.q });
  if (dialog === feedbackDialog) text.value = "";
  say(answer);
}

/** Let the rest of the page know what was sent: the event `kb:did`. */
function tell(detail) {
  document.dispatchEvent(new CustomEvent("kb:did", { detail }));
}

function say({ said, undo }) {
  sent.firstElementChild.textContent = said;
  undoAt = undo;
  undoButton.hidden = !undo;
  sent.classList.add("is-shown");
  clearTimeout(undoTimer);
  undoTimer = setTimeout(hide, UNDO_FOR);
}

function hide() {
  undoAt = "";
  sent.classList.remove("is-shown");
}

const canUndo = () => Boolean(undoAt);

async function undo() {
  const address = undoAt;
  if (!address) return;
  hide();
  const { said, message } = await post(address, {});
  if (said) tell({ did: "unsent" });
  toast(said ?? message ?? "登录已过期，没能撤销");
}

function sendKind(button) {
  send(feedbackDialog, place.feedback, { kind: button.dataset.kind, article: about, q: question(), text: text.value });
}

feedbackDialog.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || (event.target === text && !event.altKey)) return;
  const number = /^(?:Digit|Numpad)([1-4])$/.exec(event.code)?.[1] ?? (/^[1-4]$/.test(event.key) ? event.key : null);
  if (!number) return;
  event.preventDefault();
  sendKind(feedbackDialog.querySelectorAll("[data-kind]")[number - 1]);
});
feedbackDialog.addEventListener("click", (event) => {
  const button = event.target.closest("[data-kind]");
  if (button) sendKind(button);
});
undoButton.addEventListener("click", undo);
document.addEventListener("click", (event) => {
  const does = event.target.closest("[data-does]")?.dataset.does;
  if (does === "feedback") openFeedback(event.target.closest(".card") ?? selected());
  if (does === "gap") openGap();
  if (does === "send-gap") send(gapDialog, place.gap, { q: question() });
});

// counts of what waits; looked at again only while somebody works here, so that a forgotten page does not keep a session alive
const waiting = document.querySelector("#waiting");
let looked = Date.now();

async function look() {
  try {
    const counts = await state();
    for (const link of waiting.querySelectorAll("[data-count]")) {
      const count = counts[link.dataset.count];
      link.hidden = !count;
      link.querySelector("b").textContent = count;
    }
  } catch {
    // the next look may succeed
  }
}

function lookSometimes() {
  if (Date.now() - looked < LOOK_AGAIN_AFTER) return;
  looked = Date.now();
  // after the answer to this key
  setTimeout(look, 1500);
}

if (waiting) for (const event of ["keydown", "pointerdown"]) document.addEventListener(event, lookSometimes, { passive: true });

bind("f", openFeedback, { card: true, line: true });
bind("g", openGap, { line: true, answered: true });
bind("z", undo, { line: true, when: canUndo });
