// Paths: the streets along the routes that someone looks at, read again when a route's stops have changed.

const ROUTES_MAX = 24; // routes whose streets are kept

export class Paths {
  /** `changed` is called when streets have come. */
  constructor(changed) {
    this.changed = changed;
    this.known = new Map();
  }

  /** The way between two stops of a route as [lon, lat] points; without any where it is not known yet. */
  of(route) {
    const stops = route.stops.map(nameOf).join(" ");
    let path = this.known.get(route.id);
    if (path?.stops !== stops) {
      path = { stops, ways: path?.ways ?? new Map() };
      this.known.delete(route.id);
      this.known.set(route.id, path);
      if (this.known.size > ROUTES_MAX) this.known.delete(this.known.keys().next().value);
      this.read(route, path);
    }
    return (from, to) => path.ways.get(`${nameOf(from)} ${nameOf(to)}`) ?? [];
  }

  async read(route, path) {
    try {
      const answer = await fetch(`/v1/routes/${route.id}/path`, { headers: { accept: "application/json" } });
      if (!answer.ok) return;
      const { legs } = await answer.json();
      // The route may have changed on its way here: then the legs are somebody else's, and are asked for anew.
      if (legs.length !== route.stops.length) return;
      path.ways = new Map(legs.slice(1).map((leg, i) => [`${nameOf(route.stops[i])} ${nameOf(route.stops[i + 1])}`, pairs(leg)]));
      this.changed();
    } catch {
      // Without streets the line goes straight from stop to stop.
    }
  }
}

const nameOf = (stop) => stop.delivery ?? stop.kind;

function pairs(flat) {
  const points = [];
  for (let i = 0; i < flat.length; i += 2) points.push([flat[i], flat[i + 1]]);
  return points;
}
