// Dates to be promised: d copies those of a card, a button those beside it.

import { copyText, toast } from "./copy.js";
import { bind } from "./keymap.js";

async function copyDates(texts) {
  const done = await copyText(texts.join("\n"));
  toast(done ? `已复制：${texts[0]}${texts.length > 1 ? ` 等 ${texts.length} 行` : ""}` : "没复制成功，请选中文字后按 Ctrl+C");
}

function copyAll(card) {
  const texts = [...card.querySelectorAll(".until")].map((until) => until.dataset.copy);
  if (!texts.length) return toast("这一条没有能算出日期的期限");
  copyDates([...new Set(texts)]);
}

bind("d", copyAll, { card: true, line: true });
document.querySelector("#results").addEventListener("click", (event) => {
  const button = event.target.closest("[data-does=copy-deadline]");
  if (button) copyDates([button.closest(".until").dataset.copy]);
});
