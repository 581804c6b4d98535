// Timeline drawing: one route as a line, and its stops as lanes, in SVG.

import { s } from "./dom.js";

const ROW = 32;
const LANE = 10;
const MID = 16;

/** The scale of a day: milliseconds to pixels. */
export function scaleOf(routes, width, now) {
  let start = Infinity;
  let end = -Infinity;
  for (const route of routes) {
    start = Math.min(start, Date.parse(route.start));
    end = Math.max(end, Date.parse(route.end));
  }
  if (!Number.isFinite(start)) [start, end] = [now - 4 * 3600e3, now + 4 * 3600e3];
  start -= 20 * 60e3;
  end += 20 * 60e3;
  return { start, end, x: (iso) => ((typeof iso === "number" ? iso : Date.parse(iso)) - start) / (end - start) * width, width };
}

/** A route's line: its shift and break, what was done, what is ahead, what is wrong. */
export function drawLine(route, scale, colour, hours) {
  const svg = s("svg", { height: ROW, role: "img", "aria-label": spoken(route) });
  for (const hour of hours) svg.append(line("s-hour", scale.x(hour), 0, scale.x(hour), ROW));
  const from = scale.x(route.start);
  svg.append(s("rect", { class: "s-shift", x: from, y: MID - 5, width: Math.max(0, scale.x(route.end) - from), height: 10, rx: 3 }));
  if (route.break_start) {
    const x = scale.x(route.break_start);
    svg.append(s("rect", { class: "s-break", x, y: MID - 5, width: Math.max(2, scale.x(route.break_end) - x), height: 10 }));
  }
  for (const stop of route.stops) {
    if (stop.done_at || !stop.window_end) continue;
    // Where promises ahead end: the closer to the dots, the less room there is.
    svg.append(s("rect", { class: "s-window close", x: scale.x(stop.window_end) - 1, y: ROW - 6, width: 2, height: 5 }));
  }
  const done = route.stops.filter((stop) => stop.done_at);
  if (route.departed_at && done.length) {
    const rail = line("", scale.x(route.departed_at), MID, scale.x(done.at(-1).done_at), MID);
    rail.setAttribute("stroke", colour);
    rail.setAttribute("stroke-width", 2);
    rail.setAttribute("opacity", 0.5);
    svg.append(rail);
  }
  const marks = s("g", { class: "s-mark" });
  marks.setAttribute("color", colour);
  const rank = { delivered: 0, planned: 1, hub: 2, hub_done: 2, unproven: 3, failed: 4, at_risk: 5 };
  for (const stop of route.stops.toSorted((a, b) => rank[a.mark] - rank[b.mark])) {
    const at = stop.done_at ?? stop.expected_at;
    if (at) marks.append(mark(stop.mark, scale.x(at), MID, 1));
  }
  svg.append(marks);
  return svg;
}

/** A route's stops as lanes: the promise as a band, the plan as a tick, what happened as a mark. */
export function drawLanes(route, scale, colour, hours, picked = null) {
  const stops = route.stops.filter((stop) => stop.kind === "delivery");
  const height = stops.length * LANE + 8;
  const svg = s("svg", { height, role: "img", "aria-label": `${stops.length} stops: promised windows as bands, what happened or is expected as marks` });
  for (const hour of hours) svg.append(line("s-hour", scale.x(hour), 0, scale.x(hour), height));
  const marks = s("g", { class: "s-mark" });
  marks.setAttribute("color", colour);
  stops.forEach((stop, index) => {
    const y = index * LANE + LANE / 2 + 4;
    const x0 = Math.max(0, scale.x(stop.window_start));
    const x1 = Math.min(scale.width, scale.x(stop.window_end));
    if (picked && stop.delivery === picked) svg.append(s("rect", { class: "s-picked", x: 0, y: y - LANE / 2, width: scale.width, height: LANE }));
    svg.append(s("rect", { class: "s-window", x: x0, y: y - 3.5, width: Math.max(2, x1 - x0), height: 7, rx: 2 }));
    const at = stop.done_at ?? stop.expected_at;
    if (at && scale.x(at) > x1) svg.append(s("rect", { class: "s-late", x: x1, y: y - 3.5, width: scale.x(at) - x1, height: 7 }));
    if (stop.planned_at) {
      const x = scale.x(stop.planned_at);
      if (x > 0 && x < scale.width) svg.append(line("s-plan", x, y - 4, x, y + 4));
    }
    if (at) marks.append(mark(stop.mark, scale.x(at), y, 0.85));
  });
  svg.append(marks);
  return { svg, stops, lane: LANE };
}

function mark(kind, x, y, k) {
  const at = { class: `m-${kind}`, transform: `translate(${x.toFixed(1)} ${y}) scale(${k})` };
  switch (kind) {
    case "delivered":
      return s("rect", { ...at, x: -1.25, y: -5, width: 2.5, height: 10, rx: 1 });
    case "planned":
      return s("circle", { ...at, r: 3 });
    case "failed":
      return s("path", { ...at, d: "M-4-4 4 4M4-4-4 4" });
    case "at_risk":
      return s("path", { ...at, d: "M0-7.5 7 5.5H-7Z" });
    case "unproven":
      return s("path", { ...at, d: "M0-6 6 0 0 6-6 0Z" });
    default:
      return s("rect", { ...at, x: -3.5, y: -3.5, width: 7, height: 7, rx: 1.5 });
  }
}

function line(name, x1, y1, x2, y2) {
  const at = (value) => Number(value).toFixed(1);
  return s("line", { ...(name ? { class: name } : {}), x1: at(x1), y1: at(y1), x2: at(x2), y2: at(y2) });
}

function spoken(route) {
  const left = route.stops.length - route.done;
  return `${route.vehicle}: ${route.done} of ${route.stops.length} stops done, ${left} ahead, ${route.at_risk} at risk`;
}
