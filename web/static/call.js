// A call from begin to end. It belongs to this tab and survives reloading and reading an article.

import { forgetVerified } from "./cards.js";
import { toast } from "./copy.js";
import { bind } from "./keymap.js";
import { stored } from "./stored.js";

const UNDO_FOR = 10_000;
// what the service takes of a trail
const MOST_ENTRIES = 90;
const LETTERS = "abcdefghjkmnpqrstuvwxyz";

const place = document.querySelector("#call").dataset;
const bar = document.querySelector("#call-bar");
const ended = document.querySelector("#call-ended");
const field = document.querySelector("#call-id");
const kept = stored("sessionStorage", "kb-call", () => ({ now: null, last: null }));

let calls = kept.read();
let ticking = 0;
let undoTimer = 0;

/** The call that goes on, null if none does: `id`, `began`, `ended`, `entries` of its trail. */
export const running = () => calls.now;
/** The call before. */
export const lastCall = () => calls.last;

function keep(next) {
  calls = next;
  kept.write(calls);
  show();
}

// letters only: no such id looks like a number of the customer
const madeUp = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => LETTERS[n % LETTERS.length]).join("");

/** Begin a call; one that goes on is over with that. `id`: what the CRM calls it. */
export function begin(id = madeUp()) {
  if (calls.now?.id === id) return;
  hideEnded();
  forgetVerified();
  keep({ now: { id, began: Date.now(), ended: null, entries: [] }, last: calls.now ? over(calls.now) : calls.last });
  toast("通话开始");
}

const over = (call) => ({ ...call, ended: Date.now() });

/** End the call; for ten seconds that can be taken back. */
export function end() {
  if (!calls.now) return;
  const call = over(calls.now);
  forgetVerified();
  keep({ now: null, last: call });
  sayEnded(`通话结束，${lasted(call)}。${waitingNotices()}`);
}

const canUndo = () => undoTimer !== 0;

function undoEnd() {
  if (!canUndo()) return;
  hideEnded();
  keep({ now: { ...calls.last, ended: null }, last: null });
  toast("通话接着计时。身份请重新核、重新勾");
}

/** Change the trail of the call that goes on: `change` gets its entries and returns them as they are to be. */
export function amend(change) {
  if (!calls.now) return;
  keep({ ...calls, now: { ...calls.now, entries: change(calls.now.entries).slice(-MOST_ENTRIES) } });
}

/** How long a call lasted, or has lasted until now. */
export function lasted(call) {
  const seconds = Math.max(0, Math.floor(((call.ended ?? Date.now()) - call.began) / 1000));
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${minutes} 分 ${seconds % 60} 秒` : `${seconds} 秒`;
}

function waitingNotices() {
  const link = document.querySelector('#waiting [data-count="notices"]:not([hidden])');
  return link ? `有 ${link.querySelector("b").textContent} 条必读，空了看。` : "";
}

function sayEnded(text) {
  ended.firstElementChild.textContent = text;
  ended.querySelector("button").hidden = false;
  ended.classList.add("is-shown");
  clearTimeout(undoTimer);
  undoTimer = setTimeout(hideEnded, UNDO_FOR);
}

function hideEnded() {
  clearTimeout(undoTimer);
  undoTimer = 0;
  ended.classList.remove("is-shown");
  ended.querySelector("button").hidden = true;
}

function clock(call) {
  const seconds = Math.max(0, Math.floor((Date.now() - call.began) / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((n) => String(n).padStart(2, "0"));
  return seconds < 3600 ? parts.join(":") : [Math.floor(seconds / 3600), ...parts].join(":");
}

function show() {
  const call = running();
  document.documentElement.classList.toggle("no-call", !call);
  document.documentElement.classList.toggle("in-call", Boolean(call));
  if (field) Object.assign(field, { disabled: !call, value: call?.id ?? "" });
  bar.title = call ? "通话小结和经过（w），结束通话（b）" : "开始通话（b）";
  showTime();
  clearInterval(ticking);
  ticking = call ? setInterval(showTime, 1000) : 0;
}

function showTime() {
  bar.querySelector(".call-time").textContent = running() ? clock(running()) : "";
}

/** The CRM begins a call by the address; reloading must not begin it again. */
function fromAddress() {
  if (place.begin) begin(place.begin);
  const address = new URL(location.href);
  if (!address.searchParams.has("call")) return;
  address.searchParams.delete("call");
  history.replaceState(history.state, "", address);
}

bind("b", () => (running() ? end() : begin()), { line: true });
bind("z", undoEnd, { line: true, when: canUndo });
ended.querySelector("button").addEventListener("click", undoEnd);
// a page that comes back from behind has not seen what happened meanwhile
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  calls = kept.read();
  show();
});
show();
fromAddress();
