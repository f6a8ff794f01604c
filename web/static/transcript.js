// The transcript box: `t` opens it, Ctrl+Enter asks for what stands in it; the answer takes the place of the results.

import { showInstead } from "./ask.js";
import { cards, select } from "./cards.js";
import { bind } from "./keymap.js";
import { mask, maskField } from "./mask.js";

const dialog = document.querySelector("#transcript");
const text = document.querySelector("#transcript-text");
const told = document.querySelector("#transcript-told");
const most = text.maxLength;

let asking = null;

function tell(message, isTrouble = false) {
  told.textContent = message;
  told.classList.toggle("is-trouble", isTrouble);
}

function open() {
  tell("");
  dialog.showModal();
  // what was pasted for the last caller is replaced by what is pasted now
  text.select();
}

/** Status and HTML of the answer, null where the service did not answer. */
async function answerTo(said, signal) {
  const fields = new URLSearchParams({ text: said, at: document.querySelector("#ask [name=at]")?.value ?? "" });
  try {
    const response = await fetch(dialog.dataset.post, { method: "POST", body: fields, signal });
    return { status: response.status, html: await response.text() };
  } catch {
    return null;
  }
}

async function hear() {
  const said = mask(text.value.trim());
  if (!said) return tell("先把通话里最后几句粘贴到这里", true);
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  tell("正在找…");
  const answer = await answerTo(said, mine.signal);
  if (asking !== mine) return;
  asking = null;
  if (!answer) return tell("连不上服务，片段还在，请再试一次", true);
  if (answer.status !== 200) return tell(problemIn(answer.html), true);
  dialog.close();
  text.value = "";
  showInstead(answer.html);
  const first = cards()[0];
  if (first) select(first, { focus: true, announce: false });
}

function problemIn(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return parsed.querySelector(".problem span")?.textContent ?? "没有找成，请再试一次";
}

text.addEventListener("paste", (event) => {
  const pasted = event.clipboardData?.getData("text") ?? "";
  const room = most - (text.value.length - (text.selectionEnd - text.selectionStart));
  if (pasted.length <= room) return setTimeout(hide);
  // the latest sentences are those that count
  event.preventDefault();
  text.setRangeText(pasted.slice(pasted.length - room), text.selectionStart, text.selectionEnd, "end");
  hide();
  tell(`片段太长，只留下最后 ${most} 个字`);
});

function hide() {
  tell(maskField(text) ? "号码已遮住" : "");
}

dialog.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  hear();
});
dialog.addEventListener("close", () => {
  asking?.abort();
  asking = null;
});
document.addEventListener("click", (event) => {
  const does = event.target.closest("[data-does]")?.dataset.does;
  if (does === "hear") hear();
  if (does === "transcript") open();
});

bind("t", open, { line: true });
