// Copies a link or key that is shown once.

const secret = document.querySelector("#secret");
const button = document.querySelector("#copy");
button.hidden = !navigator.clipboard;
button.addEventListener("click", async () => {
  secret.select();
  await navigator.clipboard.writeText(secret.value);
  button.textContent = "已复制";
});
