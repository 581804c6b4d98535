// Basemap: the city's own lines from /map.json, drawn without tiles. Each layer becomes one path, once.

import { Plane } from "./projection.js";

const AREAS = ["green", "water", "building"];
const BUILDINGS_FROM = 0.22; // pixels a metre

// From the least to the most important, with metres of width and the least pixels that still show it.
const STREETS = [
  { group: "service", metres: 4, least: 0, from: 0.25 },
  { group: "local", metres: 7, least: 0.9, from: 0.045 },
  { group: "minor", metres: 9, least: 1.2, from: 0 },
  { group: "main", metres: 12, least: 2, from: 0 },
  { group: "fast", metres: 15, least: 2.6, from: 0 },
];
const LOCAL = 1;

export class Basemap {
  constructor(drawing) {
    this.attribution = drawing.attribution;
    const [lon, lat] = drawing.origin;
    this.plane = new Plane(lon, lat);
    this.step = drawing.step_deg;
    this.areas = {};
    for (const name of AREAS) {
      const path = new Path2D();
      for (const polygon of drawing.areas[name] ?? []) for (const ring of polygon) this.trace(path, ring, true);
      this.areas[name] = path;
    }
    this.streets = STREETS.map(() => new Path2D());
    for (const [group, lines] of Object.entries(drawing.streets)) {
      const found = STREETS.findIndex((style) => style.group === group);
      const path = this.streets[found < 0 ? LOCAL : found];
      for (const line of lines) this.trace(path, line, false);
    }
  }

  trace(path, line, closed) {
    let [lon, lat] = [this.plane.lon, this.plane.lat];
    for (let i = 0; i < line.length; i += 2) {
      lon += line[i] * this.step;
      lat += line[i + 1] * this.step;
      const x = this.plane.x(lon);
      const y = this.plane.y(lat);
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
    }
    if (closed) path.closePath();
  }

  draw(context, view, ratio, colours) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = colours.mapGround;
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    const k = view.scale * ratio;
    context.setTransform(k, 0, 0, k, (view.width / 2) * ratio - view.cx * k, (view.height / 2) * ratio - view.cy * k);
    context.fillStyle = colours.mapGreen;
    context.fill(this.areas.green, "evenodd");
    context.fillStyle = colours.mapWater;
    context.fill(this.areas.water, "evenodd");
    if (view.scale >= BUILDINGS_FROM) {
      context.fillStyle = colours.mapBuilding;
      context.fill(this.areas.building, "evenodd");
    }
    context.lineCap = "round";
    context.lineJoin = "round";
    const shown = STREETS.map((style, i) => ({ style, path: this.streets[i], i })).filter(({ style }) => view.scale >= style.from);
    const width = (style) => Math.max(style.metres, style.least / view.scale);
    for (const { style, path } of shown) {
      context.lineWidth = width(style) + 1.6 / view.scale;
      context.strokeStyle = colours.mapStreetEdge;
      context.stroke(path);
    }
    for (const { style, path, i } of shown) {
      context.lineWidth = width(style);
      context.strokeStyle = i >= 3 ? colours.mapStreetMain : colours.mapStreet;
      context.stroke(path);
    }
  }
}
