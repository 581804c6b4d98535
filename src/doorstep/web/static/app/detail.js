// Detail: the page of an order, a case or a route. When the stream names what it is about, it reads itself again and
// takes what changed; what the reader has scrolled, focused or opened stays.

import { shape } from "./dom.js";
import { clock, minutes } from "./format.js";
import { Line } from "./line.js";
import { morph } from "./morph.js";

const AGAIN_MS = 1_000; // between two reads, however much is told
const PASSING_MS = 5_000; // between two reads that only the passing time asks for
const STALE_MS = 15_000;
const LOOK_MS = 500;

const content = document.getElementById("content");
const live = document.getElementById("live");
const line = new Line();
const zone = content.dataset.zone;

let marketAt = null; // the market's time as last told
let shownMinute = null; // the minute that the page was last read in
let wanted = false;
let reading = false;
let lost = false;
let readAt = performance.now();

line.addEventListener("told", ({ detail: { kind, data } }) => {
  lost = false;
  if (data.at) marketAt = data.at;
  shownMinute ??= minuteOf(marketAt);
  // A whole board comes first, and after a gap: nobody says what happened in between.
  if (kind === "board" ? data.position > Number(content.dataset.position) : concerns(data)) wanted = true;
  document.body.dataset.heard = kind;
  freshness();
});
line.addEventListener("lost", () => {
  lost = true;
  freshness();
});

const minuteOf = (iso) => iso?.slice(0, 16) ?? null;

/** Whether a message is about this page: by name, or because a plan that it shows has moved. */
function concerns({ all, ids = [], routes = [] }) {
  const about = new Set(content.dataset.about.split(" "));
  if (all || ids.some((id) => about.has(id))) return true;
  return routes.some((route) => about.has(route.id) || route.stops.some((stop) => !stop.done_at && about.has(stop.order)));
}

async function read() {
  [wanted, reading, readAt] = [false, true, performance.now()];
  const minute = minuteOf(marketAt);
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-cache" });
    if (!answer.ok) throw new Error(`the page answered ${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = fresh.title;
    morph(content, fresh.getElementById("content"));
    shownMinute = minute;
    content.dataset.read = String(Number(content.dataset.read ?? 0) + 1);
  } catch {
    [wanted, lost] = [true, true];
  }
  reading = false;
}

function look() {
  freshness();
  if (document.hidden || reading) return;
  const since = performance.now() - readAt;
  const passing = minuteOf(marketAt) !== shownMinute && since > PASSING_MS;
  const alone = (lost || line.silentMs > STALE_MS) && since > PASSING_MS;
  if (alone && line.leads && line.silentMs > STALE_MS) line.connect();
  if ((wanted && since > AGAIN_MS) || passing || alone) read();
}

function freshness() {
  const silent = line.silentMs;
  const stale = lost || silent > STALE_MS;
  if (!line.heardAt && !lost) return;
  const age = silent < 90_000 ? `${Math.round(silent / 1000)} s` : minutes(silent / 1000);
  const text = stale ? (line.heardAt ? `Reconnecting · data ${age} old` : "No connection") : "Live";
  document.getElementById("clock").textContent = marketAt ? clock(marketAt, zone) : "";
  if (live.dataset.said === text) return;
  Object.assign(live.dataset, { said: text, state: stale ? "stale" : "live" });
  live.className = `state ${stale ? "warn" : "good"}`;
  live.replaceChildren(shape(stale ? "risk" : "dot"), text);
}

line.open();
setInterval(look, LOOK_MS);
