// <route-timeline>: one row a route, a line for now. One tab stop: arrows walk the rows, Enter opens one.

import { step } from "./actions.js";
import { h } from "./dom.js";
import { minutes, words } from "./format.js";
import { slack, store } from "./store.js";
import { drawLanes, drawLine, scaleOf } from "./timeline-draw.js";

const CLOSE_S = 15 * 60;

class RouteTimeline extends HTMLElement {
  connectedCallback() {
    this.tabIndex = 0;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Routes of the day; arrow keys walk, Enter shows a route's stops, J and K pick one");
    this.drawn = new Map();
    this.axis = this.appendChild(h("div", { class: "axis", "aria-hidden": "true" }));
    this.lines = this.appendChild(h("div", { class: "lines", role: "list" }));
    this.nowline = h("div", { class: "nowline", role: "presentation" });
    store.addEventListener("board", (event) => this.draw(event.detail?.routes));
    store.addEventListener("vehicles", () => this.moveNow());
    store.addEventListener("select", () => this.draw(new Set([store.seen.route])));
    store.addEventListener("hover", () => this.mark());
    document.addEventListener("themechange", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this);
    this.addEventListener("keydown", (event) => this.key(event));
  }

  /** Draw the routes that changed, or all of them. */
  draw(changed) {
    if (!store.board) return;
    const routes = store.board.routes;
    const gutter = this.gutter();
    const width = Math.max(320, gutter.width);
    const scale = scaleOf(routes, width, store.now);
    const same = this.scale && this.scale.start === scale.start && this.scale.end === scale.end && this.scale.width === width;
    this.scale = scale;
    this.hours = wholeHours(scale);
    if (!same || !changed) this.drawn.clear();
    if (!routes.length) {
      this.lines.replaceChildren(h("div", { class: "empty" }, h("span", { class: "strong" }, "No route today"), "Routes appear when the day's shifts are on sale."));
      return;
    }
    const parts = [];
    for (const route of routes) {
      const open = store.seen.route === route.id;
      const known = this.drawn.get(route.id);
      if (known && known.open === open && !changed?.has(route.id)) parts.push(known.el);
      else {
        const el = this.row(route, open);
        this.drawn.set(route.id, { el, open });
        parts.push(el);
      }
    }
    this.lines.replaceChildren(...parts, this.nowline);
    this.drawAxis(gutter.left);
    this.moveNow();
    this.mark();
    if (!this.shown && this.clientWidth && this.scrollWidth > this.clientWidth) {
      // On a phone the day is wider than the screen: it opens at now.
      this.shown = true;
      this.scrollLeft = this.scale.x(store.now) - this.clientWidth / 2;
    }
  }

  gutter() {
    const narrow = matchMedia("(max-width: 760px)").matches;
    const left = narrow ? 148 : 256;
    return { left, width: narrow ? 560 : this.clientWidth - left };
  }

  row(route, open) {
    const colour = store.colour(route.id);
    const swatch = h("i", { class: "swatch" });
    swatch.style.background = colour;
    const left = slackWords(route);
    const el = h("div", { class: `line${open ? " selected" : ""}${route.returned_at ? " over" : ""}`, "data-id": route.id, role: "listitem" },
      h("div", { class: "who", role: "button", tabindex: "-1", "aria-expanded": String(open) }, swatch, h("span", { class: "van" }, route.vehicle),
        h("span", { class: "driver muted small ellipsis" }, route.driver_name),
        h("span", { class: `slack ${left.tone}`, title: left.title }, left.text)),
      drawLine(route, this.scale, colour, this.hours));
    if (open) el.append(this.lanes(route, colour));
    el.addEventListener("click", () => store.select({ route: open ? null : route.id }));
    el.addEventListener("pointerenter", () => store.hover(route.id));
    el.addEventListener("pointerleave", () => store.hover(null));
    return el;
  }

  lanes(route, colour) {
    const { svg, stops, lane } = drawLanes(route, this.scale, colour, this.hours, store.seen.stop);
    const box = h("div", { class: "lanes" },
      h("div", { class: "note" }, h("span", {}, `${route.done} of ${route.stops.length} stops`), h("span", {}, route.departed_at ? `left ${store.clock(route.departed_at)}` : `starts ${store.clock(route.start)}`),
        h("span", {}, `shift ends ${store.clock(route.end)}`), h("a", { href: `/routes/${route.id}` }, "Route page")),
      svg);
    box.addEventListener("click", (event) => {
      event.stopPropagation();
      if (event.target.closest("svg") !== svg) return;
      const index = Math.floor((event.clientY - svg.getBoundingClientRect().top - 4) / lane);
      if (stops[index]) this.dispatchEvent(new CustomEvent("pick", { detail: { what: { route, stop: stops[index] } }, bubbles: true }));
    });
    return box;
  }

  drawAxis(left) {
    this.axis.replaceChildren(...this.hours.filter((hour, i) => (this.scale.width > 700 || i % 2 === 0) && Math.abs(this.scale.x(hour) - this.scale.x(store.now)) > 38).map((hour) => {
      const label = h("span", {}, store.clock(new Date(hour).toISOString()));
      label.style.left = `${left + this.scale.x(hour)}px`;
      return label;
    }), (this.nowlabel = h("span", { class: "now" })));
  }

  moveNow() {
    if (!this.scale || !this.nowlabel) return;
    const x = this.scale.x(store.now);
    const inside = x >= 0 && x <= this.scale.width;
    const { left } = this.gutter();
    this.nowline.hidden = this.nowlabel.hidden = !inside;
    this.nowline.style.left = `${left + x}px`;
    this.nowlabel.style.left = `${left + x}px`;
    this.nowlabel.textContent = store.clock(store.board.at);
  }

  /** Bring now into sight. */
  toNow() {
    if (this.scale) this.scrollTo({ left: this.scale.x(store.now) - this.clientWidth / 2, behavior: "smooth" });
  }

  mark() {
    this.lines.classList.toggle("hovering", Boolean(store.hovered));
    for (const [id, { el }] of this.drawn) el.classList.toggle("hovered", store.hovered === id);
  }

  key(event) {
    const ids = store.board?.routes.map((route) => route.id) ?? [];
    const at = ids.indexOf(store.hovered ?? store.seen.route);
    if (event.key === "ArrowDown") store.hover(ids[Math.min(ids.length - 1, at + 1)]);
    else if (event.key === "ArrowUp") store.hover(ids[Math.max(0, at < 0 ? 0 : at - 1)]);
    else if (event.key === "Enter" && store.hovered) store.select({ route: store.seen.route === store.hovered ? null : store.hovered });
    else if (event.key === "j" || event.key === "k") {
      if (!step(event.key === "j" ? 1 : -1)) return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.drawn.get(store.hovered)?.el.querySelector(".who").focus();
  }
}

function wholeHours(scale) {
  const hours = [];
  for (let at = Math.ceil(scale.start / 3600e3) * 3600e3; at < scale.end; at += 3600e3) hours.push(at);
  return hours;
}

/** How much room a route has left, or where it stands without any promise ahead. */
export function slackWords(route) {
  if (route.out_since) return { text: `out ${store.clock(route.out_since)}`, tone: "bad", title: `Out of service since ${store.clock(route.out_since)}: ${route.out_why}` };
  if (route.returned_at) return { text: `back ${store.clock(route.returned_at)}`, tone: "", title: "Back at the hub" };
  const room = slack(route);
  if (room === null) return { text: route.stops.length ? words(route.state) : "empty", tone: "", title: "No promise ahead" };
  if (room < 0) return { text: `${minutes(room)} late`, tone: "bad", title: "The tightest promise ahead will be missed by this much" };
  return { text: `${minutes(room)} slack`, tone: room < CLOSE_S ? "warn" : "", title: "Room before the tightest promise ahead is missed" };
}

customElements.define("route-timeline", RouteTimeline);
