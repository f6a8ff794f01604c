// What is put on cards beside their own words. It is there before a new card is painted, so that nothing jumps.

const results = document.querySelector("#results");
const dressers = [];

const cards = (root) => (root.matches?.(".card") ? [root] : [...(root.querySelectorAll?.(".card") ?? [])]);

/** Call `does` with every card on the page, and with each that comes. */
export function dressing(does) {
  dressers.push(does);
  for (const card of cards(results)) does(card);
}

/** Dress every card again, after what is known has changed. */
export function dressAll() {
  for (const card of cards(results)) for (const does of dressers) does(card);
}

new MutationObserver((changes) => {
  for (const { addedNodes } of changes)
    for (const node of addedNodes) for (const card of cards(node)) for (const does of dressers) does(card);
}).observe(results, { childList: true, subtree: true });
