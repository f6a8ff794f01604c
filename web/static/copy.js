// Copying, and saying that it was done.

const toastLine = document.querySelector("#toast");
let toastTimer = 0;

export function toast(message) {
  toastLine.textContent = message;
  toastLine.classList.add("is-shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => toastLine.classList.remove("is-shown"), 1800);
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // an intranet page without TLS has no navigator.clipboard
    return copyByTextarea(text);
  }
}

function copyByTextarea(text) {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  area.readOnly = true;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus({ preventScroll: true });
  return done;
}
