// Store: the board as last told, and what is selected; everything on the page draws from here.

import { clock } from "./format.js";

const SEEN = ["route", "stop", "case", "view", "tab"];

class Store extends EventTarget {
  constructor() {
    super();
    this.board = null;
    this.state = "loading"; // loading, live, stale, error
    this.heardAt = 0;
    this.hovered = null;
    const query = new URLSearchParams(location.search);
    this.seen = Object.fromEntries(SEEN.map((name) => [name, query.get(name)]));
    this.position = { lat: null, lon: null };
  }

  /** The market's own time as it was last told, milliseconds. */
  get now() {
    return this.board ? Date.parse(this.board.at) : Date.now();
  }

  get zone() {
    return this.board?.zone ?? "UTC";
  }

  clock(iso) {
    return clock(iso, this.zone);
  }

  whole(board) {
    this.board = board;
    this.told("board");
  }

  changes(news) {
    if (!this.board) return;
    const { routes, order, vehicles, ...rest } = news;
    Object.assign(this.board, rest);
    if (routes) {
      const known = new Map(this.board.routes.map((route) => [route.id, route]));
      for (const route of routes) known.set(route.id, route);
      const ids = order ?? this.board.routes.map((route) => route.id);
      this.board.routes = ids.map((id) => known.get(id)).filter(Boolean);
    }
    if (vehicles) this.board.vehicles = vehicles;
    this.told(routes || order ? "board" : vehicles ? "vehicles" : "board", new Set(routes?.map((route) => route.id)));
  }

  told(what, routes) {
    this.heardAt = performance.now();
    this.become("live");
    this.dispatchEvent(new CustomEvent(what, { detail: { routes } }));
  }

  /** Say how fresh the data are. */
  become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  /** Select something, or nothing; the URL remembers it. */
  select(changes) {
    Object.assign(this.seen, changes);
    const url = new URL(location.href);
    for (const name of SEEN) {
      if (this.seen[name]) url.searchParams.set(name, this.seen[name]);
      else url.searchParams.delete(name);
    }
    history.replaceState(null, "", url);
    this.dispatchEvent(new Event("select"));
  }

  /** Point at a route, or at none. */
  hover(route) {
    if (this.hovered === route) return;
    this.hovered = route;
    this.dispatchEvent(new Event("hover"));
  }

  route(id) {
    return this.board?.routes.find((route) => route.id === id) ?? null;
  }

  /** The route that stands out: the one under the pointer, else the selected one. */
  get focus() {
    return this.hovered ?? this.seen.route;
  }

  /** A route's colour: low in chroma, never a status, the same as long as the day lasts. */
  colour(route) {
    const index = Math.max(0, this.board.routes.findIndex((one) => one.id === route));
    const hue = Math.round((index * 137.5 + 200) % 360);
    return this.dark ? `oklch(0.72 0.075 ${hue})` : `oklch(0.52 0.085 ${hue})`;
  }

  get dark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
}

export const store = new Store();

/** The seconds by which a route's tightest promise ahead is met; negative where one is missed, null without any. */
export function slack(route) {
  let tightest = null;
  for (const stop of route.stops) {
    if (stop.done_at || !stop.expected_at || !stop.window_end) continue;
    const left = (Date.parse(stop.window_end) - Date.parse(stop.expected_at)) / 1000;
    if (tightest === null || left < tightest) tightest = left;
  }
  return tightest;
}
