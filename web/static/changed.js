// What changed in an article since this person last read it: a quiet line on the card.

import { dressAll, dressing } from "./dress.js";
import { lastRead, parts, ready } from "./reading.js";

const place = document.querySelector("#call").dataset;

// article and version → what editors say about the versions since
const asked = new Map();

function since(id, version) {
  const name = `${id}@${version}`;
  if (!asked.has(name)) asked.set(name, ask(id, version));
  return asked.get(name);
}

async function ask(id, version) {
  try {
    const response = await fetch(`${place.reading}changes/${encodeURIComponent(id)}?since=${version}`);
    return (await response.json()).data ?? null;
  } catch {
    return null;
  }
}

const day = (date) => `${date.getFullYear() === new Date().getFullYear() ? "" : `${date.getFullYear()}年`}${date.getMonth() + 1}月${date.getDate()}日`;

function told({ version, day: began, note }, last) {
  const what = note ? note.replace(/[。；]$/, "") : "没有写改了什么";
  return last ? what : `${what}（第 ${version} 版，${began}）`;
}

function ribbon(card) {
  const { id, version } = parts(card.dataset.key);
  const read = lastRead(id);
  if (!read || read.version >= version || "asOf" in place || card.querySelector(".changed")) return;
  const line = document.createElement("p");
  line.className = "ribbon changed";
  const words = document.createElement("span");
  const before = `您上次读的是第 ${read.version} 版（${day(read.at)}），之后`;
  words.textContent = `${before}改过。`;
  line.append(words);
  card.querySelector(".head").after(line);
  since(id, read.version).then((found) => found?.notes.length && fill(line, words, before, found));
}

function fill(line, words, before, { notes, more }) {
  words.textContent = `${before}：${notes.map((note) => told(note, notes.length === 1)).join("；")}。`;
  const link = document.createElement("a");
  link.href = more;
  link.textContent = "看哪里不同";
  line.append(link);
}

dressing(ribbon);
ready.then(dressAll);
