// Side by side: x marks a card, p opens what is marked. On the page itself a number copies the script of a column.

import { copyText, toast } from "./copy.js";
import { bind } from "./keymap.js";
import { stored } from "./stored.js";

const LEAST = 2;
const MOST = 4;

const bar = document.querySelector("#marked");

// marks belong to this tab: they survive another question and reading an article
const kept = stored("sessionStorage", "kb-compare", () => []);

function keep(marks) {
  kept.write(marks);
  show(marks);
}

function show(marks) {
  if (!bar) return;
  bar.hidden = !marks.length;
  bar.querySelector("ol").replaceChildren(...marks.map(({ title }) => Object.assign(document.createElement("li"), { textContent: title })));
}

const idOf = (card) => card.dataset.key.replace(/@\d+$/, "");

/** Mark a card, or take its mark back. */
function mark(card) {
  const marks = kept.read();
  const id = idOf(card);
  if (marks.some((other) => other.id === id)) {
    keep(marks.filter((other) => other.id !== id));
    toast("不比这一条了");
  } else if (marks.length === MOST) {
    toast(`最多并排 ${MOST} 条，先在其中一条上按 x 去掉`);
  } else {
    keep([...marks, { id, title: card.querySelector(".title").textContent }]);
    toast(marks.length + 1 < LEAST ? "选了一条，再选一条就能比" : "选好了，按 p 并排看");
  }
}

function openMarked() {
  const marks = kept.read();
  if (marks.length < LEAST) return toast(`先在 ${LEAST} 到 ${MOST} 条结果上按 x，再按 p`);
  const address = new URL(bar.dataset.page, location.href);
  for (const { id } of marks) address.searchParams.append("id", id);
  const { value } = document.querySelector("#ask input[name=at]") ?? {};
  if (value) address.searchParams.append("at", value);
  // in a frame of another system it stands beside: only the desk may be framed
  if (document.querySelector("base[target=_blank]")) window.open(address, "_blank", "noopener");
  else location.assign(address);
}

function clear() {
  keep([]);
  document.querySelector("#line")?.focus();
  toast("比较清空了");
}

async function copyColumn(button) {
  toast((await copyText(button.dataset.copy)) ? "已复制" : "没复制成功，请选中文字后按 Ctrl+C");
}

if (bar) {
  bind("x", mark, { card: true, line: true });
  bind("p", openMarked, { line: true });
  show(kept.read());
  // another page of this tab may have changed them
  addEventListener("pageshow", () => show(kept.read()));
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-does]");
  if (button?.dataset.does === "compare") openMarked();
  if (button?.dataset.does === "compare-none") clear();
  if (button?.dataset.does === "copy-column") copyColumn(button);
});
for (const button of document.querySelectorAll("[data-does=copy-column]")) bind(button.dataset.number, () => copyColumn(button));
