// The desk in a frame: what it and the page around it say to each other. Only with pages that the operator has named; docs/embedding.md
// describes the messages. What the agent asks never leaves this page.

import { askInstead, whenAnswered } from "./ask.js";
import { begin, running } from "./call.js";
import { replaceResults } from "./cards.js";

// a card that stays open for so long is shown, not passed by while somebody types
const SETTLED = 600;
const LONGEST = 200;
const ID = /^[a-z0-9][a-z0-9_-]{0,79}$/;
const CALL = /^[A-Za-z0-9_-]{1,64}$/;

const allowed = JSON.parse(document.querySelector("meta[name=kb-parents]").content);
const place = document.querySelector("#call").dataset;
const form = document.querySelector("#ask");
const line = document.querySelector("#line");
const results = document.querySelector("#results");

const around = window.parent;
// browsers without ancestorOrigins tell us with the first message
let origin = allowed.find((other) => other === location.ancestorOrigins?.[0]) ?? null;

function say(type, more = {}) {
  if (origin) around.postMessage({ type, ...more }, origin);
}

class Refusal extends Error {}

function refuse(message) {
  throw new Refusal(message);
}

/** Whether the service takes an id for a call; it refuses what could be a number of the customer. */
async function takes(call) {
  const answer = await fetch(form.dataset.post, { method: "POST", body: new URLSearchParams({ q: "", call }) });
  return answer.ok;
}

async function beginCall(call) {
  if (running()?.id === call) return;
  if (!CALL.test(call) || !(await takes(call))) refuse("call 要是看不出客户是谁的编号：字母、数字、-、_，最多 64 个");
  begin(call);
}

async function ask({ text, call }) {
  if (typeof text !== "string" || !text.trim() || text.length > LONGEST) refuse(`text 要是 1 到 ${LONGEST} 个字的文字`);
  if (call !== undefined && typeof call !== "string") refuse("call 要是文字");
  if (call) await beginCall(call);
  askInstead(text);
}

async function show({ id }) {
  if (typeof id !== "string" || !ID.test(id)) refuse("id 要是文章编号");
  const { data } = await (await fetch(place.cards, { method: "POST", body: new URLSearchParams({ article: id }) })).json();
  if (!data?.length) refuse("没有这篇文章，或现在还不生效");
  const answer = await fetch(data[0].href);
  if (!answer.ok) refuse("现在打不开这篇文章");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const card = page.querySelector(".card");
  askInstead("");
  whenAnswered(() => put(card));
}

/** One card in the place of results. */
function put(card) {
  const list = document.createElement("div");
  list.innerHTML = '<section class="found" aria-label="结果" data-status="1 条"><ol class="cards" role="list"></ol></section>';
  list.querySelector(".cards").innerHTML = `<!--card--><li>${card.outerHTML}</li><!--card-->`;
  document.querySelector("#start").hidden = true;
  replaceResults(list.innerHTML);
}

function focus() {
  window.focus();
  line.focus();
  line.select();
}

const MESSAGES = { "kb.ask": ask, "kb.show": show, "kb.focus": focus };

addEventListener("message", async ({ data, origin: from, source }) => {
  if (source !== around || !allowed.includes(from)) return;
  origin = from;
  // the page around may have other things to tell its frames
  if (typeof data?.type !== "string" || !data.type.startsWith("kb.")) return;
  try {
    const does = Object.hasOwn(MESSAGES, data.type) ? MESSAGES[data.type] : () => refuse("不认识这种消息");
    await does(data);
  } catch (error) {
    say("kb.problem", { about: data.type.slice(0, 40), message: error instanceof Refusal ? error.message : "现在连不上服务" });
  }
});

function named(key) {
  const at = key.lastIndexOf("@");
  return { id: key.slice(0, at), version: Number(key.slice(at + 1)) };
}

document.addEventListener("kb:did", ({ detail }) => {
  if (detail.did === "copy") say("kb.copied", { ...named(detail.key), tone: detail.tone });
});

let settling = 0;
let shown = "";
/** Tell which card is open, once it stays so. */
function lookAtOpen() {
  clearTimeout(settling);
  settling = setTimeout(() => {
    const card = results.querySelector(".card.is-open") ?? null;
    const key = card?.dataset.key ?? "";
    if (key && key !== shown) say("kb.shown", { ...named(key), title: card.querySelector(".title").textContent.trim() });
    shown = key;
  }, SETTLED);
}
new MutationObserver(lookAtOpen).observe(results, { childList: true, subtree: true, attributeFilter: ["class"] });

if (around !== window) {
  if (origin) say("kb.ready");
  // where the browser does not say who is around, only the right one of these is delivered
  else if (!location.ancestorOrigins) for (const other of allowed) around.postMessage({ type: "kb.ready" }, other);
}
