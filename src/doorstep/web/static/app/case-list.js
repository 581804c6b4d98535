// <case-list>: what needs someone, by the time to its breach. One root cause with many orders is one row.

import { h, shape } from "./dom.js";
import { capital, count, minutes, readable, words } from "./format.js";
import { store } from "./store.js";

const ROLES = new Set(["dispatcher", "support", "hub_lead", "operations_lead", "operations lead", "network_owner"]);
const GROUP_FROM = 3;
const THREATENS = new Set(["predicted_miss", "no_capacity", "breakdown", "shortage"]); // a promise that can still break

class CaseList extends HTMLElement {
  connectedCallback() {
    this.opened = new Set();
    store.addEventListener("board", () => this.draw());
    store.addEventListener("select", () => this.mark());
    store.addEventListener("state", () => this.draw());
    this.draw();
  }

  draw() {
    if (!store.board) {
      const failed = store.state === "error";
      this.replaceChildren(note(failed ? "The board cannot be read" : "Loading the day …", failed ? "It is asked for again every few seconds." : ""));
      return;
    }
    const groups = grouped(store.board.cases);
    this.rows = [];
    const parts = [];
    for (const group of groups) {
      if (group.length === 1) parts.push(this.row(group[0]));
      else {
        parts.push(this.group(group));
        if (this.opened.has(keyOf(group))) for (const one of group) parts.push(this.row(one, true));
      }
    }
    if (!parts.length) {
      const f = store.board.figures;
      parts.push(note("Nothing needs you", f.due ? `${count(f.waiting + f.on_road, "delivery", "deliveries")} ahead, all on plan.` : "No delivery is due today."));
    }
    const top = this.scrollTop;
    this.replaceChildren(...parts);
    this.scrollTop = top;
    this.mark();
  }

  row(one, inside = false) {
    const el = h("a", { class: `case${inside ? " in" : ""}`, href: `/cases/${one.id}`, "data-id": one.id, tabindex: "-1" }, ...lines([one], title(one), named(one.happened)));
    el.addEventListener("pointerenter", () => store.hover(routeOf(one)));
    el.addEventListener("pointerleave", () => store.hover(null));
    this.rows.push(el);
    return el;
  }

  group(group) {
    const [first] = group;
    const key = keyOf(group);
    const open = this.opened.has(key);
    const heading = first.incident ? headingOf(first.incident) : `${capital(words(first.kind))} · ${count(group.length, "order")}`;
    const el = h("a", { class: "case", href: "#", role: "button", "aria-expanded": String(open), "data-id": `group-${key}`, tabindex: "-1" },
      ...lines(group, [heading], `${named(first.happened)}: ${named(first.why)}`));
    el.addEventListener("click", (event) => {
      event.preventDefault();
      if (open) this.opened.delete(key);
      else this.opened.add(key);
      store.select({ case: `group-${key}` });
      this.draw();
    });
    this.rows.push(el);
    return el;
  }

  mark() {
    for (const row of this.rows ?? []) {
      const mine = row.dataset.id === store.seen.case;
      row.classList.toggle("selected", mine);
      row.tabIndex = mine ? 0 : -1;
      if (mine) row.scrollIntoView({ block: "nearest" });
    }
    if (this.rows?.length && !this.rows.some((row) => row.tabIndex === 0)) this.rows[0].tabIndex = 0;
  }

  /** Select the next or the one before. */
  step(by) {
    if (!this.rows?.length) return;
    const at = this.rows.findIndex((row) => row.dataset.id === store.seen.case);
    const next = this.rows[Math.min(this.rows.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : this.rows.length - 1) : at + by))];
    const one = store.board.cases.find((found) => found.id === next.dataset.id);
    store.select({ case: next.dataset.id, ...(one && routeOf(one) ? { route: routeOf(one) } : {}) });
  }

  /** Open the selected one: a case's page, or a group's cases. */
  open() {
    this.rows?.find((row) => row.dataset.id === store.seen.case)?.click();
  }
}

function routeOf(one) {
  if (one.route) return one.route;
  return store.board.routes.find((route) => route.stops.some((stop) => stop.delivery === one.delivery))?.id ?? null;
}

/** What counts now: the breach while it is ahead and nearer, else the time by which the next step is due. */
function clockOf(one, now) {
  const due = { at: Date.parse(one.due_at), what: "due" };
  const breach = one.breach_at ? Date.parse(one.breach_at) : Infinity;
  return breach >= now && breach < due.at ? { at: breach, what: "breaks" } : due;
}

/** What a group is known by as its cases come and go. */
const keyOf = ([first]) => first.incident?.id ?? first.id;

/** An incident's root cause in words: the van or the carrier, and how many orders it touches. */
function headingOf(incident) {
  const route = incident.cause === "route" ? store.route(incident.about) : null;
  const about = route ? `${route.vehicle} is out` : incident.cause === "route" ? "A van is out" : carrierName(incident.about) ?? capital(words(incident.about));
  return `Incident: ${about} · ${count(incident.orders, "order")}`;
}

const carrierName = (id) => store.board.carriers.find((one) => one.id === id)?.name;

/** A sentence that begins with a carrier's id, with its name there instead. */
function named(text) {
  const [first] = text.split(" ", 1);
  return (carrierName(first) ?? first) + text.slice(first.length);
}

const soonest = (group, now) => group.map((one) => clockOf(one, now)).reduce((a, b) => (b.at < a.at ? b : a));

function grouped(cases) {
  const groups = new Map();
  for (const one of cases) {
    const key = one.incident?.id ?? `${one.kind}|${one.why}|${one.opened_at.slice(0, 16)}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()]
    .flatMap((group) => (group.length >= GROUP_FROM || group[0].incident ? [group] : group.map((one) => [one])))
    .toSorted((a, b) => soonest(a, store.now).at - soonest(b, store.now).at);
}

function title(one) {
  const label = one.label || store.route(one.route)?.vehicle || "";
  return [capital(words(one.kind)), label && h("span", { class: "label" }, ` ${label}`)];
}

function lines(group, heading, what) {
  const now = store.now;
  const { at, what: clock } = soonest(group, now);
  const over = at < now;
  const soon = at - now < 15 * 60_000;
  const tone = over ? "bad" : soon ? "warn" : "";
  const incident = group.length > 1 ? group[0].incident : null;
  const owners = incident ? [incident.owner] : [...new Set(group.map((one) => one.owner))];
  const told = group.filter((one) => one.told).length;
  const level = incident ? incident.level : Math.max(...group.map((one) => one.level));
  const orders = group.some((one) => one.order);
  return [
    over ? shape("cross", "bad") : soon || group.some((one) => THREATENS.has(one.kind)) ? shape("risk", "warn") : shape("ring", "muted"),
    h("div", { class: "kind ellipsis" }, heading),
    h("div", { class: `left-time ${tone}` }, over ? `${minutes((now - at) / 1000)} overdue` : `${clock} in ${minutes((at - now) / 1000)}`),
    h("div", { class: "what ellipsis", title: readable(what) }, capital(readable(what))),
    h("div", { class: "does" },
      owners.slice(0, 2).map((owner) => h("span", { class: `owner${ROLES.has(owner) ? " role" : ""}`, title: ROLES.has(owner) ? "A role: nobody by name has taken it" : "" }, capital(words(owner)))),
      owners.length > 2 && h("span", {}, `+${owners.length - 2}`),
      level > 0 && h("span", { class: "warn", title: "times it went up" }, `\u2191${level}`),
      h("span", { class: "ellipsis" }, (incident ?? group[0]).next_step),
      orders && h("span", { class: `told${told === group.length ? "" : " strong"}` }, told === group.length ? "told" : group.length > 1 ? `${told}/${group.length} told` : "not told"),
    ),
  ];
}

function note(head, text) {
  return h("div", { class: "empty" }, h("span", { class: "strong" }, head), text);
}

customElements.define("case-list", CaseList);
