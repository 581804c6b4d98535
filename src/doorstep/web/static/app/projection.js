// Projection: degrees to metres on a plane that touches the city, and the view that looks at it.

const METRES_PER_DEGREE = 111_320;
const SCALE_MIN = 0.01; // pixels a metre: a hundred kilometres on a screen
const SCALE_MAX = 4; // a doorstep
const MANY = 60;
const FAR_OUT = 0.02; // share of the points on each side

/** A plane around a longitude and latitude; x to the east, y to the south, metres. */
export class Plane {
  constructor(lon, lat) {
    this.lon = lon;
    this.lat = lat;
    this.kx = METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
    this.ky = -METRES_PER_DEGREE;
  }

  x(lon) {
    return (lon - this.lon) * this.kx;
  }

  y(lat) {
    return (lat - this.lat) * this.ky;
  }
}

/** What part of the plane is seen, and how large. */
export class View {
  constructor() {
    this.cx = 0;
    this.cy = 0;
    this.scale = 0.1;
    this.width = 1;
    this.height = 1;
  }

  toScreen(x, y) {
    return [(x - this.cx) * this.scale + this.width / 2, (y - this.cy) * this.scale + this.height / 2];
  }

  pan(dx, dy) {
    this.cx -= dx / this.scale;
    this.cy -= dy / this.scale;
  }

  /** Zoom by a factor around a point of the screen, which stays where it is. */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const before = this.scale;
    this.scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, this.scale * factor));
    const dx = px - this.width / 2;
    const dy = py - this.height / 2;
    this.cx += dx / before - dx / this.scale;
    this.cy += dy / before - dy / this.scale;
  }

  /** Show all of these points with a margin. */
  fit(points, margin = 48) {
    if (!points.length) return;
    // A few farms far out must not make a dot of the city: of many points, the outermost ones may fall off.
    const cut = points.length >= MANY ? FAR_OUT : 0;
    const [x0, x1] = within(points.map(([x]) => x), cut);
    const [y0, y1] = within(points.map(([, y]) => y), cut);
    const wide = Math.max(1, x1 - x0);
    const high = Math.max(1, y1 - y0);
    const room = Math.min((this.width - 2 * margin) / wide, (this.height - 2 * margin) / high);
    this.scale = Math.min(0.8, Math.max(SCALE_MIN, room));
    this.cx = (x0 + x1) / 2;
    this.cy = (y0 + y1) / 2;
  }
}

function within(values, cut) {
  const sorted = values.toSorted((a, b) => a - b);
  const skip = Math.floor(sorted.length * cut);
  return [sorted[skip], sorted.at(-1 - skip)];
}
