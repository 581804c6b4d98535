// Messages: what the office wrote stands above every screen until the driver says that it was read.

import { h } from "../app/dom.js";
import { clock } from "../app/format.js";

const READ = "read messages";
const READ_MAX = 200; // keys that a phone remembers; a route holds far fewer messages

function readKeys() {
  try {
    const kept = JSON.parse(localStorage.getItem(READ) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** The messages on this route that were not acknowledged on this phone. */
export function unread(route) {
  const read = new Set(readKeys());
  return (route?.messages ?? []).filter((one) => !read.has(one.key));
}

export function acknowledge(key) {
  localStorage.setItem(READ, JSON.stringify([...readKeys().filter((one) => one !== key), key].slice(-READ_MAX)));
}

/** One message: when, about whom, what, and the button that puts it away. */
export function noticeOf(one, stops, zone, read) {
  const stop = one.delivery ? stops.find((found) => found.delivery === one.delivery) : null;
  const about = stop ? `, about ${stop.name ?? "an erased recipient"}` : "";
  return h("section", { class: "message", "data-key": one.key },
    h("h2", {}, `Message from the office, ${clock(one.at, zone)}${about}`),
    h("p", {}, one.text),
    h("button", { type: "button", class: "big", onclick: read }, "Understood"));
}
