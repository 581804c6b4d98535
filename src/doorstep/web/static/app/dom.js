// DOM: small helpers; text only ever becomes text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties and children; `class`, `data-…`, `aria-…` and `on…` as one would expect. */
export function h(name, props = {}, ...children) {
  const el = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) el.addEventListener(key.slice(2), value);
    else if (key === "class") el.className = value;
    else el.setAttribute(key, value === true ? "" : value);
  }
  el.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return el;
}

/** An SVG element. */
export function s(name, attributes = {}, ...children) {
  const el = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) el.setAttribute(key, value);
  el.append(...children);
  return el;
}

const SHAPES = {
  risk: "M6 1.2 11.2 10.6H.8Z",
  cross: "M2 2 10 10M10 2 2 10",
  diamond: "M6 .8 11.2 6 6 11.2.8 6Z",
  tick: "M1.8 6.4 4.8 9.4 10.4 2.8",
};

/** A status shape: it says without colour what the colour says. */
export function shape(name, tone = "") {
  const svg = s("svg", { class: `shape ${tone}`, viewBox: "0 0 12 12", "aria-hidden": "true" });
  if (name === "ring") svg.append(s("circle", { cx: 6, cy: 6, r: 4.2, fill: "none", stroke: "currentColor", "stroke-width": 1.5 }));
  else if (name === "dot") svg.append(s("circle", { cx: 6, cy: 6, r: 4, fill: "currentColor" }));
  else if (name === "cross" || name === "tick") {
    svg.append(s("path", { d: SHAPES[name], fill: "none", stroke: "currentColor", "stroke-width": 2.2, "stroke-linecap": "round" }));
  } else svg.append(s("path", { d: SHAPES[name], fill: "currentColor" }));
  return svg;
}
