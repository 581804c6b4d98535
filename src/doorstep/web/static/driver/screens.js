// Screens: one for each step of a route. `key` names what is drawn, `main` draws it, `primary` is the one button.

import { h } from "../app/dom.js";
import { clock, minutes } from "../app/format.js";
import { put, stepKey, tell } from "./api.js";
import { marketClock } from "./clock.js";
import { Failure, Handoff, stopHead, stopLine } from "./door.js";
import { here, report } from "./place.js";
import { scanList } from "./scan-list.js";
import { METHODS, PROOFS, geoLink, reasonWords } from "./words.js";

const route = (app) => app.day.route;
const onRoute = (app, what) => `/v1/driver/routes/${route(app).route}/${what}`;
const isFetched = (stop) => stop.kind === "collection";
const atStop = (stop, what) => `/v1/driver/${isFetched(stop) ? "collections" : "stops"}/${stop.delivery}/${what}`;
const cant = (stop) => (isFetched(stop) ? "Can't collect" : "Can't deliver");
const title = (text) => h("h1", { tabindex: "-1" }, text);
const lines = (pairs) => h("dl", { class: "lines" }, pairs.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
const allStops = (app) => ({ id: "stops", label: `Stops, ${app.day.tally.handed + app.day.tally.failed} of ${app.day.tally.all}`, act: () => app.open("stops") });
const back = (app) => ({ id: "back", label: "Back", act: () => app.open(null) });
const went = () => ["", ""];
const focusOn = (id) => document.getElementById(id)?.focus();
const saidKey = (app) => app.said?.text ?? "";

/** Tell one step of the route, the same each time it is tried. */
function step(path, body) {
  const [key, at] = [stepKey(), marketClock.stamp()];
  return () => tell(path, { at, ...body }, key);
}

/** Parcels by the stop that they are for, so that a list says more than codes. */
function stopNotes(app) {
  const notes = new Map();
  let number = 0;
  for (const stop of app.day.stops) {
    if (stop.kind === "hub") continue;
    number += 1;
    for (const parcel of stop.parcels) notes.set(parcel, `stop ${number}, ${stop.name ?? "erased"}`);
  }
  return notes;
}

function none() {
  return { key: "none", main: () => [title("No route today"), h("p", {}, "This page shows it as soon as there is one.")] };
}

function wait(app) {
  const { starts_at, stops } = route(app);
  return {
    key: `wait ${route(app).route} ${stops.length}`,
    main: () => [title(`Shift at ${clock(starts_at, app.zone)}`),
      h("p", {}, "Your loading list comes before the shift. The stops may still change."), stopList(app)],
  };
}

/** The load-out, and a hub visit in the middle of the route: both tick a list off. */
function loading(app, name, heading, sends) {
  const parcels = route(app).loading_list;
  const key = `${name} ${route(app).route} ${route(app).done} ${parcels.join()}`;
  const form = app.form(key, () => ({ scanned: new Set() }));
  const short = parcels.length - form.scanned.size;
  const loads = clock(route(app).loads_at, app.zone);
  return {
    key: key + saidKey(app),
    main: (changed) => [title(heading), lines([["Van", route(app).vehicle], ["All stands ready at", loads]]),
      scanList({ title: "Loaded", parcels, scanned: form.scanned, changed, notes: stopNotes(app), isSimulated: app.isSimulated })],
    primary: form.scanned.size || !parcels.length
      ? { id: "loaded", label: short ? `Loaded, ${short} short` : "All loaded", act: () => {
        app.confirm(short ? `Loaded, ${short} short` : "All loaded", sends({ parcels: [...form.scanned] }), () =>
          (short ? [`${short} short: the office looks for them.`, "warn"] : went()));
      } }
      : { id: "scan", label: `Scan ${parcels.length} parcels`, act: () => focusOn("code") },
    others: [allStops(app)],
  };
}

const load = (app) => loading(app, "load", "Load the van", (body) => step(onRoute(app, "load"), body));

const reload = (app) => loading(app, "reload", "Load at the hub", (body) => {
  const send = step(onRoute(app, "hub"), body);
  return async () => {
    const answer = await send();
    app.day.onTheWay = null;
    return answer;
  };
});

function depart(app) {
  const { aboard } = route(app);
  return {
    key: `depart ${route(app).route} ${app.day.stops.length}${saidKey(app)}`,
    main: () => [title("Ready to leave"),
      lines([["Stops", app.day.tally.all], ["Parcels", aboard.length], ["Planned to leave", clock(route(app).departs_at, app.zone)]]), stopList(app)],
    primary: { id: "depart", label: "Leave the hub", act: () => app.confirm("Left the hub", step(onRoute(app, "depart"), {}), went) },
  };
}

/** On the way to a stop: the map first, then the door. */
function way(app) {
  const stop = app.day.current;
  const due = app.day.breakDue;
  const isOnTheWay = app.day.onTheWay === stop.delivery;
  const goOn = () => {
    app.day.onTheWay = stop.delivery;
    app.draw();
  };
  return {
    key: `way ${stop.delivery} ${stop.window_start} ${Boolean(due)} ${isOnTheWay}${saidKey(app)}`,
    main: () => [breakNotice(app, due), h("p", { class: "muted over" }, `Next stop${stop.planned_at ? `, planned at ${clock(stop.planned_at, app.zone)}` : ""}`), stopHead(stop, app.zone, isOnTheWay)],
    primary: isOnTheWay
      ? { id: "arrived", label: "I am at the door", act: () => app.now(() => arrive(app, stop)) }
      : { id: "navigate", label: "Navigate", href: geoLink(stop), act: goOn },
    others: [
      isOnTheWay ? { id: "cant", label: cant(stop), act: () => app.open("fail") } : { id: "here", label: "I know the way", act: goOn },
      allStops(app),
    ],
  };
}

async function arrive(app, stop) {
  const place = await here(stop, app.isSimulated);
  app.say(null);
  if (!place) {
    app.day.atDoor = stop.delivery;
    return app.say("The phone does not know where it is: the handoff will have no proof of its place.", "warn");
  }
  await tell(atStop(stop, "arrive"), { route: route(app).route, at: marketClock.stamp(), ...place }, stepKey());
  app.day.arrived.set(stop.delivery, marketClock.now());
  report(route(app).vehicle, place);
}

function breakNotice(app, due) {
  return due && h("section", { class: "block", id: "break" },
    h("h2", {}, `Break at ${clock(due.start, app.zone)}, ${minutes(due.seconds)}`),
    h("button", { type: "button", class: "big", onclick: () => {
      app.day.takeBreak();
      app.open("rest");
    } }, "Begin the break"));
}

function rest(app) {
  const from = marketClock.now();
  return {
    key: "rest",
    main: () => [title("Break"), h("p", {}, `${minutes(route(app).break.seconds)}, from ${clock(new Date(from).toISOString(), app.zone)}. Leave the phone alone.`)],
    primary: { id: "rested", label: "End the break", act: () => app.open(null) },
  };
}

const DO = {
  scan: (stop) => ({ label: stop.parcels.length === 1 ? "Scan the parcel" : `Scan ${stop.parcels.length} parcels`, act: () => focusOn("code") }),
  photo: () => ({ label: "Take the photo", act: () => document.getElementById("photo").click() }),
  signature: () => ({ label: "Get the signature", act: () => document.getElementById("pad").scrollIntoView({ block: "center" }) }),
  pin: () => ({ label: "Ask for the PIN", act: () => focusOn("pin") }),
  age_check: () => ({ label: "Check the age", act: () => focusOn("age") }),
  contact: () => ({ label: "Try to reach the recipient", act: () => focusOn("contact") }),
  reason: () => ({ label: "Choose a reason", act: () => document.querySelector("input[name=reason]").focus() }),
};

function door(app) {
  const stop = app.day.current;
  const handoff = app.form(`door ${stop.delivery}`, () => new Handoff(stop, route(app).policy));
  handoff.stop = stop; // as it stands now: the PIN's tries go down while the form is open
  const { lacking } = handoff;
  const words = isFetched(stop) ? "I have it" : METHODS[handoff.form.method];
  const confirm = () => app.now(async () => {
    const place = await here(stop, app.isSimulated);
    const heading = isFetched(stop) ? "Collected" : `Handed over: ${words.toLowerCase()}`;
    app.confirm(heading, handOver(app, stop, handoff, place), (answer) => {
      if (isFetched(stop)) return [answer.next, "good"];
      return answer.missing.length ? [answer.next, "warn"] : [`${stop.name ?? "The last stop"}: delivered.`, "good"];
    });
  });
  return {
    key: `door ${stop.delivery} ${stop.pin_tries_left}${saidKey(app)}`,
    main: (changed) => handoff.draw(app.zone, app.isSimulated, changed),
    primary: lacking.length ? { id: `do-${lacking[0]}`, ...DO[lacking[0]](stop) } : { id: "confirm", label: `Confirm: ${words.toLowerCase()}`, act: confirm },
    others: [
      { id: "cant", label: cant(stop), act: () => app.open("fail") },
      lacking.length && !isFetched(stop) ? { id: "without", label: `Without ${PROOFS[lacking[0]]}`, act: confirm } : null,
    ],
  };
}

/** Pictures first, for the handoff names them by their hashes; what was sent once is not sent again. */
function handOver(app, stop, handoff, place) {
  const { form } = handoff;
  const [key, at] = [stepKey(), marketClock.stamp()];
  const pictures = sender(stop, { photo: form.photo, signature: form.signature }, handoff.asked);
  return async () => tell(atStop(stop, isFetched(stop) ? "collect" : "handoff"), {
    route: route(app).route, at, parcels: [...form.scanned], ...(isFetched(stop) ? {} : { method: form.method }),
    ...(place ? { lat: place.lat, lon: place.lon } : {}),
    ...(await pictures()),
    ...(handoff.asked.includes("pin") && form.pin ? { pin: form.pin } : {}),
    ...(handoff.asked.includes("age_check") ? { age_checked: form.age } : {}),
  }, key);
}

/** Sends the pictures that are asked for and there; asked again, it knows their hashes. */
function sender(stop, pictures, asked) {
  const [keys, hashes] = [{}, {}];
  return async () => {
    for (const [kind, picture] of Object.entries(pictures)) {
      if (!picture || !asked.includes(kind) || hashes[kind]) continue;
      keys[kind] ??= stepKey();
      hashes[kind] = await put(stop.delivery, picture, keys[kind]);
    }
    return hashes;
  };
}

function fail(app) {
  const stop = app.day.current;
  const failure = app.form(`fail ${stop.delivery}`, () => new Failure(stop, route(app).policy, app.day.arrived.get(stop.delivery) ?? null));
  const { form, lacking } = failure;
  const confirm = () => app.now(async () => {
    const place = await here(stop, app.isSimulated);
    app.confirm(`${isFetched(stop) ? "Not collected" : "Not delivered"}: ${reasonWords(form.reason).toLowerCase()}`, failed(app, stop, failure, place), (answer) => {
      app.view = "next";
      return [answer.next, ""];
    });
  });
  const left = failure.stayLeft(marketClock.now());
  return {
    key: `fail ${stop.delivery}`,
    main: (changed) => failure.draw(changed),
    primary: lacking.length ? { id: `do-${lacking[0]}`, ...DO[lacking[0]](stop) } : { id: "confirm", label: left ? `Confirm; policy asks to stay ${left} s more` : `Confirm: not ${isFetched(stop) ? "collected" : "delivered"}`, act: confirm },
    others: [back(app), lacking.length && lacking[0] !== "reason" ? { id: "without", label: `Without ${PROOFS[lacking[0]]}`, act: confirm } : null],
  };
}

function failed(app, stop, failure, place) {
  const { form } = failure;
  const [key, at] = [stepKey(), marketClock.stamp()];
  const pictures = sender(stop, { photo: form.photo }, ["photo"]);
  return async () => tell(atStop(stop, "fail"), {
    route: route(app).route, at, reason: form.reason, contact_tried: form.contact,
    ...(place ? { lat: place.lat, lon: place.lon } : {}),
    ...(await pictures()),
  }, key);
}

/** After a failed stop: what to do with the parcel, and nothing else, until the driver has read it. */
function next(app) {
  const text = app.said?.text ?? "";
  return {
    key: `next ${text}`,
    main: () => [title("What to do now"), h("p", { class: "instructions" }, text)],
    primary: { id: "go-on", label: "Understood", act: () => {
      app.say(null);
      app.open(null);
    } },
  };
}

function toHub(app) {
  const hub = app.day.current;
  return {
    key: `to-hub ${route(app).done}${saidKey(app)}`,
    main: () => [title("Back to the hub to load"), h("p", {}, `All stands ready at ${clock(route(app).loads_at, app.zone)}.`)],
    primary: { id: "at-hub", label: "I am at the hub", act: () => {
      app.day.onTheWay = "hub";
      app.draw();
    } },
    others: [{ id: "hub-map", label: "Map", href: geoLink(hub) }, allStops(app)],
  };
}

function home(app) {
  const form = app.form(`home ${route(app).route}`, () => ({ km: (app.day.guessedMetres / 1000).toFixed(1) }));
  const isNumber = () => /^\d{1,4}([.,]\d)?$/.test(form.km.trim());
  return {
    key: `home ${route(app).route}${saidKey(app)}`,
    main: (changed) => [title("Drive back to the hub"),
      lines([["Delivered", app.day.tally.handed], ["Not delivered", app.day.tally.failed]]),
      h("section", { class: "block" }, h("h2", {}, h("label", { for: "km" }, "Kilometres driven")),
        h("input", { id: "km", inputmode: "decimal", autocomplete: "off", value: form.km, "aria-describedby": "km-note", oninput: (event) => {
          form.km = event.target.value;
          changed();
        } }),
        h("p", { class: "small-note", id: "km-note" }, "Guessed from the stops; write what the van says."))],
    primary: isNumber()
      ? { id: "returned", label: "I am back at the hub", act: () => app.confirm("Back at the hub", step(onRoute(app, "return"), { driven_m: Math.round(Number(form.km.replace(",", ".")) * 1000) }), went) }
      : { id: "ask-km", label: "Write the kilometres", act: () => focusOn("km") },
    others: [{ id: "hub-map", label: "Map", href: geoLink(app.day.stops[0]) }, allStops(app)],
  };
}

function debrief(app) {
  const parcels = route(app).aboard;
  const key = `debrief ${route(app).route} ${parcels.join()}`;
  const form = app.form(key, () => ({ scanned: new Set() }));
  const missing = parcels.length - form.scanned.size;
  const label = missing ? `Close the day, ${missing} missing` : "Close the day";
  return {
    key: key + saidKey(app),
    main: (changed) => [title("What came back"),
      parcels.length
        ? scanList({ title: "Back", parcels, scanned: form.scanned, changed, notes: stopNotes(app), isSimulated: app.isSimulated })
        : h("p", {}, "Nothing is left on the van.")],
    primary: parcels.length && !form.scanned.size
      ? { id: "scan", label: `Scan ${parcels.length} parcels`, act: () => focusOn("code") }
      : { id: "close-day", label, act: () => app.confirm(label, step(onRoute(app, "debrief"), { parcels: [...form.scanned] }), went) },
    others: [missing && !form.scanned.size ? { id: "none-back", label: "None came back", act: () => app.confirm(label, step(onRoute(app, "debrief"), { parcels: [] }), went) } : null],
  };
}

function end(app) {
  const { handed, failed: not, all } = app.day.tally;
  return {
    key: `end ${route(app).route}`,
    main: () => [title("The day is closed"), lines([["Stops", all], ["Delivered", handed], ["Not delivered", not]])],
  };
}

function stopList(app, choose) {
  let number = 0;
  const items = app.day.stops.slice(1).map((stop) => {
    if (stop.kind !== "hub") number += 1;
    return stopLine(stop, number, app.zone, choose && app.day.reachable.includes(stop) ? choose : null);
  });
  return h("ol", { class: "stop-list" }, items);
}

function stops(app) {
  const { state } = route(app);
  const isAtDoor = app.day.step === "door";
  const choose = state === "departed" && !isAtDoor ? (stop) => {
    app.day.chosen = stop.delivery;
    app.say(null);
    app.open(null);
  } : null;
  return {
    key: `stops ${app.day.stops.map((stop) => `${stop.delivery}${stop.status}${stop.done}`).join()}`,
    main: () => [title("All stops"), choose ? h("p", { class: "muted" }, "Choose a stop to take it next.") : null, stopList(app, choose)].filter(Boolean),
    primary: { id: "back", label: "Back", act: () => app.open(null) },
  };
}

export const SCREENS = { none, wait, load, depart, way, door, fail, next, "to-hub": toHub, reload, home, debrief, end, stops, rest };
