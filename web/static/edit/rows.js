// Lists of rows in the form: add, move, delete with a way back. The order in the page is the order in the article.

import { toast } from "../copy.js";

const BUTTONS = { "add-row": add, "up-row": (button) => move(button, -1), "down-row": (button) => move(button, 1), "drop-row": drop };

let changed = () => {};

/** `onChange`: what to do when rows came, went or moved. */
export function manageRows(form, onChange) {
  changed = onChange;
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-does]");
    BUTTONS[button?.dataset.does]?.(button);
  });
  number(form);
}

const listOf = (rows) => rows.querySelector(":scope > .row-list");
const rowsOf = (list) => [...list.querySelectorAll(":scope > [data-row]")];

function add(button) {
  const rows = button.closest("[data-rows]");
  const template = rows.querySelector(":scope > template");
  const depth = /~\d/.exec(template.innerHTML)[0];
  // a number that no row has, whatever was moved or deleted
  const next = Number(rows.dataset.next ?? rowsOf(listOf(rows)).length);
  rows.dataset.next = next + 1;
  const made = document.createElement("template");
  made.innerHTML = template.innerHTML.replaceAll(depth, String(next));
  const row = made.content.querySelector("[data-row]");
  listOf(rows).append(row);
  number(rows);
  row.querySelector("input, select, textarea")?.focus();
  changed();
}

function move(button, by) {
  const row = button.closest("[data-row]");
  const rows = rowsOf(row.parentElement);
  const other = rows[rows.indexOf(row) + by];
  if (!other) return toast(by < 0 ? "已经是第一条" : "已经是最后一条");
  if (by < 0) other.before(row);
  else other.after(row);
  number(row.parentElement);
  button.focus();
  changed();
}

function drop(button) {
  const row = button.closest("[data-row]");
  const line = document.createElement("p");
  line.className = "dropped";
  line.textContent = "已删除这一条。";
  const undo = document.createElement("button");
  undo.type = "button";
  undo.className = "button is-plain";
  undo.textContent = "撤销";
  undo.addEventListener("click", () => {
    line.replaceWith(row);
    number(row.parentElement);
    row.focus();
    changed();
  });
  line.append(undo);
  row.replaceWith(line);
  number(line.parentElement);
  undo.focus();
  changed();
}

/** Say the number of every row, for those who cannot see the order. */
function number(within) {
  for (const list of [within, ...within.querySelectorAll(".row-list")].filter((each) => each.matches(".row-list"))) {
    rowsOf(list).forEach((row, at) => {
      row.querySelector(":scope > legend [data-number]").textContent = at + 1;
    });
  }
}
