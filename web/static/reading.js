// What this person read last, and the articles kept at hand: with the service for who is signed in, else in this browser.

import { stored } from "./stored.js";

const LOOK_EVERY = 1000;
// a card that is open for so long is read
const READ_AFTER = 3000;
const MOST_KEPT = 300;
const MOST_FAVOURITES = 50;

const place = document.querySelector("#call").dataset;
const results = document.querySelector("#results");

/** Id and version of a card's key. */
export function parts(key) {
  const at = key.lastIndexOf("@");
  return { id: key.slice(0, at), version: Number(key.slice(at + 1)) };
}

const now = () => Math.floor(Date.now() / 1000);

// article → [version, seconds since 1970]; favourites in the order in which they were added
let read = new Map();
let favourites = [];

const ofTheService = {
  csrf: "",
  async load() {
    const { data } = await (await fetch(place.reading)).json();
    this.csrf = data.csrf;
    return data;
  },
  async post(address, fields) {
    try {
      const response = await fetch(address, { method: "POST", headers: { "X-CSRFToken": this.csrf }, body: new URLSearchParams(fields), keepalive: true });
      if (response.status === 401) return { problem: "登录已过期，请重新登录" };
      const { data, error } = await response.json();
      return error ? { problem: error.message } : data;
    } catch {
      return { problem: "连不上服务，没有记下" };
    }
  },
  // what is lost is noted with the next reading
  note(key) {
    this.post(place.reading, { article: key });
  },
  favour(id, kept) {
    return this.post(place.favourites, { article: id, kept: kept ? "yes" : "no" });
  },
};

const inThisBrowser = {
  readings: stored("localStorage", "kb-read", () => ({})),
  kept: stored("localStorage", "kb-favourites", () => []),
  async load() {
    return { read: this.readings.read(), favourites: this.kept.read() };
  },
  note() {
    const newest = [...read].sort(([, a], [, b]) => b[1] - a[1]).slice(0, MOST_KEPT);
    this.readings.write(Object.fromEntries(newest));
  },
  async favour(id, kept) {
    const others = this.kept.read().filter((other) => other !== id);
    if (kept && others.length >= MOST_FAVOURITES) return { problem: `最多收藏 ${MOST_FAVOURITES} 篇，请先取消几篇不用的。` };
    this.kept.write(kept ? [...others, id] : others);
    return { favourites: this.kept.read() };
  },
};

const store = "signedIn" in place ? ofTheService : inThisBrowser;

/** Look again at what is kept; other tabs read too. Resolves to whether that was possible. */
export async function load() {
  try {
    const found = await store.load();
    read = new Map(Object.entries(found.read));
    favourites = found.favourites;
    return true;
  } catch {
    return false;
  }
}

/** Resolves when what was kept is known. */
export const ready = load();

/** `version` and `at` (a Date) of the last reading of an article, undefined if there was none. */
export function lastRead(id) {
  const found = read.get(id);
  return found && { version: found[0], at: new Date(found[1] * 1000) };
}

/** Articles that were read, the latest first. */
export const recent = () => [...read].sort(([, a], [, b]) => b[1] - a[1]).map(([id]) => id);
export const favourite = () => [...favourites];
export const isFavourite = (id) => favourites.includes(id);

/** Keep an article at hand or no longer; what went wrong, or nothing. */
export async function setFavourite(id, kept) {
  const answer = await store.favour(id, kept);
  if (answer.problem) return answer.problem;
  favourites = answer.favourites;
  return "";
}

function note(key) {
  if ("asOf" in place) return;
  const { id, version } = parts(key);
  read.set(id, [version, now()]);
  store.note(key);
}

let looked = { key: "", since: 0, told: false };

/** Tell that a card was read, once it was open for long enough; a page behind others is not looked at. */
function look() {
  const card = document.visibilityState === "visible" ? results.querySelector(".card.is-open") : null;
  const key = card?.dataset.key ?? "";
  if (key !== looked.key) looked = { key, since: Date.now(), told: false };
  if (!key || looked.told || Date.now() - looked.since < READ_AFTER) return;
  looked.told = true;
  note(key);
  const title = card.querySelector(".title").textContent.trim();
  card.dispatchEvent(new CustomEvent("kb:did", { bubbles: true, detail: { did: "read", key, title } }));
}

if (results) {
  setInterval(look, LOOK_EVERY);
  document.addEventListener("kb:did", ({ detail }) => {
    if (detail.did === "copy") note(detail.key);
  });
}
