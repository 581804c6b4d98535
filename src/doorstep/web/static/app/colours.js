// Colours: a canvas cannot read custom properties, so an element reads them for it.

const NAMES = {
  surface: "--surface",
  text: "--text",
  warnFill: "--warn-fill",
  badFill: "--bad-fill",
  mapGround: "--map-ground",
  mapWater: "--map-water",
  mapGreen: "--map-green",
  mapBuilding: "--map-building",
  mapStreet: "--map-street",
  mapStreetEdge: "--map-street-edge",
  mapStreetMain: "--map-street-main",
  onVan: "--on-van",
  onWarn: "--on-warn",
};

let probe = null;
let known = null;

/** The theme's colours as a canvas understands them. */
export function colours(host) {
  if (known) return known;
  if (!probe) {
    probe = document.createElement("i");
    probe.hidden = true;
    host.append(probe);
  }
  known = {};
  for (const [name, token] of Object.entries(NAMES)) {
    probe.style.color = `var(${token})`;
    known[name] = getComputedStyle(probe).color;
  }
  return known;
}

/** Read them anew: the theme has changed. */
export function forgetColours() {
  known = null;
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", forgetColours);
