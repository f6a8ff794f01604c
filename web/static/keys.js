// The whole call without a mouse. While an input method composes, no key is ours.

import { cards, close, copyScript, isOpen, move, nextStep, nextTone, open, openFull, select, selected, toggleVerified } from "./cards.js";
import { choose, decide, goBackOne, isDeciding, leave } from "./decide.js";
import { bind, bound } from "./keymap.js";

const line = document.querySelector("#line");
const dialog = document.querySelector("#keys");
// ask.js belongs to the page with the question line only
const asking = line ? await import("./ask.js") : null;
const chips = line ? await import("./chips.js") : null;
// and report.js to pages from which something can be reported
const reporting = document.querySelector("#report") ? await import("./report.js") : null;

bind("c", copyScript, { card: true });
bind("o", openFull, { card: true });
bind("s", nextTone, { card: true, line: true });
bind("n", nextStep, { card: true, line: true });
bind("v", toggleVerified, { card: true, line: true });
bind("q", decide, { card: true, line: true });
if (reporting) {
  bind("f", reporting.openFeedback, { card: true, line: true });
  bind("g", reporting.openGap, { line: true, answered: true });
  bind("z", reporting.undo, { line: true, when: reporting.canUndo });
}

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

function openNumber(number) {
  const card = cards()[number - 1];
  if (card) open(card);
}

/** What is done to a card from within the line is done to the answer of what stands there, even if it is still coming. */
function whenAnswered(does) {
  asking.whenAnswered(() => {
    const card = selected();
    if (card) does(card);
  });
}

/** Keys inside the question line; letters belong to the question. */
function inLine(event) {
  if (event.altKey && !event.ctrlKey && !event.metaKey) {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (digit) return () => whenAnswered(() => openNumber(Number(digit)));
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase();
    if (chips.offers(letter)) return () => chips.press(letter);
    return lineKey(bound(letter));
  }
  if (event.key === "Enter") return event.ctrlKey || event.metaKey ? () => whenAnswered(copyScript) : () => whenAnswered(open);
  if (event.ctrlKey || event.metaKey || event.shiftKey) return null;
  if (event.key === "ArrowDown") return () => move(1);
  if (event.key === "ArrowUp") return () => move(-1);
  if (event.key === "Escape") return chips.canWiden() ? chips.widen : asking.clearLine;
  if (event.key === "Backspace" && chips.canWiden() && atTheEnd()) return chips.widen;
  return null;
}

function lineKey(binding) {
  if (!binding?.line) return null;
  if (binding.card) return () => whenAnswered(binding.does);
  return binding.answered ? () => asking.whenAnswered(binding.does) : () => binding.does();
}

const atTheEnd = () => line.selectionStart === line.value.length;

function elsewhere(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) {
    // the same keys as in the line, so that nobody has to know where the focus is
    return line && (event.altKey || event.key === "Enter") ? inLine(event) : null;
  }
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
  if (event.key === "Backspace" && chips?.canWiden()) return chips.widen;
  if (chips?.offers(letter)) return () => chips.press(letter);
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
  const does = event.target === line ? inLine(event) : elsewhere(event);
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
