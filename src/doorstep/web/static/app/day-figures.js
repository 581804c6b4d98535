// <day-figures>: the day in six numbers; a status number always has its shape and its word.

import { h, shape } from "./dom.js";
import { capital, count, percent, words } from "./format.js";
import { store } from "./store.js";

class DayFigures extends HTMLElement {
  connectedCallback() {
    for (const what of ["board", "vehicles"]) store.addEventListener(what, () => this.draw());
    this.draw();
  }

  draw() {
    const board = store.board;
    const figures = board ? tiles(board) : LABELS.map((label) => ({ label, number: "–", note: "\u00a0" }));
    this.replaceChildren(...figures.map(tile));
    this.setAttribute("aria-busy", String(!board));
  }
}

const LABELS = ["Delivered", "At risk", "Failed", "On time", "Capacity left", "Cases"];

function tiles(board) {
  const f = board.figures;
  const judged = f.promises_due;
  const capacity = board.capacity;
  return [
    {
      label: "Delivered", number: f.delivered, of: `of ${f.due}`,
      meter: [["done", f.delivered / Math.max(1, f.due)], ["road", f.on_road / Math.max(1, f.due)]],
      note: `${f.on_road} on the road · ${f.waiting} waiting${f.unproven ? ` · ${f.unproven} unproven` : ""}${f.moved ? ` · ${f.moved} moved` : ""}`,
    },
    {
      label: "At risk", number: f.at_risk, tone: f.at_risk ? "warn" : "", icon: f.at_risk ? "risk" : null,
      note: f.at_risk ? whoHasThem(board, f.at_risk) : "every promise still open holds",
    },
    {
      label: "Failed", number: f.failed, tone: f.failed ? "bad" : "", icon: f.failed ? "cross" : null,
      note: f.failed ? `${percent(f.failed, f.due)} of the day` : "none so far",
    },
    {
      label: "On time", number: percent(f.promises_kept, judged), tone: "",
      note: judged ? `${f.promises_kept} of ${count(judged, "promise")} kept` : "no promise due yet",
    },
    {
      label: "Capacity left", number: capacity ? (capacity.left >= 99 ? "99+" : capacity.left) : "–", of: capacity ? "orders" : "",
      note: capacity?.cutoff ? `cutoff ${store.clock(capacity.cutoff)}` : capacity ? "sold out for today" : "no route is live",
    },
    {
      label: "Cases", number: f.cases, tone: f.cases_overdue ? "bad" : "", icon: f.cases_overdue ? "cross" : null,
      note: f.cases ? [f.cases_overdue && `${f.cases_overdue} overdue`, f.cases_unclaimed && `${f.cases_unclaimed} with no name`, `${f.cases_untold} to tell`].filter(Boolean).join(" · ") : "nothing needs you",
    },
  ];
}

/** Whose the promises at risk are: `with Mira, Dispatcher`, and how many nobody has. */
function whoHasThem(board, all) {
  const threatened = new Set(["predicted_miss", "no_capacity", "breakdown", "shortage"]);
  const cases = board.cases.filter((one) => one.delivery && threatened.has(one.kind));
  const owners = [...new Set(cases.map((one) => capital(words(one.owner))))];
  const alone = all - new Set(cases.map((one) => one.delivery)).size;
  const names = owners.slice(0, 3).join(", ") + (owners.length > 3 ? ` +${owners.length - 3}` : "");
  return [names && `with ${names}`, alone > 0 && `${alone} with nobody yet`].filter(Boolean).join(" · ");
}

function tile({ label, number, of, note, tone = "", icon = null, meter = null }) {
  const bar = meter && h("div", { class: "meter", "aria-hidden": "true" }, meter.map(([name, share]) => {
    const part = h("i", { class: name });
    part.style.width = `${(100 * share).toFixed(2)}%`;
    return part;
  }));
  return h("div", { class: "figure" },
    h("h2", {}, label),
    h("div", { class: `number ${tone}` }, icon && shape(icon), h("span", {}, String(number), of && h("span", { class: "of" }, of))),
    bar,
    h("small", { class: "muted" }, note),
  );
}

customElements.define("day-figures", DayFigures);
