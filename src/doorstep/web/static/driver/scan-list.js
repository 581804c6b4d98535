// Scan list: parcels that are ticked off by their codes: typed, pasted, or read by a scanner or the camera.

import { h, shape } from "../app/dom.js";
import { hasCamera, openCamera } from "./camera.js";
import { tail } from "./words.js";

const TYPED_CHARS_MIN = 4;

/** The parcel that a code means: the whole code, or the end of it where only one parcel ends so. */
function meant(code, parcels) {
  const wanted = code.trim().toLowerCase();
  const whole = parcels.find((parcel) => parcel.toLowerCase() === wanted);
  if (whole || wanted.length < TYPED_CHARS_MIN) return whole ?? null;
  const ending = parcels.filter((parcel) => parcel.toLowerCase().endsWith(wanted));
  return ending.length === 1 ? ending[0] : null;
}

/** A block that ticks parcels off into the set `scanned`; `notes` says more about a parcel. */
export function scanList({ title, parcels, scanned, changed, notes = new Map(), isSimulated }) {
  const note = h("p", { class: "small-note", role: "status", id: "scan-note" });
  const list = h("ul", { class: "parcels" });
  const input = h("input", {
    id: "code", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", enterkeyhint: "done",
    "aria-describedby": "scan-note",
  });
  const heading = h("h2", {});
  const draw = () => {
    heading.textContent = `${title}: ${scanned.size} of ${parcels.length}`;
    list.replaceChildren(...parcels.map((parcel) =>
      h("li", { class: scanned.has(parcel) ? "there" : "", "data-parcel": parcel },
        shape(scanned.has(parcel) ? "tick" : "ring", scanned.has(parcel) ? "good" : ""),
        h("span", { class: "tail" }, tail(parcel)),
        h("span", { class: "more muted" }, notes.get(parcel) ?? ""),
        h("span", { class: "visually-hidden" }, scanned.has(parcel) ? "scanned" : "not scanned"))));
  };
  const take = (code) => {
    const parcel = meant(code, parcels);
    let said = `${code.trim()} is not on this list.`;
    if (parcel && scanned.has(parcel)) said = `${tail(parcel)} was scanned before.`;
    else if (parcel) {
      scanned.add(parcel);
      said = `${tail(parcel)} is there.`;
    }
    note.textContent = said;
    note.classList.toggle("bad", !parcel);
    draw();
    changed();
    return { said, goOn: scanned.size < parcels.length };
  };
  draw();
  return h("section", { class: "block", "data-proof": "scan" }, heading,
    h("form", { class: "type-in", onsubmit: (event) => {
      event.preventDefault();
      // A pasted list counts line by line.
      for (const code of input.value.split(/[\s,;]+/).filter(Boolean)) take(code);
      input.value = "";
      input.focus();
    } },
    h("label", { for: "code" }, "Scan a label, or type the end of its code"),
    h("div", { class: "pair" }, input, h("button", { class: "big" }, "Add"))),
    note,
    h("div", { class: "pair" }, hasCamera() ? h("button", { type: "button", class: "big", id: "camera", onclick: () => openCamera(take) }, "Camera") : null,
    isSimulated ? h("button", { type: "button", class: "big", id: "scan-all", onclick: () => {
      for (const parcel of parcels) scanned.add(parcel);
      note.textContent = "";
      draw();
      changed();
    } }, "Demo: all scanned") : null),
    list);
}
