// Day: the driver's route as last told, and which step of it is next.

import { read } from "./api.js";
import { marketClock } from "./clock.js";

const BREAK_SOON_S = 600; // a break is offered this long before it is due
const EARTH_M = 6_371_000;
const STREETS = 1.3; // how much longer streets are than the bee's line, for a first guess of the kilometres

const HANDED = new Set(["delivered", "collected", "partially_delivered"]);

export class Day {
  route = null;
  chosen = null; // the stop that the driver took first, by its delivery
  onTheWay = null; // the stop whose map was opened
  atDoor = null; // a stop where the phone could not say its place
  arrived = new Map(); // market milliseconds by delivery

  /** Ask for today's route; a driver with two gets the one that is not over. */
  async refresh() {
    const { routes } = await read("/v1/driver/routes");
    this.route = routes.find((route) => route.state !== "debriefed") ?? routes.at(-1) ?? null;
    if (this.route) marketClock.told(this.route.now);
  }

  get stops() {
    return this.route?.stops ?? [];
  }

  get ahead() {
    return this.stops.filter((stop) => !stop.done);
  }

  /** The stops that may be taken next: those before the van is at the hub again. */
  get reachable() {
    const hub = this.ahead.findIndex((stop) => stop.kind === "hub");
    return hub < 0 ? this.ahead : this.ahead.slice(0, hub);
  }

  /** The stop that is worked on. */
  get current() {
    const at = this.reachable.find((stop) => stop.status === "arrived");
    return at ?? this.reachable.find((stop) => stop.delivery === this.chosen) ?? this.ahead[0] ?? null;
  }

  /** The one step that is next. */
  get step() {
    const { route, current } = this;
    if (!route) return "none";
    if (route.state !== "departed") {
      return { open: "wait", staged: "load", loaded: "depart", returned: "debrief", debriefed: "end", withdrawn: "debrief" }[route.state];
    }
    if (!current) return "home";
    if (current.kind === "hub") return this.onTheWay === "hub" ? "reload" : "to-hub";
    if (current.status === "arrived" || this.atDoor === current.delivery) return "door";
    return "way";
  }

  /** The break that should begin now, if it was not taken. */
  get breakDue() {
    const due = this.route?.break;
    if (!due || localStorage.getItem(this.#breakKey)) return null;
    const start = Date.parse(due.start);
    const now = marketClock.now();
    return now >= start - BREAK_SOON_S * 1000 && now < start + due.seconds * 1000 ? due : null;
  }

  takeBreak() {
    localStorage.setItem(this.#breakKey, marketClock.iso());
  }

  get #breakKey() {
    return `break ${this.route.route}`;
  }

  /** What was handed over and what failed, of the stops that are done. */
  get tally() {
    const done = this.stops.filter((stop) => stop.done && stop.kind !== "hub");
    const handed = done.filter((stop) => HANDED.has(stop.status)).length;
    return { handed, failed: done.length - handed, all: this.stops.filter((stop) => stop.kind !== "hub").length };
  }

  /** A guess of the metres driven, from stop to stop and home; the driver corrects it. */
  get guessedMetres() {
    const done = this.stops.filter((stop) => stop.done && stop.lat !== null);
    const ways = [...done, this.stops[0]].filter(Boolean);
    let metres = 0;
    for (let i = 1; i < ways.length; i += 1) metres += beeline(ways[i - 1], ways[i]);
    return Math.round((metres * STREETS) / 100) * 100;
  }
}

function beeline(a, b) {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  const y = (b.lat - a.lat) * rad;
  return EARTH_M * Math.hypot(x, y);
}
