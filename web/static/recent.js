// r: the articles kept at hand and those read last. a keeps an article at hand, and again lets it go.

import { toast } from "./copy.js";
import { dressAll, dressing } from "./dress.js";
import { bind } from "./keymap.js";
import { favourite, isFavourite, load, parts, ready, recent, setFavourite } from "./reading.js";

const MOST_RECENT = 20;

const place = document.querySelector("#call").dataset;
const dialog = document.querySelector("#recent");
const lists = dialog.querySelector(".recent-lists");

function element(name, className = "", text = "") {
  return Object.assign(document.createElement(name), { className, textContent: text });
}

/** Of these articles, those that this person may see now; null where the service does not say. */
async function visible(ids) {
  if (!ids.length) return [];
  try {
    const response = await fetch(place.cards, { method: "POST", body: new URLSearchParams(ids.map((id) => ["article", id])) });
    return (await response.json()).data ?? null;
  } catch {
    return null;
  }
}

// keys pressed while the lists are coming mean what will stand there
let filled = Promise.resolve();

function openRecent() {
  lists.replaceChildren(element("p", "hint", "正在打开…"));
  dialog.showModal();
  filled = fill();
}

async function fill() {
  await load();
  const kept = favourite();
  const read = recent().filter((id) => !kept.includes(id)).slice(0, MOST_RECENT);
  const cards = await visible([...kept, ...read]);
  if (!cards) return lists.replaceChildren(element("p", "hint", "连不上服务，列表打不开。"));
  const shown = [cards.filter(({ id }) => kept.includes(id)), cards.filter(({ id }) => read.includes(id))];
  lists.replaceChildren(...section("收藏", shown[0], "在卡片上按 a 收藏"), ...section("最近看过", shown[1], "展开三秒以上的会记在这里"));
  links().forEach((link, at) => at < 9 && link.querySelector("kbd").append(String(at + 1)));
  (links()[0] ?? dialog.querySelector("form button")).focus();
}

function section(name, cards, otherwise) {
  const heading = element("h3", "", name);
  if (!cards.length) return [heading, element("p", "hint", otherwise)];
  const list = element("ol");
  list.append(...cards.map(row));
  return [heading, list];
}

function row({ id, title, type, identity, href }) {
  const made = element("li");
  const link = Object.assign(element("a"), { href });
  link.append(element("kbd"), element("span", "recent-title", title), element("span", "badge", type), element("span", `badge identity ${identity}`, identity));
  const star = Object.assign(element("button", "star-this"), { type: "button" });
  made.dataset.id = id;
  made.append(link, star);
  mark(star, isFavourite(id));
  return made;
}

function mark(star, kept) {
  star.textContent = kept ? "★" : "☆";
  star.setAttribute("aria-pressed", String(kept));
  star.setAttribute("aria-label", "收藏");
}

const links = () => [...lists.querySelectorAll("a")];

/** Keep an article at hand, or no longer; whether that was possible. */
async function toggle(id) {
  const kept = !isFavourite(id);
  const problem = await setFavourite(id, kept);
  if (problem) toast(problem);
  else dressAll();
  return problem ? "" : kept ? "已收藏，按 r 随时打开" : "已取消收藏";
}

async function toggleCard(card) {
  await ready;
  const said = await toggle(parts(card.dataset.key).id);
  if (said) toast(said);
}

async function toggleRow(made) {
  if (await toggle(made.dataset.id)) mark(made.querySelector(".star-this"), isFavourite(made.dataset.id));
}

function star(card) {
  const kept = isFavourite(parts(card.dataset.key).id);
  const badge = card.querySelector(".badge.star");
  if (!kept) badge?.remove();
  else if (!badge) {
    const made = element("span", "badge star", "★");
    made.title = "已收藏";
    made.append(element("span", "unseen", "已收藏"));
    card.querySelector(".badges").append(made);
  }
}

function step(by) {
  const all = links();
  const at = all.indexOf(document.activeElement.closest("li")?.querySelector("a"));
  all[Math.min(Math.max(at + by, 0), all.length - 1)]?.focus();
}

function pressed(key) {
  const made = document.activeElement.closest("li");
  if (/^[1-9]$/.test(key)) links()[key - 1]?.click();
  else if (key === "ArrowDown") step(1);
  else if (key === "ArrowUp") step(-1);
  else if (made) toggleRow(made);
}

dialog.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!/^([1-9aA]|ArrowDown|ArrowUp)$/.test(event.key)) return;
  event.preventDefault();
  filled.then(() => pressed(event.key));
});
lists.addEventListener("click", (event) => {
  if (event.target.closest(".star-this")) toggleRow(event.target.closest("li"));
});
document.addEventListener("click", (event) => {
  const does = event.target.closest("[data-does]")?.dataset.does;
  if (does === "recent") openRecent();
  if (does === "favourite") toggleCard(event.target.closest(".card"));
});
bind("r", openRecent, { line: true });
bind("a", toggleCard, { card: true, line: true });
dressing(star);
ready.then(dressAll);
