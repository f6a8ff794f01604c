// The result cards: which one is selected, which one is open, its script, tone, steps and identity check.

import { copyText, toast } from "./copy.js";

const results = document.querySelector("#results");
const status = document.querySelector("#status");
const FOLD = ".more";

export const cards = () => [...results.querySelectorAll(".card")];
export const selected = () => results.querySelector(".card.is-selected") ?? cards()[0] ?? null;
export const isOpen = (card) => card.querySelector(FOLD).open;

const title = (card) => card.querySelector(".title").textContent;

export function select(card, { focus = false, announce = true } = {}) {
  for (const other of cards()) {
    const chosen = other === card;
    other.classList.toggle("is-selected", chosen);
    if (chosen) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
  }
  if (focus) card.focus({ preventScroll: true });
  if (announce && status) status.textContent = `第 ${cards().indexOf(card) + 1} 条：${title(card)}`;
}

function reveal(element, block = "nearest") {
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
  for (const other of cards()) if (other !== card) setOpen(other, false);
  setOpen(card, true);
  select(card, { focus: true });
  reveal(card, "start");
}

export function close(card) {
  setOpen(card, false);
  select(card, { focus: true });
  reveal(card);
}

const verifiedBox = (card) => card.querySelector(".verified");
const mustVerify = (card) => verifiedBox(card) && !verifiedBox(card).checked;

function setVerified(card, checked) {
  verifiedBox(card).checked = checked;
  card.classList.toggle("is-verified", checked);
}

export function toggleVerified(card) {
  if (!verifiedBox(card)) return toast("这一条不用核身");
  setVerified(card, !verifiedBox(card).checked);
  toast(verifiedBox(card).checked ? "已核身" : "已取消核身");
}

export async function copyScript(card) {
  if (mustVerify(card)) return toast("先核身：核过了按 v（问题行里 Alt+V），再复制");
  const said = card.querySelector(".say:not([hidden])");
  const done = await copyText(said.dataset.copy);
  toast(done ? "已复制" : "没复制成功，请选中文字后按 Ctrl+C");
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
  reveal(next);
}

export function openFull(card) {
  card.querySelector(".full")?.click();
}

/** Put new results in the place of the old; what the agent ticked and chose on a card that stays, stays. */
export function replaceResults(html) {
  const kept = new Map(cards().map((card) => [card.dataset.key, card]));
  const focused = cards().findIndex((card) => card.contains(document.activeElement));
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  results.replaceChildren(parsed.content);
  for (const card of cards()) {
    const old = kept.get(card.dataset.key);
    if (!old) continue;
    if (verifiedBox(old)?.checked) setVerified(card, true);
    setTone(card, old.querySelector(".say:not([hidden])").dataset.tone);
  }
  const all = cards();
  if (all.length) select(all[Math.max(0, Math.min(focused, all.length - 1))], { focus: focused >= 0, announce: false });
}

results?.addEventListener("change", (event) => {
  if (event.target.matches(".verified")) setVerified(event.target.closest(".card"), event.target.checked);
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
if (cards().length) select(cards()[0], { announce: false });
