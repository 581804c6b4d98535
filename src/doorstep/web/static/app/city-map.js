// <city-map>: the city, its stops and its vans. Its list twin says the same in a table.

import { Basemap } from "./basemap.js";
import { colours } from "./colours.js";
import { drawHub, drawRoute, drawStops, drawVan, stopMarks } from "./marks.js";
import { Paths } from "./paths.js";
import { View } from "./projection.js";
import { store } from "./store.js";
import { Vans } from "./vans.js";

const HIT_PX = 14;
const CLICK_PX = 4;

class CityMap extends HTMLElement {
  connectedCallback() {
    this.view = new View();
    this.vans = new Vans();
    this.paths = new Paths(() => this.redraw());
    this.marks = [];
    this.pointers = new Map();
    this.base = this.appendChild(document.createElement("canvas"));
    this.over = this.appendChild(document.createElement("canvas"));
    this.tabIndex = 0;
    this.setAttribute("role", "application");
    this.setAttribute("aria-label", "Map of stops and vans. Arrow keys pan, plus and minus zoom, F fits. The List button shows the same as a table.");
    new ResizeObserver(() => this.resize()).observe(this);
    store.addEventListener("board", () => this.boardChanged());
    store.addEventListener("vehicles", () => this.vansChanged());
    for (const what of ["select", "hover"]) store.addEventListener(what, () => this.redraw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
    document.addEventListener("themechange", () => this.repaint());
    document.fonts?.ready.then(() => this.redraw());
    this.listen();
    this.load();
  }

  async load() {
    try {
      const answer = await fetch("/map.json");
      if (!answer.ok) throw new Error(`the map answered ${answer.status}`);
      this.basemap = new Basemap(await answer.json());
      this.dispatchEvent(new CustomEvent("credit", { detail: this.basemap.attribution }));
      this.boardChanged();
      this.repaint();
    } catch {
      this.dispatchEvent(new CustomEvent("failed"));
    }
  }

  resize() {
    const { width, height } = this.getBoundingClientRect();
    if (!width || !height) return;
    this.ratio = Math.min(2, devicePixelRatio || 1);
    for (const canvas of [this.base, this.over]) {
      canvas.width = Math.round(width * this.ratio);
      canvas.height = Math.round(height * this.ratio);
    }
    const first = this.view.width <= 1;
    Object.assign(this.view, { width, height });
    if (first || !this.touched) this.fit();
    this.repaint();
  }

  boardChanged() {
    if (!store.board || !this.basemap) return;
    this.marks = stopMarks(store.board, this.basemap.plane);
    const first = !this.fitted && this.marks.length > 0;
    this.vansChanged();
    if (first) {
      this.fit();
      this.repaint();
    }
  }

  vansChanged() {
    if (!store.board || !this.basemap) return;
    this.vans.take(store.board.vehicles, this.basemap.plane, performance.now());
    this.redraw();
  }

  /** Show the focused route, or everything. */
  fit(route = store.seen.route) {
    if (!this.basemap || !store.board || this.view.width <= 1) return;
    const plane = this.basemap.plane;
    const marks = route ? this.marks.filter((mark) => mark.route.id === route) : this.marks;
    const points = marks.map((mark) => [mark.x, mark.y]);
    for (const hub of store.board.hubs) if (!route || hub.id === store.route(route)?.hub) points.push([plane.x(hub.lon), plane.y(hub.lat)]);
    if (!points.length) return;
    this.view.fit(points);
    this.fitted = true;
    this.repaint();
  }

  zoom(factor, x, y) {
    this.touched = true;
    this.view.zoom(factor, x, y);
    this.repaint();
  }

  pan(dx, dy) {
    this.touched = true;
    this.view.pan(dx, dy);
    this.repaint();
  }

  repaint() {
    this.stale = true;
    this.redraw();
  }

  redraw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
    });
  }

  paint() {
    if (!this.basemap || this.view.width <= 1) return;
    const c = colours(this);
    if (this.stale) {
      this.basemap.draw(this.base.getContext("2d", { alpha: false }), this.view, this.ratio, c);
      this.stale = false;
    }
    const context = this.over.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.view.width, this.view.height);
    if (!store.board) return;
    const places = this.vans.places(performance.now()).map((one) => ({ ...one, at: this.view.toScreen(one.x, one.y) }));
    this.drawn = places;
    const focus = store.focus;
    const route = focus ? store.route(focus) : null;
    if (route) {
      const van = places.find((one) => one.van.route === route.id && one.van.state !== "planned");
      drawRoute(context, route, this.basemap.plane, this.view, store, { van: van?.at, legs: this.paths.of(route) });
    }
    drawStops(context, this.marks, this.view, c, focus, store);
    for (const hub of store.board.hubs) {
      drawHub(context, ...this.view.toScreen(this.basemap.plane.x(hub.lon), this.basemap.plane.y(hub.lat)), hub, c);
    }
    const ordered = places.toSorted((a, b) => (a.van.route === focus) - (b.van.route === focus));
    for (const { van, at, heading } of ordered) {
      const mine = van.route === focus;
      const risk = (store.route(van.route)?.at_risk ?? 0) > 0;
      drawVan(context, ...at, van, c, store, { dim: Boolean(focus) && !mine, strong: mine, risk, heading });
    }
    this.dataset.painted = String(Number(this.dataset.painted ?? 0) + 1);
    const first = places[0];
    if (first) this.dataset.first = `${first.at[0].toFixed(1)},${first.at[1].toFixed(1)}`;
    if (places.some((one) => one.moving)) this.redraw();
  }

  /** What lies under a point of the screen: a van, else a stop. */
  hit(px, py) {
    let best = null;
    let near = HIT_PX;
    for (const { van, at } of this.drawn ?? []) {
      const away = Math.hypot(at[0] - px, at[1] - py) - 4;
      if (away < near) [near, best] = [away, { van }];
    }
    if (best) return best;
    near = HIT_PX * 0.6;
    for (const mark of this.marks) {
      const [x, y] = this.view.toScreen(mark.x, mark.y);
      const away = Math.hypot(x - px, y - py);
      if (away <= near) [near, best] = [away, mark];
    }
    return best;
  }

  listen() {
    const at = (event) => {
      const box = this.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018)), ...at(event));
    }, { passive: false });
    this.addEventListener("pointerdown", (event) => {
      this.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, at(event));
      this.travelled = 0;
    });
    this.addEventListener("pointermove", (event) => this.moved(event, at(event)));
    const up = (event) => {
      const was = this.pointers.get(event.pointerId);
      this.pointers.delete(event.pointerId);
      if (was && event.type === "pointerup" && this.travelled < CLICK_PX) {
        this.dispatchEvent(new CustomEvent("pick", { detail: { what: this.hit(...at(event)), at: at(event) } }));
      }
    };
    this.addEventListener("pointerup", up);
    this.addEventListener("pointercancel", up);
    this.addEventListener("pointerleave", () => this.dispatchEvent(new CustomEvent("point", { detail: { what: null } })));
    this.addEventListener("dblclick", (event) => this.zoom(2, ...at(event)));
    this.addEventListener("keydown", (event) => {
      const pans = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };
      if (pans[event.key]) this.pan(...pans[event.key]);
      else if (event.key === "+" || event.key === "=") this.zoom(1.5);
      else if (event.key === "-") this.zoom(1 / 1.5);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  moved(event, [x, y]) {
    const was = this.pointers.get(event.pointerId);
    if (!was) {
      this.dispatchEvent(new CustomEvent("point", { detail: { what: this.hit(x, y), at: [x, y] } }));
      return;
    }
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    this.travelled += Math.hypot(x - was[0], y - was[1]);
    if (others.length) {
      const [ox, oy] = others[0];
      this.zoom(Math.hypot(x - ox, y - oy) / Math.max(1, Math.hypot(was[0] - ox, was[1] - oy)), ox, oy);
    } else if (this.travelled >= CLICK_PX) this.pan(x - was[0], y - was[1]);
    this.pointers.set(event.pointerId, [x, y]);
  }
}

customElements.define("city-map", CityMap);
