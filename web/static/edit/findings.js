// The checks of a draft take a second: they are asked for in place, without leaving the page.

const panel = document.querySelector("#findings");

panel?.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-does=findings]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const waiting = document.createElement("p");
  waiting.className = "soft";
  waiting.textContent = "正在检查……";
  link.parentElement.replaceWith(waiting);
  const answer = await fetch(panel.dataset.url).catch(() => null);
  if (!answer?.ok) {
    waiting.textContent = "没有检查成，请刷新这一页再试。";
    return;
  }
  const made = document.createElement("template");
  made.innerHTML = await answer.text();
  waiting.replaceWith(made.content);
});
