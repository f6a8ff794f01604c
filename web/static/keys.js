// The whole call without a mouse. While an input method composes, no key is ours.

import { close, copyScript, isOpen, move, nextStep, nextTone, open, openFull, openNumber, select, selected, toggleVerified } from "./cards.js";
import { choose, decide, goBackOne, isDeciding, leave } from "./decide.js";
import { bind, bound, keyOfLine } from "./keymap.js";

const line = document.querySelector("#line");
const dialog = document.querySelector("#keys");

bind("c", copyScript, { card: true });
bind("o", openFull, { card: true });
bind("s", nextTone, { card: true, line: true });
bind("n", nextStep, { card: true, line: true });
bind("v", toggleVerified, { card: true, line: true });
bind("q", decide, { card: true, line: true });

function focusLine() {
  if (!line) return;
  line.focus();
  line.select();
}

function goBack() {
  // back brings the question with it; a page opened by its address has nothing behind it
  if (history.length > 1) history.back();
  else location.assign(document.querySelector("[data-does=back]").href);
}

function elsewhere(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  const card = selected();
  const onControl = event.target.closest?.("a, button, input, summary, select, textarea");
  if (event.key === "/") return focusLine;
  if (event.key === "?") return () => dialog.showModal();
  if (event.key === "Escape") return escape;
  const letter = event.key.toLowerCase();
  if (isDeciding(event.target)) {
    if (/^[1-9]$/.test(event.key)) return () => choose(Number(event.key));
    if (event.key === "Backspace") return goBackOne;
  }
  const binding = bound(letter);
  if (binding && !binding.card) return () => binding.does();
  if (!card) return null;
  if (/^[1-9]$/.test(event.key)) return () => openNumber(Number(event.key));
  if (event.key === "ArrowDown" && line) return () => move(1, { focus: true });
  if (event.key === "ArrowUp" && line) return () => move(-1, { focus: true });
  if (event.key === "Enter" && !onControl) return () => (isOpen(card) && line ? close(card) : open(card));
  return binding ? () => binding.does(card) : null;
}

function escape() {
  if (!line) return goBack();
  const card = document.activeElement.closest?.(".card");
  if (isDeciding(document.activeElement)) leave();
  else if (card && isOpen(card)) close(card);
  else focusLine();
}

const FIELDS = "textarea, select, input:not([type=checkbox], [type=radio])";
/** Whether letters go into a field that is not the question line. */
const isWriting = (element) => element !== line && element.matches?.(FIELDS);

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (isWriting(event.target)) return;
  const does = keyOfLine(event) ?? (event.target === line ? null : elsewhere(event));
  if (!does) return;
  event.preventDefault();
  does();
});
document.addEventListener("click", (event) => {
  const does = event.target.closest("[data-does]")?.dataset.does;
  if (does === "keys") dialog.showModal();
  if (does === "back" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    goBack();
  }
});
// a card that gets the focus by Tab is the one the keys mean
document.addEventListener("focusin", (event) => {
  const card = event.target.closest?.(".card");
  if (card && card !== selected()) select(card, { announce: false });
});
