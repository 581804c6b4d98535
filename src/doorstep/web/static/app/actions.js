// Actions: what a dispatcher does to the picked stop. The server weighs it first; Enter does it, Z takes it back.

import { h, shape } from "./dom.js";
import { capital, count, minutes, words } from "./format.js";
import { store } from "./store.js";

const TOAST_MS = 5_000;
const RULES = {
  driver_told: "The driver has this list already",
  late_return: "Back after the shift's end",
  late_window: "Misses its window",
  not_loaded: "Not on this van, and no hub visit before it",
  over_volume: "Too much for the van",
  over_weight: "Too heavy for the van",
  skill_missing: "The van is not fit for it",
  wrong_hub: "The van starts at another hub",
};
const DONE = { move: "Moved", front: "Put first", hold: "Held", pin: "Pinned", unpin: "Unpinned", message: "Told the driver" };

let last = null; // the action that Z takes back
let asked = null; // the preview that is under way

/** The stop that keys act on: the picked one, else that of the selected case. */
export function subject() {
  const one = store.board?.cases.find((found) => found.id === store.seen.case);
  const delivery = store.seen.stop ?? one?.delivery ?? null;
  if (!delivery) return null;
  for (const route of store.board?.routes ?? []) {
    const stop = route.stops.find((found) => found.delivery === delivery);
    if (stop) return { delivery, label: stop.label, route, done: Boolean(stop.done_at) };
  }
  return { delivery, label: one?.label ?? "", route: null, done: false };
}

/** Pick the next stop ahead of the open route, or the one before. */
export function step(by) {
  const route = store.route(store.seen.route);
  const ahead = route?.stops.filter((stop) => stop.delivery && !stop.done_at) ?? [];
  if (!ahead.length) return false;
  const at = ahead.findIndex((stop) => stop.delivery === store.seen.stop);
  const next = at < 0 ? (by > 0 ? 0 : ahead.length - 1) : Math.min(ahead.length - 1, Math.max(0, at + by));
  store.select({ stop: ahead[next].delivery });
  return true;
}

// The server ---------------------------------------------------------------------------------------
async function ask(path, body, headers = {}, signal = undefined) {
  const init = body === undefined ? { headers } : { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
  let answer;
  try {
    answer = await fetch(path, { ...init, signal });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Error("The server cannot be reached. Nothing was done.", { cause: fault });
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.detail ?? `The server answered ${answer.status}. Nothing was done.`);
  return { said, tag: answer.headers.get("etag") };
}

function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Weigh a proposal and, where nothing forbids it, carry it out. */
async function act(body, label, seen = null) {
  try {
    const { said, tag } = seen ?? (await ask("/v1/dispatch/preview", body));
    if (!said.is_possible) throw new Error(`${ruleWords(said.rules.find((rule) => rule.blocking))}. Nothing was done.`);
    const done = await ask("/v1/dispatch/actions", body, { "if-match": tag, "idempotency-key": key() });
    last = { id: done.said.id, label };
    const target = store.route(done.said.route);
    const where = body.kind === "move" && target ? ` to ${target.vehicle}` : "";
    toast(`${DONE[body.kind]}${where}: ${label}`, "good", done.said.undo_until !== null);
    return true;
  } catch (fault) {
    toast(fault.message, "bad");
    return false;
  }
}

/** Take the last action back. */
export async function undo() {
  if (!last) return toast("Nothing to take back", "");
  const { id, label } = last;
  last = null;
  try {
    await ask(`/v1/dispatch/actions/${id}/undo`, {}, { "idempotency-key": key() });
    toast(`Taken back: ${label}`, "good");
  } catch (fault) {
    toast(fault.message, "bad");
  }
}

// What is said -------------------------------------------------------------------------------------
const toasts = document.body.appendChild(h("div", { class: "toasts", role: "status", "aria-live": "polite" }));

function toast(text, tone, canUndo = false) {
  const el = h("div", { class: "toast", "data-tone": tone }, tone === "bad" ? shape("cross", "bad") : tone === "good" ? shape("tick", "good") : null, h("span", {}, text),
    canUndo && h("button", { class: "quiet", onclick: undo }, "Undo ", h("kbd", {}, "Z")));
  toasts.replaceChildren(el);
  setTimeout(() => el.remove(), TOAST_MS);
}

function picked() {
  const found = subject();
  if (!found) toast("Pick a stop first: J and K on an open route, or a case", "");
  else if (found.done) toast(`${found.label} is done`, "");
  return found && !found.done ? found : null;
}

// The dialogs --------------------------------------------------------------------------------------
const dialog = document.body.appendChild(h("dialog", { class: "act", "aria-labelledby": "act-title" }));
dialog.addEventListener("close", () => asked?.abort());

export const isOpen = () => dialog.open;

/** The routes that could take the stop, with the server's word on the one in focus. */
export async function move() {
  const one = picked();
  if (!one) return;
  let targets;
  try {
    targets = (await ask(`/v1/dispatch/targets?delivery=${encodeURIComponent(one.delivery)}`)).said.targets;
  } catch (fault) {
    // What is on a van stays on it, but may still become its next stop.
    if (!one.route?.departed_at) return toast(fault.message, "bad");
    targets = [];
  }
  const choices = targets.map((target) => ({
    body: { kind: "move", delivery: one.delivery, route: target.route },
    name: `${target.vehicle} · ${target.driver}`,
    note: target.is_current ? "its van, best place" : "",
    cost: target.added_s === null ? words(target.refused) : signed(target.added_s),
  }));
  if (one.route) choices.push({ body: { kind: "front", delivery: one.delivery }, name: `${one.route.vehicle} · next stop`, note: "its van", cost: "" });
  const effect = h("div", { class: "effect", "aria-live": "polite" });
  const options = choices.map((choice, index) => h("li", { role: "option", id: `target-${index}`, "aria-selected": "false" },
    h("span", { class: "ellipsis" }, choice.name, choice.note && h("span", { class: "muted" }, ` ${choice.note}`)), h("span", { class: "cost" }, choice.cost)));
  const list = h("ul", { role: "listbox", tabindex: "0", "aria-label": "Routes by added minutes" }, options);
  let at = -1;
  let seen = null;
  const focus = async (index) => {
    if (!choices.length) return;
    at = Math.min(choices.length - 1, Math.max(0, index));
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    list.setAttribute("aria-activedescendant", `target-${at}`);
    options[at].scrollIntoView({ block: "nearest" });
    asked?.abort();
    asked = new AbortController();
    seen = null;
    dialog.dataset.preview = "asked";
    try {
      seen = await ask("/v1/dispatch/preview", choices[at].body, {}, asked.signal);
      effect.replaceChildren(...effectLines(seen.said));
      dialog.dataset.preview = "there";
    } catch (fault) {
      if (fault.name === "AbortError") return;
      effect.replaceChildren(h("div", { class: "bad" }, shape("cross", "bad"), ` ${fault.message}`));
      dialog.dataset.preview = "failed";
    }
  };
  const choose = async () => {
    if (!seen) return;
    dialog.close();
    await act(choices[at].body, one.label, seen);
  };
  list.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (by) focus(at + by);
    else if (event.key === "Enter") choose();
    else return;
    event.preventDefault();
  });
  options.forEach((option, index) => {
    option.addEventListener("pointerenter", () => focus(index));
    option.addEventListener("click", choose);
  });
  show(`Move ${one.label}`, list, effect, h("p", { class: "muted small" }, "Enter moves it, Esc leaves it."));
  list.focus();
  await focus(Math.max(0, choices.findIndex((_, i) => !targets[i]?.is_current)));
}

const signed = (seconds) => `${seconds < 0 ? "−" : "+"}${minutes(seconds)}`;
const ruleWords = (rule) => `${RULES[rule.rule] ?? capital(words(rule.rule))}${rule.label ? ` (${rule.label})` : ""}`;

function effectLines(said) {
  const kept = said.promises.filter((one) => one.is_kept).length;
  const late = said.promises.filter((one) => said.broken.includes(one.delivery));
  return [
    h("div", {}, h("span", { class: "strong" }, signed(said.added_s)), ` driving, ${said.added_m < 0 ? "−" : "+"}${(Math.abs(said.added_m) / 1000).toFixed(1)} km`),
    h("div", { class: late.length ? "bad" : "good" }, shape(late.length ? "cross" : "tick"), late.length ? ` ${count(late.length, "promise")} broken` : ` ${count(kept, "promise")} kept`),
    ...late.map((one) => h("div", { class: "muted" }, `${one.label}: promised by ${store.clock(one.window_end)}, ${one.new_at ? `then at ${store.clock(one.new_at)}` : "then by nobody"}`)),
    said.mended.length ? h("div", { class: "good" }, `${count(said.mended.length, "promise")} kept after all`) : null,
    ...said.rules.filter((rule) => !(rule.rule === "late_window" && !rule.blocking)).map((rule) => h("div", { class: rule.blocking ? "bad" : "warn" }, shape(rule.blocking ? "cross" : "risk"), ` ${ruleWords(rule)}`)),
  ].filter(Boolean);
}

/** Ask for words, and act with them. */
function askWords(kind, title, hint, text) {
  const one = picked();
  if (!one) return;
  const input = h("input", { type: "text", maxlength: "280", required: true, "aria-label": hint, placeholder: hint });
  const form = h("form", { method: "dialog" }, input, h("div", { class: "buttons" }, h("button", { class: "primary" }, text), h("button", { type: "button", onclick: () => dialog.close() }, "Leave it")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!input.value.trim()) return;
    dialog.close();
    act({ kind, delivery: one.delivery, reason: input.value.trim() }, one.label);
  });
  show(`${title} ${one.label}`, form);
  input.focus();
}

function show(title, ...parts) {
  delete dialog.dataset.preview;
  dialog.replaceChildren(h("h2", { id: "act-title" }, title), ...parts);
  dialog.showModal();
}

export const hold = () => askWords("hold", "Hold", "Why is it kept back?", "Hold");
export const tell = () => askWords("message", "Message about", "What shall the driver read?", "Send");

/** Move the stop to the best place of all. */
export function best() {
  const one = picked();
  return one && act({ kind: "move", delivery: one.delivery }, one.label);
}

/** Keep the stop where improvement would move it. */
export function pin() {
  const one = picked();
  return one && act({ kind: "pin", delivery: one.delivery, reason: "pinned by hand" }, one.label);
}
