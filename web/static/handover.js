// y hands question and cards to a colleague by a link. Whether the caller was identified does not go along.

import { running } from "./call.js";
import { open } from "./cards.js";
import { copyText, toast } from "./copy.js";
import { bind } from "./keymap.js";
import { parts } from "./reading.js";

const MOST = 5;

const place = document.querySelector("#call").dataset;
const form = document.querySelector("#ask");
const line = document.querySelector("#line");
const results = document.querySelector("#results");
const handed = document.querySelector("#handed");

/** The articles that were looked at for this question, the open one first. */
function looked() {
  const open = [...results.querySelectorAll(".card.is-open")].map((card) => card.dataset.key);
  const read = (running()?.entries ?? []).filter(({ did }) => did === "open" || did === "copy").map(({ key }) => key).reverse();
  return [...new Set([...open, ...read].map((key) => parts(key).id))].slice(0, MOST);
}

async function post(address, fields, headers = {}) {
  const response = await fetch(address, { method: "POST", headers, body: new URLSearchParams(fields) });
  const { data, error } = await response.json();
  if (error) throw new Error(error.message);
  return data;
}

async function csrf() {
  return (await (await fetch(place.reading)).json()).data.csrf;
}

async function link() {
  const fields = [["q", form?.dataset.answered ?? ""], ...looked().map((id) => ["article", id])];
  const made = "signedIn" in place ? await post(place.handover, fields, { "X-CSRFToken": await csrf() }) : await post(place.fragment, fields);
  return new URL(made.link, location.href).href;
}

async function handOver() {
  if (!form?.dataset.answered && !looked().length) return toast("先问一个问题，再转给同事");
  try {
    const made = await link();
    const done = await copyText(made);
    toast(done ? "交接链接已复制，身份要同事重新核" : "没复制成功，请再按一次");
  } catch (error) {
    toast(error instanceof TypeError ? "连不上服务，没转成" : error.message);
  }
}

function element(name, className, text = "") {
  return Object.assign(document.createElement(name), { className, textContent: text });
}

/** Show what was handed over, and ask its question. */
async function receive({ author, at, question, cards }) {
  const from = author ? `同事 ${author} ${at} 转来的` : `同事 ${at} 转来的`;
  const words = element("p", "", `${from}${question ? `：${question}` : ""}。`);
  words.append(element("strong", "", "身份要重新核。"));
  tell(words);
  if (!question) return offer(cards);
  // ask.js belongs to the page with the question line only
  const { askInstead, whenAnswered } = await import("./ask.js");
  askInstead(question);
  whenAnswered(() => openFirst(cards));
}

/** Open the first card that the question finds; the others are offered as links. */
function openFirst(cards) {
  const found = cards.filter(({ key }) => results.querySelector(`.card[data-key="${key}"]`));
  if (found.length) open(results.querySelector(`.card[data-key="${found[0].key}"]`));
  offer(cards.filter((card) => !found.includes(card)));
}

function offer(cards) {
  handed.querySelector("p").after(...cards.map(({ title, href }) => Object.assign(element("a", "handed-card", title), { href })));
}

function tell(...what) {
  const close = Object.assign(element("button", "button", "知道了"), { type: "button" });
  close.addEventListener("click", () => {
    handed.hidden = true;
    line.focus();
  });
  handed.replaceChildren(...what, close);
  handed.hidden = false;
}

function refuse(message, more = []) {
  tell(element("p", "", message), ...more);
}

async function byAddress(id) {
  if (!("signedIn" in place)) {
    const there = new URL(place.signIn, location.href);
    there.searchParams.set("to", `/?handover=${id}`);
    return refuse("同事转来了一个问题，登录后才能打开。", [Object.assign(element("a", "", "去登录"), { href: there })]);
  }
  try {
    const { data, error } = await (await fetch(`${place.handover}/${encodeURIComponent(id)}`)).json();
    if (error) return refuse(error.message);
    await receive(data);
  } catch {
    refuse("连不上服务，同事转来的问题打不开，请刷新再试。");
  }
}

/** What stands behind the #, as the service packed it; null for anything else. */
function unpack(packed) {
  try {
    const bytes = Uint8Array.from(atob(packed.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const { question, articles, at } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const sound = typeof question === "string" && question.length <= line.maxLength && Array.isArray(articles) && /^\d\d:\d\d$/.test(at);
    return sound ? { question, articles: articles.filter((id) => typeof id === "string").slice(0, MOST), at } : null;
  } catch {
    return null;
  }
}

async function byFragment(packed) {
  const found = unpack(packed);
  if (!found) return refuse("这个交接链接不完整，请同事再转一次。");
  try {
    const cards = found.articles.length ? await post(place.cards, found.articles.map((id) => ["article", id])) : [];
    await receive({ ...found, cards });
  } catch {
    await receive({ ...found, cards: [] });
  }
}

function fromAddress() {
  const address = new URL(location.href);
  const id = address.searchParams.get("handover");
  const packed = /^#handover=(.+)$/.exec(address.hash)?.[1];
  if (!id && !packed) return;
  // reloading keeps the question, and must not open this again
  address.searchParams.delete("handover");
  address.hash = "";
  history.replaceState(history.state, "", address);
  if (id) byAddress(id);
  else byFragment(packed);
}

bind("y", handOver, { line: true, answered: true });
if (handed) {
  addEventListener("hashchange", fromAddress);
  fromAddress();
}
