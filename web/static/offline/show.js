// An answer as the desk's markup: the cards were made when the file was, here they get their place.

import { alarms } from "./pack.js";
import { present, search } from "./search.js";

const CUT = "<!--card-->";

export function escapeHtml(text) {
  const holder = document.createElement("p");
  holder.textContent = text;
  return holder.innerHTML.replaceAll('"', "&quot;");
}

// a list says much the same with every letter that is typed
const made = new Map();
function numbered(article, number, opened) {
  const name = `${article.key} ${number} ${opened}`;
  if (!made.has(name)) made.set(name, withNumber(article, number, opened));
  return made.get(name);
}

/** The card of an article as the so manyth of a list; `opened` shows all of it. */
function withNumber({ html }, number, opened) {
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  const card = parsed.content.querySelector(".card");
  const title = card.querySelector(".title");
  card.id = `card-${number}`;
  title.id = `card-${number}-title`;
  card.setAttribute("aria-labelledby", title.id);
  const badge = document.createElement("span");
  badge.className = number > 9 ? "number is-plain" : "number";
  badge.ariaHidden = "true";
  badge.textContent = number;
  card.querySelector(".head").prepend(badge);
  if (opened) {
    card.classList.add("is-open");
    card.dataset.open = "";
    card.querySelector(".more").open = true;
  }
  return `<li>${card.outerHTML}</li>`;
}

function list(articles, openFirst, status, message = "") {
  const notice = message && `<p class="notice">${escapeHtml(message)}</p>`;
  const items = articles.map((article, at) => CUT + numbered(article, at + 1, openFirst && at === 0)).join("");
  return `<section class="found" aria-label="结果" data-status="${escapeHtml(status)}">${notice}<ol class="cards" role="list">${items}${CUT}</ol></section>`;
}

/** The HTML that answers a question. */
export function answerTo(question) {
  const { alerts, cards, sure, message } = search(question);
  const warned = alerts.some(({ key }) => alarms.of[key].severe) ? "，有诈骗警示" : "";
  const status = (sure ? `${cards.length} 条结果` : `没有把握，最接近的 ${cards.length} 条`) + warned;
  return list(cards, sure || alerts.length > 0, status, message);
}

/** The HTML of one article, null where the file has none of this name in force. */
export function articleNamed(id) {
  const article = present().find((other) => other.id === id);
  return article ? list([article], true, article.title) : null;
}
