// The wrap-up note: w shows it, one key copies it, and the call can be ended from there.

import { begin, end, lastCall, lasted, running } from "./call.js";
import { copyText, toast } from "./copy.js";
import { bind } from "./keymap.js";

const place = document.querySelector("#call").dataset;
const dialog = document.querySelector("#wrap-up");
const text = document.querySelector("#wrap-up-text");
const problem = dialog.querySelector(".report-problem");
const copyButton = dialog.querySelector("[data-does=copy-note]");
const endButton = dialog.querySelector("[data-does=end-call]");
const otherButton = dialog.querySelector("[data-does=other-call]");
const list = dialog.querySelector(".trail ol");

const REPORTED = { wrong: "内容有误", unclear: "没说清", outdated: "已过时", praise: "有用" };
const SAID = {
  ask: ({ text: question }) => `问：${question}`,
  open: ({ title }) => `看了《${title}》`,
  copy: ({ title, tone }) => `复制话术（${tone}）：${title}`,
  tick: ({ title }) => `勾选已核身：${title}`,
  step: ({ title, step, of }) => `步骤走到 ${step}/${of}：${title}`,
  choose: ({ ask, chosen }) => `${ask} ${chosen}`,
  gap: ({ text: question }) => `报告缺口：${question}`,
  feedback: ({ title, kind }) => `反馈${REPORTED[kind]}：${title}`,
};

const CLOCK = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

let shown = null;
// the note as the service wrote it
let written = "";

async function ask(call) {
  try {
    const response = await fetch(place.note, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(call) });
    const { data, error } = await response.json();
    return data ?? { problem: error.message };
  } catch {
    return { problem: "连不上服务，小结没有做成，经过在下面。" };
  }
}

// keys pressed while the note is coming mean that note
let ready = Promise.resolve();

function show(call) {
  // what somebody changed in the note of this call stays
  const changed = shown?.id === call.id && text.value.trim() && text.value !== written;
  problem.textContent = changed ? "您改过的小结没有重写；清空后再按 w，就重写一份。" : "";
  // the note of another call must not be copied for this one
  if (shown?.id !== call.id) text.value = "";
  open(call);
  if (!changed) ready = fill(call);
}

async function fill(call) {
  text.value = "";
  const answer = await ask(call);
  written = answer.text ?? "";
  // what was typed while the note was coming stands below it
  text.value = [written, text.value].filter(Boolean).join("\n");
  problem.textContent = answer.problem ?? "";
}

function open(call) {
  shown = call;
  const other = call === running() ? lastCall() : running();
  endButton.hidden = call !== running();
  otherButton.hidden = !other;
  otherButton.firstChild.data = call === running() ? "上一通 " : "这一通 ";
  dialog.querySelector("h2").textContent = `${call === running() ? "通话小结" : "上一通的小结"} · ${lasted(call)}`;
  list.replaceChildren(...call.entries.map(item));
  said("复制 ");
  if (!dialog.open) dialog.showModal();
  copyButton.focus();
}

function item(entry) {
  const made = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = CLOCK.format(entry.at);
  made.append(time, SAID[entry.did]?.(entry) ?? "");
  return made;
}

function openNote() {
  document.dispatchEvent(new Event("kb:looking"));
  const call = running() ?? lastCall();
  if (!call) return toast("还没有通话：按 b 开始");
  show(call);
}

function openOther() {
  if (!otherButton.hidden) show(shown === running() ? lastCall() : running());
}

const said = (words) => {
  copyButton.firstChild.data = words;
};

async function copyNote() {
  await ready;
  said((await copied()) ? "已复制 " : "没复制成功，请按 Ctrl+C ");
}

/** Without the clipboard's interface, only what stands in the open dialog can be copied. */
async function copied() {
  if (navigator.clipboard) return copyText(text.value);
  const { activeElement } = document;
  text.select();
  const done = document.execCommand("copy");
  if (done) activeElement.focus();
  return done;
}

function endCall() {
  dialog.close();
  end();
}

const KEYS = { c: copyNote, b: endCall, p: openOther };

dialog.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    copyNote();
    return;
  }
  const letter = event.altKey ? /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase() : event.key.toLowerCase();
  if (!KEYS[letter] || event.ctrlKey || event.metaKey || (event.target === text && !event.altKey)) return;
  if (letter === "b" && endButton.hidden) return;
  event.preventDefault();
  KEYS[letter]();
});
document.addEventListener("click", (event) => {
  const does = event.target.closest("[data-does]")?.dataset.does;
  if (does === "call") running() ? openNote() : begin();
  if (does === "copy-note") copyNote();
  if (does === "end-call") endCall();
  if (does === "other-call") openOther();
});
bind("w", openNote, { line: true });
