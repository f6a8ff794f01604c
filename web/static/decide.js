// 先问清: the questions of a card one after the other. A number chooses the customer's answer, Backspace goes back, Esc leaves.

import { mustVerify, open, reveal } from "./cards.js";
import { toast } from "./copy.js";

const BOX = ".branches";
const QUESTION = ".question";

const questions = (box) => [...box.querySelectorAll(QUESTION)];
const options = (question) => [...question.querySelectorAll(".options > li")];
const asked = (box) => box.querySelector(".is-asked");

/** Whether the numbers mean answers: the focus stands in the questions of a card. */
export const isDeciding = (element) => element?.closest?.(BOX) != null;

const current = () => document.activeElement.closest(BOX);

function ask(box, question) {
  asked(box)?.classList.remove("is-asked");
  box.querySelector(".decided").textContent = "";
  question.classList.add("is-asked");
  question.querySelector(".asked").focus({ preventScroll: true });
  reveal(question);
}

/** Begin at the first question that has no answer yet; with all answered, from the start. */
export function decide(card) {
  if (mustVerify(card)) return toast("先核身，再问");
  const box = card.querySelector(BOX);
  if (!box) return toast("这一条没有要先问的");
  open(card);
  if (!asked(box) && box.querySelector(".is-answered")) questions(box).forEach(forget);
  ask(box, asked(box) ?? questions(box)[0]);
}

function forget(question) {
  question.classList.remove("is-answered", "is-passed");
  delete question.dataset.after;
  for (const option of options(question)) mark(option, false);
}

/** Take back an answer and all that follow from it; where the question was reached from stays known. */
function forgetFrom(all, at) {
  const { after } = all[at].dataset;
  all.slice(at).forEach(forget);
  if (after !== undefined) all[at].dataset.after = after;
}

function mark(option, chosen) {
  option.classList.toggle("is-chosen", chosen);
  option.querySelector("button").setAttribute("aria-pressed", String(chosen));
}

/** The question an option leads to: its own choice, else the next one below; undefined where nothing is left to ask. */
function following(option, all, at) {
  const { next } = option.dataset;
  return next === undefined ? all[at + 1] : all[Number(next) - 1];
}

function take(box, question, option) {
  const all = questions(box);
  const at = all.indexOf(question);
  forgetFrom(all, at);
  mark(option, true);
  question.classList.add("is-answered");
  const then = following(option, all, at);
  const skipped = all.slice(at + 1, then ? all.indexOf(then) : undefined);
  for (const other of skipped) other.classList.add("is-passed");
  box.dispatchEvent(new CustomEvent("kb:chosen", { bubbles: true, detail: { ask: textOf(question, ".asked"), chosen: textOf(option, "button") } }));
  if (then) {
    then.dataset.after = at;
    ask(box, then);
  } else finish(box, question);
}

function textOf(element, selector) {
  return [...element.querySelector(selector).childNodes].filter((node) => node.nodeName !== "KBD").map((node) => node.textContent).join("").trim();
}

function finish(box, question) {
  asked(box)?.classList.remove("is-asked");
  question.querySelector(".asked").focus({ preventScroll: true });
  box.querySelector(".decided").textContent = "问清了，按上面的办。Backspace 改上一个，q 重来。";
}

/** Choose the answer with a number to the question that is asked. */
export function choose(number) {
  const box = current();
  const question = asked(box) ?? questions(box)[0];
  const option = options(question)[number - 1];
  if (!option) return toast(`这个问题只有 ${options(question).length} 个回答`);
  if (asked(box)) take(box, question, option);
}

/** Ask the question before this one again. */
export function goBackOne() {
  const box = current();
  const all = questions(box);
  const now = asked(box);
  const before = now ? all[now.dataset.after] : all.findLast((question) => question.classList.contains("is-answered"));
  if (!before) return toast("这是第一个问题");
  forgetFrom(all, all.indexOf(before));
  ask(box, before);
}

/** Give the focus back to the card; what was answered stays. */
export function leave() {
  const box = current();
  asked(box)?.classList.remove("is-asked");
  box.closest(".card").focus({ preventScroll: true });
}

document.querySelector("#results")?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-does=choose]");
  if (button) take(button.closest(BOX), button.closest(QUESTION), button.closest("li"));
});
