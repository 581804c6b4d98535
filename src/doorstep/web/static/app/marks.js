// Marks: what stands on the map. Exceptions are large, what is planned is dim, what is done is fainter.

const NUMBERS_FROM = 0.35; // pixels a metre: from here a route's stops carry their numbers

/** The stops with a place, as things to draw and to hit, what matters most last. */
export function stopMarks(board, plane) {
  const order = { delivered: 0, hub_done: 0, planned: 1, hub: 1, unproven: 2, failed: 3, at_risk: 4 };
  const found = [];
  for (const route of board.routes) {
    route.stops.forEach((stop, index) => {
      if (stop.kind === "hub" || stop.lat === undefined) return;
      found.push({ route, stop, number: index + 1, x: plane.x(stop.lon), y: plane.y(stop.lat) });
    });
  }
  return found.sort((a, b) => order[a.stop.mark] - order[b.stop.mark]);
}

export function drawStops(context, marks, view, colours, focus, store) {
  for (const mark of marks) {
    const [x, y] = view.toScreen(mark.x, mark.y);
    if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) continue;
    const mine = focus === mark.route.id;
    context.globalAlpha = focus && !mine ? 0.22 : 1;
    const kind = mark.stop.mark;
    if (kind === "delivered") {
      context.globalAlpha *= mine ? 0.9 : 0.4;
      dot(context, x, y, mine ? 3 : 2, store.colour(mark.route.id));
    } else if (kind === "planned") {
      context.globalAlpha *= mine ? 1 : 0.75;
      ring(context, x, y, mine ? 3.5 : 2.6, colours.surface, store.colour(mark.route.id), mine ? 1.75 : 1.25);
    } else exception(context, x, y, kind, colours, mine ? 8.5 : 7.5);
    if (mine && view.scale >= NUMBERS_FROM) number(context, x, y, mark.number, colours);
  }
  context.globalAlpha = 1;
}

/** The line of a route along its streets: what was driven whole, what is ahead dashed. */
export function drawRoute(context, route, plane, view, store, { van, legs }) {
  const screen = (lon, lat) => view.toScreen(plane.x(lon), plane.y(lat));
  const stops = route.stops.filter((stop) => stop.lat !== undefined);
  const [done, ahead] = [[], []];
  stops.forEach((stop, i) => {
    const way = [...(i ? legs(stops[i - 1], stop) : []).map(([lon, lat]) => screen(lon, lat)), screen(stop.lon, stop.lat)];
    if (stop.done_at) done.push(...way);
    else if (!van || ahead.length) ahead.push(...way);
    else {
      const passed = done.length ? nearest(way, van) : 0;
      done.push(...way.slice(0, passed), van);
      ahead.push(van, ...way.slice(passed));
    }
  });
  if (!van && done.length && ahead.length) ahead.unshift(done.at(-1));
  context.lineJoin = "round";
  context.strokeStyle = store.colour(route.id);
  context.lineWidth = 2;
  context.globalAlpha = 0.55;
  stroke(context, done);
  context.globalAlpha = 0.95;
  context.setLineDash([1, 5]);
  context.lineCap = "round";
  context.lineWidth = 2.25;
  stroke(context, ahead);
  context.setLineDash([]);
  context.globalAlpha = 1;
}

export function drawHub(context, x, y, hub, colours) {
  context.fillStyle = colours.text;
  context.strokeStyle = colours.surface;
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(x - 7, y - 7, 14, 14, 3);
  context.stroke();
  context.fill();
  context.fillStyle = colours.surface;
  context.font = "600 9px Inter, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText("H", x, y + 0.5);
}

/** A van: its number on a plate in the route's colour, a ring when a promise on it is at risk. */
export function drawVan(context, x, y, van, colours, store, { dim, strong, risk, heading }) {
  context.globalAlpha = dim ? 0.28 : van.state === "back" || van.state === "planned" ? 0.6 : 1;
  const label = van.id.replace(/^\D+/, "") || van.id;
  context.font = `600 ${strong ? 12 : 11}px Inter, sans-serif`;
  const width = Math.max(22, context.measureText(label).width + 12);
  const height = strong ? 20 : 18;
  if (risk) {
    context.beginPath();
    context.roundRect(x - width / 2 - 3, y - height / 2 - 3, width + 6, height + 6, height / 2 + 3);
    context.strokeStyle = colours.warnFill;
    context.lineWidth = 2.5;
    context.stroke();
  }
  if (heading !== null && van.state === "driving") {
    const a = (heading * Math.PI) / 180;
    context.save();
    context.translate(x, y);
    context.rotate(a);
    context.beginPath();
    context.moveTo(0, -height / 2 - 8);
    context.lineTo(5.5, -height / 2 + 0.5);
    context.lineTo(-5.5, -height / 2 + 0.5);
    context.closePath();
    context.fillStyle = store.colour(van.route);
    context.strokeStyle = colours.surface;
    context.lineWidth = 1.5;
    context.stroke();
    context.fill();
    context.restore();
  }
  context.beginPath();
  context.roundRect(x - width / 2, y - height / 2, width, height, van.state === "at_door" ? 4 : height / 2);
  context.fillStyle = van.state === "out" ? colours.badFill : store.colour(van.route);
  context.strokeStyle = colours.surface;
  context.lineWidth = 2;
  context.stroke();
  context.fill();
  context.fillStyle = colours.onVan;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(label, x, y + 0.5);
  context.globalAlpha = 1;
}

function exception(context, x, y, kind, colours, size) {
  context.lineJoin = "round";
  if (kind === "failed") {
    context.lineCap = "round";
    for (const [colour, width] of [[colours.surface, 5.5], [colours.badFill, 2.75]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      const r = size * 0.58;
      context.moveTo(x - r, y - r);
      context.lineTo(x + r, y + r);
      context.moveTo(x + r, y - r);
      context.lineTo(x - r, y + r);
      context.stroke();
    }
    return;
  }
  context.beginPath();
  if (kind === "at_risk") {
    context.moveTo(x, y - size);
    context.lineTo(x + size, y + size * 0.78);
    context.lineTo(x - size, y + size * 0.78);
  } else {
    context.moveTo(x, y - size);
    context.lineTo(x + size, y);
    context.lineTo(x, y + size);
    context.lineTo(x - size, y);
  }
  context.closePath();
  context.strokeStyle = colours.surface;
  context.lineWidth = 3;
  context.stroke();
  context.fillStyle = colours.warnFill;
  context.fill();
  if (kind === "at_risk") {
    context.fillStyle = colours.onWarn;
    context.font = "700 9px Inter, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText("!", x, y + 1.5);
  }
}

function dot(context, x, y, r, colour) {
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}

function ring(context, x, y, r, fill, colour, width) {
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

function number(context, x, y, value, colours) {
  context.font = "500 11px Inter, sans-serif";
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.lineWidth = 3;
  context.strokeStyle = colours.surface;
  context.strokeText(value, x + 7, y);
  context.fillStyle = colours.text;
  context.fillText(value, x + 7, y);
}

/** The place in a line of the point that lies nearest. */
function nearest(line, [x, y]) {
  const away = line.map(([px, py]) => Math.hypot(px - x, py - y));
  return away.indexOf(Math.min(...away));
}

function stroke(context, points) {
  if (points.length < 2) return;
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}
