// Format: times in the market's zone, durations, counts and codes in words.

import { LABELS } from "./labels.js";

const clocks = new Map();

/** The wall time of an ISO instant in a zone, `14:05`. */
export function clock(iso, zone) {
  if (!iso) return "–";
  if (!clocks.has(zone)) {
    clocks.set(zone, new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
  }
  return clocks.get(zone).format(new Date(iso));
}

/** A window, `14:00–16:00`. */
export const span = (start, end, zone) => (start ? `${clock(start, zone)}–${clock(end, zone)}` : "–");

/** The day in words, `Tue 16 June`. */
export function dayName(day) {
  const [y, m, d] = day.split("-").map(Number);
  return new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "long", timeZone: "UTC" })
    .format(new Date(Date.UTC(y, m - 1, d)));
}

/** Whole minutes as `8 min`, `1 h 05`, `26 h`. */
export function minutes(seconds) {
  const m = Math.round(Math.abs(seconds) / 60);
  if (m < 60) return `${m} min`;
  const h = Math.floor(m / 60);
  return h < 24 ? `${h} h ${String(m % 60).padStart(2, "0")}` : `${h} h`;
}

/** How long until (or since) an instant: `in 12 min`, `8 min over`. */
export function until(iso, now) {
  const seconds = (Date.parse(iso) - now) / 1000;
  return seconds >= 0 ? `in ${minutes(seconds)}` : `${minutes(seconds)} over`;
}

/** Text with the codes in it in plain words: `attempt 1 failed: recipient.not_home`. */
export const readable = (text) =>
  text.replace(/\b[a-z]+(?:[._][a-z]+)+\b/g, (code) => LABELS[code] ?? (code.includes(".") ? code : code.replaceAll("_", " ")));

/** A code in plain words: `recipient.not_home` as `nobody home`. */
export const words = (code) => LABELS[code] ?? (code ?? "").replaceAll(".", ": ").replaceAll("_", " ");

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const count = (n, noun, nouns = `${noun}s`) => `${n} ${n === 1 ? noun : nouns}`;

/** A share in per cent with one decimal, or a dash where nothing was counted. */
export const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)} %` : "–");

/** Everything that a mark is called. */
export const MARKS = {
  planned: "Planned",
  at_risk: "At risk",
  delivered: "Delivered",
  unproven: "Unproven",
  failed: "Failed",
  hub: "Hub visit",
  hub_done: "Hub visit, done",
};

export const VEHICLE_STATES = {
  planned: "Not started",
  loading: "Loading",
  driving: "Driving",
  at_door: "At a door",
  back: "Back",
  out: "Out of service",
};
