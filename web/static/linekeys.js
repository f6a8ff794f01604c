// Keys of the question line, and of the chips that change what it says; letters alone belong to the question.

import { clearLine, whenAnswered as whenLineAnswered } from "./ask.js";
import { copyScript, move, open, openNumber, selected } from "./cards.js";
import { canWiden, offers, press, widen } from "./chips.js";
import { isDeciding } from "./decide.js";
import { bound, readLine } from "./keymap.js";

const line = document.querySelector("#line");

/** What is done to a card from within the line is done to the answer of what stands there, even if it is still coming. */
function whenAnswered(does) {
  whenLineAnswered(() => {
    const card = selected();
    if (card) does(card);
  });
}

function withAlt(event) {
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  if (digit) return () => whenAnswered(() => openNumber(Number(digit)));
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase();
  if (offers(letter)) return () => press(letter);
  const binding = bound(letter);
  if (!binding?.line) return null;
  if (binding.card) return () => whenAnswered(binding.does);
  return binding.answered ? () => whenLineAnswered(binding.does) : () => binding.does();
}

const atTheEnd = () => line.selectionStart === line.value.length;

function inLine(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return null;
  if (event.key === "ArrowDown") return () => move(1);
  if (event.key === "ArrowUp") return () => move(-1);
  if (event.key === "Escape") return canWiden() ? widen : clearLine;
  if (event.key === "Backspace" && canWiden() && atTheEnd()) return widen;
  return null;
}

function beside(event) {
  if (event.key === "Backspace" && canWiden() && !isDeciding(event.target)) return widen;
  const letter = event.key.toLowerCase();
  return offers(letter) ? () => press(letter) : null;
}

readLine((event) => {
  // with Alt or Ctrl the same wherever the focus is, so that nobody has to know
  if (event.altKey) return event.ctrlKey || event.metaKey ? null : withAlt(event);
  const isInLine = event.target === line;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return () => whenAnswered(copyScript);
  if (event.key === "Enter" && isInLine) return () => whenAnswered(open);
  if (isInLine) return inLine(event);
  return event.ctrlKey || event.metaKey ? null : beside(event);
});
