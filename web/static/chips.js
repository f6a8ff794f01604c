// Chips: where a question may be about several things, one letter adds the word for one of them; the line shows it, and one key takes it back.

import { askInstead, whenAnswered } from "./ask.js";
import { cards, select } from "./cards.js";

const line = document.querySelector("#line");
const results = document.querySelector("#results");

// questions that were narrowed, the latest last, each with what it became
const narrowed = [];

const chipOf = (letter) => results.querySelector(`.chip[data-key="${letter}"]`);

/** Whether the answer on the page has a chip for this letter. */
export const offers = (letter) => /^[a-z]$/.test(letter ?? "") && chipOf(letter) !== null;

/** Whether the line still says what the latest chip made of it. */
export const canWiden = () => narrowed.at(-1)?.became === line.value;

function show(question) {
  const onCard = document.activeElement.closest?.(".card");
  askInstead(question);
  // the keys that follow mean the best card of the new answer
  whenAnswered(() => onCard && cards().length && select(cards()[0], { focus: true, announce: false }));
}

function narrow(chip) {
  if (!canWiden()) narrowed.length = 0;
  narrowed.push({ was: line.value, became: chip.value });
  show(chip.value);
}

/** Ask with the word of a chip. If another answer is still coming, the chip of that one is meant. */
export function press(letter) {
  whenAnswered(() => {
    const chip = chipOf(letter);
    if (chip) narrow(chip);
  });
}

/** Take the word of the latest chip back. */
export function widen() {
  show(narrowed.pop().was);
}

results.addEventListener("click", (event) => {
  const chip = event.target.closest(".chip");
  if (!chip) return;
  event.preventDefault();
  line.focus();
  narrow(chip);
});
