// The trail of a call: what was asked, read, copied, ticked (never a value), walked, chosen and sent, with times.

import { amend, running } from "./call.js";
import "./reading.js";

// a question that stands for so long was meant
const REST = 1000;
// characters that are kept of titles and answers
const SHORT = 80;
const MARKS = ["read", "copy", "tick", "untick"];

const place = document.querySelector("#call").dataset;
const form = document.querySelector("#ask");

const cut = (text) => text.trim().slice(0, SHORT);
const sameCard = (entry, other) => entry.key === other.key;

/** What becomes of the entries when something is done; each kind knows which of the older ones it takes the place of. */
const KINDS = {
  read: (entries, { key, title }) => once(entries, { did: "open", key, title }, sameCard),
  copy: (entries, { key, title, tone }) => once(entries, { did: "copy", key, title, tone }, (a, b) => sameCard(a, b) && a.tone === b.tone),
  tick: (entries, { key, title }) => once(entries, { did: "tick", key, title }, sameCard),
  untick: (entries, { key }) => entries.filter((entry) => entry.did !== "tick" || entry.key !== key),
  step: (entries, { key, title, step, of }) => anew(entries, { did: "step", key, title, step, of }, sameCard),
  choose: (entries, { key, title, ask, chosen }) => anew(entries, { did: "choose", key, title, ask, chosen }, (a, b) => sameCard(a, b) && a.ask === b.ask),
  feedback: (entries, { key, title, kind }) => [...entries, { did: "feedback", key, title, kind }],
  gap: (entries, { text }) => [...entries, { did: "gap", text }],
  unsent: (entries) => {
    const last = entries.findLastIndex(({ did }) => did === "feedback" || did === "gap");
    return entries.filter((_, at) => at !== last);
  },
};

/** Add an entry unless there is one like it. */
function once(entries, entry, alike) {
  return entries.some((other) => other.did === entry.did && alike(other, entry)) ? entries : [...entries, entry];
}

/** Add an entry in the place of those like it. */
function anew(entries, entry, alike) {
  return [...entries.filter((other) => other.did !== entry.did || !alike(other, entry)), entry];
}

function record(detail) {
  if (!running() || !KINDS[detail.did]) return;
  keepQuestion();
  const at = Date.now();
  amend((entries) => KINDS[detail.did](entries, detail).map((entry) => ({ at, ...entry })));
}

// the question on the page, until it is clear that it was meant
let pending = "";
let since = 0;
let rest = 0;

function heard() {
  const question = form.dataset.answered ?? "";
  clearTimeout(rest);
  if (question === pending) return;
  // typing on is the same question
  if (!question.startsWith(pending) || !pending) since = Date.now();
  pending = question;
  if (pending) rest = setTimeout(keepQuestion, REST);
}

function keepQuestion() {
  clearTimeout(rest);
  if (!pending) return;
  const entry = { at: since, did: "ask", text: pending };
  amend((entries) => {
    const last = entries.findLast(({ did }) => did === "ask");
    if (last?.text === pending) return entries;
    const typedOn = last && last === entries.at(-1) && pending.startsWith(last.text);
    return [...(typedOn ? entries.slice(0, -1) : entries), entry];
  });
}

// what the service has not been told yet
const untold = [];
let telling = false;

/** Tell the log of the service; what cannot be sent now goes with the next. */
async function tell() {
  if (telling) return;
  telling = true;
  try {
    while (untold.length) {
      const answer = await fetch(place.mark, { method: "POST", body: new URLSearchParams(untold[0]), keepalive: true });
      // an answer that is not read is not over
      await answer.text();
      untold.shift();
    }
  } catch {
    // the next one tries again
  }
  telling = false;
}

document.addEventListener("kb:did", ({ detail }) => {
  record(Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, typeof value === "string" && name !== "text" ? cut(value) : value])));
  if (!MARKS.includes(detail.did) || "asOf" in place) return;
  untold.push({ did: detail.did, article: detail.key, call: running()?.id ?? "" });
  tell();
});
document.addEventListener("kb:chosen", ({ target, detail }) => {
  const card = target.closest(".card");
  record({ did: "choose", key: card.dataset.key, title: cut(card.querySelector(".title").textContent), ask: cut(detail.ask), chosen: cut(detail.chosen) });
});
if (form) {
  new MutationObserver(heard).observe(form, { attributeFilter: ["data-answered"] });
  addEventListener("pagehide", keepQuestion);
  // the question on the page belongs into a note that is looked at now
  document.addEventListener("kb:looking", keepQuestion);
}
