// Dispatch: puts the page together: what is pointed at, picked, typed, and how fresh it all is.

import "./city-map.js";
import "./route-timeline.js";
import "./case-list.js";
import "./day-figures.js";
import * as actions from "./actions.js";
import { h, shape } from "./dom.js";
import { capital, dayName, MARKS, minutes, span, VEHICLE_STATES, words } from "./format.js";
import { follow } from "./live.js";
import { slackWords } from "./route-timeline.js";
import { store } from "./store.js";
import { forgetColours } from "./colours.js";

const at = (id) => document.getElementById(id);
const map = at("map");
const timeline = at("timeline");
const cases = at("cases");

// The head of the page -----------------------------------------------------------------------------
function head() {
  const board = store.board;
  if (!board) return;
  at("market").textContent = board.name;
  at("day").textContent = dayName(board.day);
  at("clock").textContent = store.clock(board.at);
  const urgent = board.cases.length;
  document.title = `${urgent ? `(${urgent}) ` : ""}Dispatch · ${board.name}`;
  at("count").textContent = urgent || "";
  daily(board);
}

function freshness() {
  const silent = store.heardAt ? (performance.now() - store.heardAt) / 1000 : 0;
  const age = silent > 5 ? ` · data ${silent < 90 ? `${Math.round(silent)} s` : minutes(silent)} old` : "";
  const said = {
    loading: ["ring", "muted", "Connecting …"],
    live: ["dot", "good", "Live"],
    stale: ["risk", "warn", `Reconnecting${age}`],
    error: ["cross", "bad", "No connection"],
  }[store.state];
  const [icon, tone, text] = said;
  const live = at("live");
  if (live.dataset.said === text) return;
  live.dataset.said = text;
  live.dataset.state = store.state;
  live.className = `state ${tone}`;
  live.replaceChildren(shape(icon), text);
}

function daily(board) {
  const f = board.figures;
  const rows = [
    ["Due today", f.due], ["On the road", f.on_road],
    ["Delivered", f.delivered], ["Waiting at a hub", f.waiting],
    ["Failed", f.failed], ["Moved on", f.moved],
    ["Unproven", f.unproven], ["Declined at order", f.declined],
    ["Promises kept", f.promises_kept], ["Shoppers to tell", f.cases_untold],
  ];
  at("carriers").replaceChildren(...board.carriers.flatMap(carrierLine));
  at("figures").replaceChildren(...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]));
}

/** A carrier beside the fleet: what it has of the day and how far that is; a number of trouble has its word. */
function carrierLine(one) {
  const open = one.has - one.delivered - one.failed;
  const said = one.has ? [`${one.delivered} of ${one.has} delivered`, open > 0 && `${open} with it`].filter(Boolean).join(" · ") : "nothing today";
  const trouble = [
    one.paused_until && ["bad", "cross", `left alone until ${store.clock(one.paused_until)}`],
    one.failed && ["bad", "cross", `${one.failed} failed`],
    one.at_risk && ["warn", "risk", `${one.at_risk} at risk`],
  ].filter(Boolean);
  return [h("dt", {}, one.name), h("dd", {}, said, trouble.map(([tone, icon, text]) => h("span", { class: `state ${tone}` }, shape(icon), text)))];
}

// What the map and the timeline point at -----------------------------------------------------------
function tip({ detail }) {
  const el = at("tip");
  const what = detail.what;
  map.style.cursor = what ? "pointer" : "";
  store.hover(what ? (what.van?.route ?? what.route.id) : null);
  el.hidden = !what;
  if (!what) return;
  el.replaceChildren(...(what.van ? vanWords(what.van) : stopWords(what.route, what.stop)));
  const [x, y] = detail.at;
  const left = x + 300 > map.clientWidth ? x - el.offsetWidth - 14 : x + 14;
  const top = Math.min(map.clientHeight - el.offsetHeight - 8, y + 14);
  el.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

function vanWords(van) {
  const route = store.route(van.route);
  return [
    h("div", { class: "strong" }, `${van.id} · ${route?.driver_name ?? van.driver}`),
    h("div", {}, VEHICLE_STATES[van.state] ?? words(van.state), route ? `, ${route.done} of ${route.stops.length} stops` : ""),
    route && h("div", { class: "muted" }, slackWords(route).text),
  ].filter(Boolean);
}

function stopWords(route, stop) {
  return [
    h("div", { class: "strong" }, `${MARKS[stop.mark]} · ${stop.label}`),
    h("div", {}, `promised ${span(stop.window_start, stop.window_end, store.zone)}`),
    h("div", { class: "muted" }, stop.done_at ? `${stop.mark === "failed" ? words(stop.reason) : "handed over"} at ${store.clock(stop.done_at)}` : stop.expected_at ? `expected ${store.clock(stop.expected_at)}` : "on no plan", ` · ${route.vehicle}`),
  ];
}

function pick({ detail }) {
  const what = detail.what;
  if (!what) {
    at("card").hidden = true;
    if (!store.seen.case) store.select({ route: null });
    return;
  }
  if (what.van) {
    at("card").hidden = true;
    store.select({ route: what.van.route });
    return;
  }
  const { route, stop } = what;
  store.select({ route: route.id, stop: stop.done_at ? null : stop.delivery });
  const late = stop.late_s > 0 ? h("span", { class: "bad" }, ` ${minutes(stop.late_s)} late`) : "";
  const found = stop.case ? store.board.cases.find((one) => one.id === stop.case) : null;
  const rows = [
    ["Promised", span(stop.window_start, stop.window_end, store.zone)],
    stop.planned_at && ["First plan", store.clock(stop.planned_at)],
    stop.done_at ? [stop.mark === "failed" ? "Tried" : "Handed over", h("span", {}, store.clock(stop.done_at), late)] : ["Expected", h("span", {}, store.clock(stop.expected_at), late)],
    ["Van", `${route.vehicle} · ${route.driver_name}`],
    stop.reason && ["Reason", capital(words(stop.reason))],
    found && ["Owner", `${capital(words(found.owner))}: ${found.next_step}`],
  ].filter(Boolean);
  const tone = { at_risk: "warn", unproven: "warn", failed: "bad", delivered: "good" }[stop.mark] ?? "";
  const icon = { at_risk: "risk", unproven: "diamond", failed: "cross", delivered: "tick" }[stop.mark] ?? "ring";
  const card = at("card");
  card.hidden = false;
  card.replaceChildren(
    h("div", { class: "strong" }, stop.label, " ", h("span", { class: `tag ${tone}` }, shape(icon), MARKS[stop.mark])),
    h("dl", {}, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("div", {}, h("a", { href: `/orders/${stop.order}` }, "Order page"), stop.case ? [" · ", h("a", { href: `/cases/${stop.case}` }, "Case page")] : ""),
    !stop.done_at && h("div", { class: "acts" },
      [["Move", "M", actions.move], ["Hold", "H", actions.hold], ["Pin", "P", actions.pin], ["Message", "S", actions.tell]]
        .map(([name, letter, act]) => h("button", { onclick: () => act() }, name, " ", h("kbd", {}, letter)))),
    h("button", { class: "quiet close", "aria-label": "Close", onclick: () => (card.hidden = true) }, "×"),
  );
}

// The list twin of the map -------------------------------------------------------------------------
function twin() {
  const list = store.seen.view === "list";
  at("twin").hidden = !list;
  at("as-list").setAttribute("aria-pressed", String(list));
  if (!list || !store.board) return;
  const head = ["Van", "Driver", "State", "Stops", "Next promise", "Room", "At risk"];
  const rows = store.board.vehicles.map((van) => {
    const route = store.route(van.route);
    const next = route?.stops.find((stop) => !stop.done_at && stop.kind === "delivery");
    return [van.id, route?.driver_name ?? van.driver, VEHICLE_STATES[van.state] ?? van.state, route ? `${route.done} of ${route.stops.length}` : "–",
      next ? `${next.label}, ${span(next.window_start, next.window_end, store.zone)}` : "–", route ? slackWords(route).text : "–", String(route?.at_risk ?? 0)];
  });
  at("twin").replaceChildren(h("table", {},
    h("caption", { class: "visually-hidden" }, "Vans of the day"),
    h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))));
}

function tab() {
  const name = store.seen.tab ?? "cases";
  at("panes").dataset.tab = name;
  for (const button of document.querySelectorAll(".tabs button")) {
    button.setAttribute("aria-selected", String(button.dataset.tab === name));
  }
}

// Keys ---------------------------------------------------------------------------------------------
const keys = {
  j: () => cases.step(1),
  k: () => cases.step(-1),
  ArrowDown: () => cases.step(1),
  ArrowUp: () => cases.step(-1),
  Enter: () => cases.open(),
  f: () => map.fit(),
  t: () => timeline.toNow(),
  m: () => actions.move(),
  a: () => actions.best(),
  h: () => actions.hold(),
  p: () => actions.pin(),
  s: () => actions.tell(),
  z: () => actions.undo(),
  l: () => store.select({ view: store.seen.view === "list" ? null : "list" }),
  "?": () => at("help").showModal(),
  Escape: () => {
    at("card").hidden = true;
    store.select({ route: null, stop: null, case: null });
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || at("help").open || actions.isOpen()) return;
  if (event.target.closest("input, textarea, select")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "Enter" && event.target.closest("a, button")) return;
  if (!keys[key]) return;
  event.preventDefault();
  keys[key]();
});

// Wiring -------------------------------------------------------------------------------------------
map.addEventListener("point", tip);
map.addEventListener("pick", pick);
timeline.addEventListener("pick", pick);
map.addEventListener("credit", ({ detail }) => {
  at("credit").textContent = detail.startsWith("©") ? detail : "© OpenStreetMap contributors (ODbL)";
});
map.addEventListener("failed", () => (at("map-failed").hidden = false));
at("zoom-in").addEventListener("click", () => map.zoom(1.5));
at("zoom-out").addEventListener("click", () => map.zoom(1 / 1.5));
at("fit").addEventListener("click", () => map.fit());
at("as-list").addEventListener("click", keys.l);
at("open-help").addEventListener("click", keys["?"]);
at("close-help").addEventListener("click", () => at("help").close());
for (const button of document.querySelectorAll(".tabs button")) {
  button.addEventListener("click", () => store.select({ tab: button.dataset.tab }));
}
at("theme").addEventListener("click", () => {
  const dark = !store.dark;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  localStorage.setItem("theme", dark ? "dark" : "light");
  forgetColours();
  document.dispatchEvent(new Event("themechange"));
});
for (const what of ["board", "vehicles"]) {
  store.addEventListener(what, () => {
    head();
    twin();
    document.body.dataset.heard = String(Number(document.body.dataset.heard ?? 0) + 1);
  });
}
store.addEventListener("select", () => {
  twin();
  tab();
});
store.addEventListener("state", freshness);
setInterval(freshness, 1000);
tab();
freshness();
follow();
