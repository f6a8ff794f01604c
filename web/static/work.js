// What every page behind the sign-in has: a form is sent once; a dangerous one asks first.

document.addEventListener("submit", (event) => {
  const form = event.target;
  const asks = (event.submitter?.dataset.asks ?? form.dataset.asks) || "";
  if (form.dataset.sent || (asks && !confirm(asks))) {
    event.preventDefault();
    return;
  }
  // a dialog's form is closed, not sent; a search may be sent again
  if (event.defaultPrevented || form.method !== "post") return;
  form.dataset.sent = "yes";
  setTimeout(() => {
    for (const button of form.querySelectorAll("button")) button.disabled = true;
  });
});
// the page may come back from the browser's memory
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  }
});
document.querySelector(".work-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
