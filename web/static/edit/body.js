// Writing Markdown without knowing it, and inserting facts and links where the cursor was.

const LINE = { h2: "## ", h3: "### ", list: "- ", numbers: "1. " };

/** Put a text in the place of a field's selection; Ctrl+Z takes it back. */
function insert(field, text, from = field.selectionStart, to = field.selectionEnd) {
  field.focus();
  field.setSelectionRange(from, to);
  // the only way that keeps the browser's undo
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, from, to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function markLines(field, mark) {
  const { value } = field;
  const from = value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const end = value.indexOf("\n", field.selectionEnd);
  const to = end < 0 ? value.length : end;
  const lines = value.slice(from, to).split("\n");
  const marked = lines.every((line) => line.startsWith(mark));
  insert(field, lines.map((line) => (marked ? line.slice(mark.length) : mark + line.replace(/^(#{1,6} |- |\d+\. )/, ""))).join("\n"), from, to);
}

function bold(field) {
  const chosen = field.value.slice(field.selectionStart, field.selectionEnd) || "要紧的话";
  insert(field, `**${chosen}**`);
}

export function manageBody(form) {
  const body = form.querySelector("[data-body]");
  const facts = document.querySelector("#facts");
  const links = document.querySelector("#links");
  // where the cursor was before a button or a dialog took it
  let last = body;
  form.addEventListener("focusin", (event) => {
    if (event.target.matches("textarea, input[type=text]:not([readonly])")) last = event.target;
  });
  form.addEventListener("click", (event) => {
    const { md, does } = event.target.closest("button")?.dataset ?? {};
    if (md === "bold") bold(body);
    else if (md === "link") links.showModal();
    else if (md) markLines(body, LINE[md]);
    if (does === "facts") facts.showModal();
  });
  facts.addEventListener("click", (event) => {
    const text = event.target.closest("[data-insert]")?.dataset.insert;
    if (!text) return;
    facts.close();
    insert(last ?? body, text);
  });
  links.addEventListener("click", (event) => {
    const button = event.target.closest("[data-link]");
    if (!button) return;
    links.close();
    const chosen = body.value.slice(body.selectionStart, body.selectionEnd);
    insert(body, `[${chosen || button.dataset.title}](${button.dataset.link})`);
  });
  for (const dialog of [facts, links]) {
    dialog.querySelector("[data-filters]").addEventListener("input", (event) => {
      const wanted = event.target.value.trim().toLowerCase();
      for (const item of dialog.querySelectorAll(".picks li")) item.hidden = !item.textContent.toLowerCase().includes(wanted);
    });
  }
  form.addEventListener("keydown", (event) => {
    // F4 is free in browsers and easy to find
    if (event.key === "F4" && !event.isComposing) {
      event.preventDefault();
      facts.showModal();
    }
  });
}
