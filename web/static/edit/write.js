// A draft as one writes it: saved a second after the last key, never over somebody else's text, kept here when the service is away.

import { toast } from "../copy.js";
import { manageBody } from "./body.js";
import { manageLook } from "./look.js";
import { manageRows } from "./rows.js";

const SAVE_AFTER = 1000;
const RETRY_AFTER = 5000;

const form = document.querySelector("#writing");
const state = document.querySelector("#save-state");
const pending = document.querySelector("#pending");
const number = form.elements.namedItem("number");
const keptName = `kb-draft-${form.dataset.draft}`;

let dirty = false;
let saving = false;
let queue = Promise.resolve(true);
let stopped = false;
let timer = 0;
// the last text that is known to be stored: what a conflict is compared with
let base = document.querySelector("#loaded").value;
// what an earlier visit left unsent; until it is stored or given up, nothing else is written over it
let earlier = null;

const token = () => document.querySelector("meta[name=csrf-token]").content;

function collect(entries = null) {
  if (!entries) return new FormData(form);
  const data = new FormData();
  for (const [name, value] of entries) data.append(name, value);
  return data;
}

function say(text, trouble = false) {
  state.textContent = text;
  state.classList.toggle("is-trouble", trouble);
}

// what is kept in this browser

function keep(entries) {
  const shown = entries.filter(([name]) => name !== "csrf_token");
  try {
    localStorage.setItem(keptName, JSON.stringify({ entries: shown, base, at: new Date().toTimeString().slice(0, 5) }));
    return true;
  } catch {
    return false;
  }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(keptName));
  } catch {
    return null;
  }
}

const forget = () => localStorage.removeItem(keptName);

// saving

function later(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(save, milliseconds);
}

async function send(entries) {
  try {
    return await fetch(form.action, {
      method: "POST",
      body: collect(entries),
      headers: { Accept: "application/json", "X-CSRFToken": token() },
    });
  } catch {
    return null;
  }
}

/** Save what stands in the form, after what is being saved already. True if all of it is stored. */
function save() {
  clearTimeout(timer);
  queue = queue.then(saveNow);
  return queue;
}

async function saveNow() {
  if (stopped) return false;
  if (!dirty) return true;
  dirty = false;
  saving = true;
  const entries = [...collect()];
  keep(entries);
  say("正在保存…");
  const answer = await send(entries);
  const told = answer ? await answer.json().catch(() => null) : null;
  saving = false;
  if (answer?.ok && told) return saved(told);
  dirty = true;
  if (answer?.status === 409 && told) stop(told.message);
  else if (answer?.status === 422 && told) refuse(told.message);
  else await wait(answer);
  return false;
}

function saved(stored) {
  number.value = stored.number;
  base = stored.text;
  pending.hidden = true;
  if (!dirty) forget();
  say(dirty ? "正在保存…" : `已保存 ${stored.at}`);
  return !dirty;
}

/** Somebody else saved first: no more saving until it is decided what becomes of both. */
function stop(message) {
  stopped = true;
  say("没有保存：别人也改了这一稿", true);
  ask(`${message || "别人也改了这一稿。"}您的文字还在这里，没有丢。`);
}

/** This text cannot be stored; the next change is tried again. */
function refuse(message) {
  say("没有保存", true);
  ask(`${message || "现在不能保存。"}您的文字留在这个浏览器里，改动以后会再试。`);
}

/** The service is away, or the sign-in has ended: the text stays here and is sent again. */
async function wait(answer) {
  const here = keep([...collect()]);
  const where = here ? "文字先留在这个浏览器里" : "请不要关掉这一页";
  if (signedOut(answer)) {
    say(`登录已经过期，${where}。请另开一页登录，回来会自动保存`, true);
    await renew();
  } else {
    say(`连不上服务，${where}，恢复后自动保存`, true);
  }
  later(RETRY_AFTER);
}

const signedOut = (answer) => [400, 401, 403].includes(answer?.status);

/** After signing in again in another window, this page's forms need a new token. */
async function renew() {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("meta[name=csrf-token]")?.content;
  if (!fresh) return;
  document.querySelector("meta[name=csrf-token]").content = fresh;
  for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = fresh;
}

// what could not be saved

function ask(message) {
  pending.querySelector("[data-says]").textContent = message;
  if (!pending.hidden) return;
  pending.hidden = false;
  pending.scrollIntoView({ block: "center" });
}

function compare() {
  const mine = earlier ?? { entries: [...collect()], base };
  if (!earlier) keep(mine.entries);
  const sent = document.createElement("form");
  sent.method = "post";
  sent.action = form.dataset.compare;
  const entries = mine.entries.filter(([name]) => !["number", "base", "csrf_token"].includes(name));
  for (const [name, value] of [...entries, ["base", mine.base], ["csrf_token", token()]]) {
    const area = document.createElement("textarea");
    area.name = name;
    area.value = value;
    sent.append(area);
  }
  sent.hidden = true;
  document.body.append(sent);
  dirty = false;
  sent.submit();
}

/** Something from an earlier visit that never reached the service: nothing is typed beside it before it is decided on. */
async function sendKept() {
  if (new URLSearchParams(location.search).has("merged")) {
    forget();
    // when this page is loaded again, what is kept by then is something else
    history.replaceState(null, "", location.pathname);
  }
  const before = kept();
  if (!before?.entries) return;
  earlier = before;
  stopped = form.inert = true;
  say("正在保存上次没送上去的文字…");
  const answer = await send([...before.entries, ["csrf_token", token()]]);
  if (answer?.ok) {
    forget();
    location.reload();
    return;
  }
  const told = await answer?.json().catch(() => null);
  say("没有保存", true);
  const said = `这个浏览器里有一份 ${before.at} 的文字没有保存上去`;
  if (answer?.status === 409) return ask(`${said}，后来这一稿又改过。`);
  if (answer?.status === 422) return ask(`${said}：${told?.message ?? "现在不能保存。"}`);
  ask(`${said}：${told?.message ?? "连不上服务。"}过几秒再试。`);
  if (signedOut(answer)) await renew();
  setTimeout(sendKept, RETRY_AFTER);
}

// the page

function changed() {
  dirty = true;
  if (stopped) {
    keep([...collect()]);
  } else {
    say("有改动，马上保存");
    later(SAVE_AFTER);
  }
  look();
}

const look = manageLook(form, collect, token);
manageRows(form, changed);
manageBody(form);

form.addEventListener("input", (event) => {
  count(event.target);
  if (event.isComposing) {
    dirty = true;
    return;
  }
  changed();
});
form.addEventListener("compositionend", changed);
form.addEventListener("change", changed);
form.addEventListener("focusout", () => {
  if (dirty) later(0);
});
form.addEventListener("click", (event) => {
  const { set, value } = event.target.closest("button[data-set]")?.dataset ?? {};
  if (set === undefined) return;
  const field = document.getElementById(set);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
// the buttons of the bar go where they say once all is saved
form.addEventListener("submit", async (event) => {
  const then = event.submitter?.value ?? "";
  event.preventDefault();
  dirty = true;
  if (!(await save())) return;
  const here = form.action.replace(/\/save$/, "");
  if (then === "draft") location.assign(`${here}?check=1`);
  else if (then === "source" || then === "form") location.assign(`${here}/write?view=${then}`);
  else toast("已保存");
});
addEventListener("online", () => later(0));
addEventListener("beforeunload", (event) => {
  if (earlier || (!dirty && !saving)) return;
  keep([...collect()]);
  event.preventDefault();
});
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    dirty = true;
    save();
  }
});
document.addEventListener("click", async (event) => {
  const does = event.target.closest("[data-does]")?.dataset.does;
  if (does === "compare") compare();
  if (does === "forget") {
    forget();
    dirty = false;
    location.reload();
  }
  if (does === "side") {
    const shown = document.querySelector("#side").classList.toggle("is-shown");
    event.target.closest("button").setAttribute("aria-expanded", String(shown));
  }
  const leave = event.target.closest("a[data-leave]");
  if (leave && dirty) {
    event.preventDefault();
    // where it could not be stored, leaving asks
    await save();
    location.assign(leave.href);
  }
});

function count(field) {
  const counter = field.id && document.querySelector(`[data-counts="${CSS.escape(field.id)}"]`);
  if (!counter) return;
  const length = [...field.value.trim()].length;
  counter.textContent = `${length}/${field.dataset.most}`;
  counter.classList.toggle("is-over", length > Number(field.dataset.most));
}
for (const field of form.querySelectorAll("[data-most]")) count(field);

// each channel has its own menu
function offerPaths(field) {
  const channel = field.closest("[data-row]")?.querySelector("select")?.value;
  field.setAttribute("list", `menu-${channel}`);
}
form.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-menus]")) offerPaths(event.target);
});

const source = form.querySelector("#source");
if (source) {
  const cursor = document.querySelector("#cursor");
  document.addEventListener("selectionchange", () => {
    if (document.activeElement !== source) return;
    const before = source.value.slice(0, source.selectionStart);
    cursor.textContent = `第 ${before.split("\n").length} 行，第 ${before.length - before.lastIndexOf("\n")} 列`;
  });
}

sendKept();
