// The result cards: which one is selected, which one is open, its script, tone, steps and identity check.

import { copyText, toast } from "./copy.js";
import { draw, finish } from "./draw.js";

const results = document.querySelector("#results");
const status = document.querySelector("#status");
const FOLD = ".more";

const drawn = () => [...results.querySelectorAll(".card")];
export const cards = () => {
  finish(results);
  return drawn();
};
export const selected = () => results.querySelector(".card.is-selected") ?? drawn()[0] ?? null;
export const isOpen = (card) => card.querySelector(FOLD).open;

const title = (card) => card.querySelector(".title").textContent;

/** Let the rest of the page know what was done with a card: the event `kb:did`. */
function tell(card, did, more = {}) {
  card.dispatchEvent(new CustomEvent("kb:did", { bubbles: true, detail: { did, key: card.dataset.key, title: title(card), ...more } }));
}

export function select(card, { focus = false, announce = true } = {}) {
  for (const other of drawn()) {
    const chosen = other === card;
    other.classList.toggle("is-selected", chosen);
    if (chosen) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
  }
  if (focus) card.focus({ preventScroll: true });
  if (announce && status) status.textContent = `第 ${drawn().indexOf(card) + 1} 条：${title(card)}`;
}

export function reveal(element, block = "nearest") {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block, behavior: calm ? "auto" : "smooth" });
}

export function move(by, { focus = false } = {}) {
  const all = cards();
  if (!all.length) return;
  const at = all.indexOf(selected());
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  select(next, { focus });
  reveal(next.offsetHeight > innerHeight / 2 ? next.querySelector(".head") : next);
}

function setOpen(card, open) {
  card.querySelector(FOLD).open = open;
  card.classList.toggle("is-open", open);
}

export function open(card) {
  // one at a time: the list stays short enough to see what else there is
  for (const other of drawn()) if (other !== card) setOpen(other, false);
  setOpen(card, true);
  select(card, { focus: true });
  reveal(card, "start");
}

/** Open the card with this number, if there is one. */
export function openNumber(number) {
  const card = cards()[number - 1];
  if (card) open(card);
}

export function close(card) {
  setOpen(card, false);
  select(card, { focus: true });
  reveal(card);
}

const verifiedBox = (card) => card.querySelector(".verified");
export const mustVerify = (card) => verifiedBox(card) && !verifiedBox(card).checked;

function setVerified(card, checked) {
  verifiedBox(card).checked = checked;
  card.classList.toggle("is-verified", checked);
}

export function toggleVerified(card) {
  if (!verifiedBox(card)) return toast("这一条不用核身");
  setVerified(card, !verifiedBox(card).checked);
  toast(verifiedBox(card).checked ? "已核身" : "已取消核身");
  tell(card, verifiedBox(card).checked ? "tick" : "untick");
}

/** Take every tick back: the next caller is somebody else. */
export function forgetVerified() {
  choices.clear();
  for (const card of drawn()) if (verifiedBox(card)) setVerified(card, false);
}

export async function copyScript(card) {
  if (mustVerify(card)) return toast("先核身：核过了按 v（问题行里 Alt+V），再复制");
  const said = card.querySelector(".say:not([hidden])");
  const done = await copyText(said.dataset.copy);
  toast(done ? "已复制" : "没复制成功，请选中文字后按 Ctrl+C");
  if (done) tell(card, "copy", { tone: said.dataset.name });
}

function setTone(card, tone) {
  const lines = [...card.querySelectorAll(".say")];
  const wanted = lines.find((line) => line.dataset.tone === tone);
  if (!wanted) return;
  for (const line of lines) line.hidden = line !== wanted;
  for (const button of card.querySelectorAll("button[data-tone]")) {
    button.setAttribute("aria-pressed", String(button.dataset.tone === tone));
  }
}

export function nextTone(card) {
  const lines = [...card.querySelectorAll(".say")];
  if (lines.length < 2) return toast("这一条只有标准语气");
  const next = lines[(lines.findIndex((line) => !line.hidden) + 1) % lines.length];
  setTone(card, next.dataset.tone);
  toast(`语气：${next.dataset.name}`);
}

export function nextStep(card) {
  if (mustVerify(card)) return toast("先核身，再一步步办");
  const steps = [...card.querySelectorAll(".steps > li")];
  if (!steps.length) return toast("这一条没有步骤");
  if (!isOpen(card)) setOpen(card, true);
  const at = steps.findIndex((step) => step.hasAttribute("aria-current"));
  steps[at]?.removeAttribute("aria-current");
  const next = steps[at + 1];
  if (!next) return toast("步骤走完了");
  next.setAttribute("aria-current", "step");
  tell(card, "step", { step: at + 2, of: steps.length });
  reveal(next);
}

export function openFull(card) {
  card.querySelector(".full")?.click();
}

// card key → what the agent ticked and chose on it
const choices = new Map();

function remember(card) {
  const verified = verifiedBox(card)?.checked ?? false;
  const { tone } = card.querySelector(".say:not([hidden])").dataset;
  if (verified || tone !== "standard") choices.set(card.dataset.key, { verified, tone });
  else choices.delete(card.dataset.key);
}

function dress(card) {
  const chosen = choices.get(card.dataset.key);
  if (!chosen) return;
  if (chosen.verified && verifiedBox(card)) setVerified(card, true);
  setTone(card, chosen.tone);
}

/** Put new results in the place of the old; what the agent ticked and chose on a card that stays, stays. */
export function replaceResults(html) {
  const before = drawn();
  before.forEach(remember);
  for (const key of choices.keys()) if (!html.includes(`data-key="${key}"`)) choices.delete(key);
  const focused = before.findIndex((card) => card.contains(document.activeElement));
  const stayed = draw(results, html, dress);
  drawn().slice(0, stayed).forEach((card, at) => setOpen(card, at === 0 && card.dataset.open !== undefined));
  const all = focused > 0 ? cards() : drawn();
  if (all.length) select(all[Math.max(0, Math.min(focused, all.length - 1))], { focus: focused >= 0, announce: false });
}

results?.addEventListener("change", (event) => {
  if (!event.target.matches(".verified")) return;
  const card = event.target.closest(".card");
  setVerified(card, event.target.checked);
  tell(card, event.target.checked ? "tick" : "untick");
});
results?.addEventListener("click", (event) => {
  const card = event.target.closest(".card");
  if (!card) return;
  const button = event.target.closest("button[data-does]");
  if (button?.dataset.does === "copy") copyScript(card);
  if (button?.dataset.does === "tone") setTone(card, button.dataset.tone);
  const read = getSelection().isCollapsed && !event.target.closest("a, button, input, label, summary");
  if (read && event.target.closest(".head")) isOpen(card) ? close(card) : open(card);
  else select(card, { announce: false });
});
// toggle does not bubble
results?.addEventListener("toggle", (event) => {
  if (event.target.matches(FOLD)) event.target.closest(".card").classList.toggle("is-open", event.target.open);
}, true);
if (results && drawn().length) select(drawn()[0], { announce: false });
