// Vans: between two positions a van glides, over the time that passed between them.

const GLIDE_MS_MIN = 250;
const GLIDE_MS_MAX = 4_000;
const JUMP_M = 3_000; // farther than a van drives between two positions: it jumps

export class Vans {
  constructor() {
    this.known = new Map();
  }

  /** Take new positions, on the map's plane. */
  take(vehicles, plane, now) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const ids = new Set();
    for (const van of vehicles) {
      if (van.lat === null || van.lat === undefined) continue;
      ids.add(van.id);
      const x = plane.x(van.lon);
      const y = plane.y(van.lat);
      const before = this.known.get(van.id);
      if (!before) {
        this.known.set(van.id, { van, x0: x, y0: y, x, y, from: now, span: 1, heard: now, heading: van.heading ?? null });
        continue;
      }
      before.van = van;
      if (before.x === x && before.y === y) continue;
      const at = this.at(before, now);
      const gap = now - before.heard;
      const far = Math.hypot(x - at.x, y - at.y);
      const moved = Math.hypot(x - before.x, y - before.y);
      Object.assign(before, {
        x0: still || far > JUMP_M ? x : at.x,
        y0: still || far > JUMP_M ? y : at.y,
        heading: van.heading ?? (moved > 5 ? (Math.atan2(x - before.x, before.y - y) * 180) / Math.PI : before.heading),
        x,
        y,
        from: now,
        span: Math.min(GLIDE_MS_MAX, Math.max(GLIDE_MS_MIN, gap)),
        heard: now,
      });
    }
    for (const id of this.known.keys()) if (!ids.has(id)) this.known.delete(id);
  }

  at(one, now) {
    const t = Math.min(1, Math.max(0, (now - one.from) / one.span));
    return { x: one.x0 + (one.x - one.x0) * t, y: one.y0 + (one.y - one.y0) * t, moving: t < 1 };
  }

  /** Every van where it is drawn now. */
  places(now) {
    return [...this.known.values()].map((one) => ({ ...this.at(one, now), van: one.van, heading: one.heading }));
  }
}
