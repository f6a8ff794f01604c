// The id follows the title until somebody writes one.

const form = document.querySelector("#new");
const title = form.querySelector("#title");
const slug = form.querySelector("#slug");
let own = slug.value !== "";
let timer = 0;
let latest = 0;

slug.addEventListener("input", () => {
  own = slug.value !== "";
});
title.addEventListener("input", (event) => {
  if (own || event.isComposing) return;
  clearTimeout(timer);
  timer = setTimeout(suggest, 250);
});
title.addEventListener("compositionend", suggest);

async function suggest() {
  if (own) return;
  const number = ++latest;
  const answer = await fetch(`${form.dataset.slug}?${new URLSearchParams({ title: title.value })}`).catch(() => null);
  if (!answer?.ok) return;
  const found = await answer.json();
  if (number === latest && !own) slug.value = found.slug;
}
