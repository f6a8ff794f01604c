// The keys of the desk that a copy can serve. While an input method composes, no key is ours.

import { close, copyScript, isOpen, move, nextStep, nextTone, open, openFull, openNumber, select, selected, toggleVerified } from "../cards.js";
import { choose, decide, goBackOne, isDeciding, leave } from "../decide.js";

const line = document.querySelector("#line");
const dialog = document.querySelector("#keys");
// letter → what it does to the selected card; those behind Alt work in the question line too
const LETTERS = { c: copyScript, s: nextTone, v: toggleVerified, n: nextStep, q: decide, o: openFull };
const IN_LINE = "svnq";

function focusLine() {
  line.focus();
  line.select();
}

function clearLine() {
  line.value = "";
  line.dispatchEvent(new Event("input"));
}

const onCard = (does) => () => {
  const card = selected();
  if (card) does(card);
};

function inLine(event) {
  if (event.altKey && !event.ctrlKey && !event.metaKey) {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (digit) return () => openNumber(Number(digit));
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase();
    return letter && IN_LINE.includes(letter) ? onCard(LETTERS[letter]) : null;
  }
  if (event.key === "Enter") return onCard(event.ctrlKey || event.metaKey ? copyScript : open);
  if (event.ctrlKey || event.metaKey || event.shiftKey) return null;
  if (event.key === "ArrowDown") return () => move(1);
  if (event.key === "ArrowUp") return () => move(-1);
  return event.key === "Escape" ? clearLine : null;
}

function elsewhere(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return event.altKey || event.key === "Enter" ? inLine(event) : null;
  const onControl = event.target.closest?.("a, button, input, summary");
  const digit = /^[1-9]$/.test(event.key) ? Number(event.key) : 0;
  if (event.key === "/") return focusLine;
  if (event.key === "?") return () => dialog.showModal();
  if (event.key === "Escape") return escape;
  if (isDeciding(event.target) && digit) return () => choose(digit);
  if (isDeciding(event.target) && event.key === "Backspace") return goBackOne;
  if (digit) return () => openNumber(digit);
  if (event.key === "ArrowDown") return () => move(1, { focus: true });
  if (event.key === "ArrowUp") return () => move(-1, { focus: true });
  if (event.key === "Enter") return onControl ? null : onCard((card) => (isOpen(card) ? close(card) : open(card)));
  const does = LETTERS[event.key.toLowerCase()];
  return does ? onCard(does) : null;
}

function escape() {
  const card = document.activeElement.closest?.(".card");
  if (isDeciding(document.activeElement)) leave();
  else if (card && isOpen(card)) close(card);
  else focusLine();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || dialog.open) return;
  const does = event.target === line ? inLine(event) : elsewhere(event);
  if (!does) return;
  event.preventDefault();
  does();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-does=keys]")) dialog.showModal();
});
document.addEventListener("focusin", (event) => {
  const card = event.target.closest?.(".card");
  if (card && card !== selected()) select(card, { announce: false });
});
