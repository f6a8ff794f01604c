// While typing: what is wrong, under the field it belongs to, and what the agent would see.

const DELAY = 350;

export function manageLook(form, collect, token) {
  const frame = document.querySelector("#frame");
  const stale = document.querySelector("#stale");
  const list = document.querySelector("#problems");
  const source = form.querySelector("#source");
  let timer = 0;
  let running = null;

  async function look() {
    running?.abort();
    const mine = (running = new AbortController());
    const answer = await fetch(form.dataset.look, {
      method: "POST",
      body: collect(),
      headers: { Accept: "application/json", "X-CSRFToken": token() },
      signal: mine.signal,
    }).catch(() => null);
    // a newer look is on its way, or saving says what is wrong
    if (!answer?.ok || mine !== running) return;
    const seen = await answer.json().catch(() => null);
    if (!seen || mine !== running) return;
    showProblems(seen.problems);
    showPreview(seen.preview);
    document.querySelector("#read-aloud").textContent = seen.read;
    form.dataset.looked = String(Number(form.dataset.looked ?? 0) + 1);
  }

  function showPreview(html) {
    if (!frame) return;
    const page = frame.contentDocument?.querySelector("#results");
    stale.hidden = Boolean(html);
    frame.classList.toggle("is-stale", !html);
    if (!page || !html) return;
    const { scrollTop } = frame.contentDocument.documentElement;
    page.innerHTML = html;
    frame.contentDocument.documentElement.scrollTop = scrollTop;
  }

  function showProblems(problems) {
    for (const slot of form.querySelectorAll("[data-errors]")) {
      const here = problems.filter((p) => p.field === slot.dataset.errors);
      slot.replaceChildren(...here.map((p) => line("p", `${p.level}-text`, p.text)));
      const wrong = here.some((p) => p.level === "error");
      const input = document.getElementById(`f-${slot.dataset.errors}`);
      if (input?.matches("input, select, textarea")) {
        if (wrong) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      }
    }
    list.replaceChildren(...problems.map(item));
    const count = document.querySelector("#problem-count");
    count.textContent = problems.length;
    count.hidden = problems.length === 0;
    document.querySelector("#no-problems").hidden = problems.length > 0;
    markParts();
  }

  function item(problem) {
    const made = line("li", `is-${problem.level}`, "");
    const link = document.createElement("a");
    link.href = source ? "#source" : `#f-${problem.field}`;
    Object.assign(link.dataset, { field: problem.field, line: problem.line, column: problem.column });
    link.textContent = source && problem.line ? `第 ${problem.line} 行` : problem.where || "全文";
    made.append(link, line("span", "", source ? problem.raw : problem.text));
    return made;
  }

  addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    document.querySelector("#side").classList.remove("is-shown");
    if (source) goTo(source, Number(link.dataset.line), Number(link.dataset.column));
    else focusField(link.dataset.field);
  });
  markParts();

  return () => {
    clearTimeout(timer);
    timer = setTimeout(look, DELAY);
  };
}

function line(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** The parts of the form in which something is wrong. */
function markParts() {
  for (const link of document.querySelectorAll("[data-part]")) {
    const part = document.querySelector(`#part-${link.dataset.part}`);
    link.classList.toggle("has-errors", part.querySelector(".error-text") !== null);
  }
}

export function focusField(name) {
  const field = document.getElementById(`f-${name}`);
  if (!field) return;
  field.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
}

function goTo(area, row, column) {
  const lines = area.value.split("\n");
  const at = lines.slice(0, Math.max(0, row - 1)).reduce((sum, each) => sum + each.length + 1, 0) + Math.max(0, column - 1);
  area.focus();
  area.setSelectionRange(at, at);
  // a selection alone does not scroll; the line's height is that of the style sheet
  const height = parseFloat(getComputedStyle(area).lineHeight);
  const top = area.getBoundingClientRect().top + scrollY + (row - 1) * height;
  scrollTo({ top: Math.max(0, top - innerHeight / 2) });
}
