// Door: what the driver sees of a stop, hands over there, or says why not.

import { h, shape } from "../app/dom.js";
import { span } from "../app/format.js";
import { photoBlock } from "./photo.js";
import { scanList } from "./scan-list.js";
import { signatureBlock } from "./signature.js";
import { METHODS, geoLink, handlingWords, proofWords, reasonWords, tail } from "./words.js";

const BY_HAND = ["photo", "signature", "pin", "age_check"]; // in the order in which a driver asks for them; the rest comes by itself

/** Who lives there and what they asked for; with a link to the map where no button has it. */
export function stopHead(stop, zone, hasMap = true) {
  return h("section", { class: "stop-head" },
    h("h1", { tabindex: "-1" }, stop.name ?? "Erased recipient"),
    stop.kind === "collection" ? h("p", { class: "strong" }, "Collect what comes back") : null,
    h("p", { class: "address" }, stop.address ?? "–"),
    stop.instructions ? h("p", { class: "instructions" }, h("span", { class: "visually-hidden" }, "Asked: "), stop.instructions) : null,
    h("dl", { class: "lines" },
      h("dt", {}, "Promised"), h("dd", { class: "strong" }, span(stop.window_start, stop.window_end, zone)),
      h("dt", {}, stop.parcels.length === 1 ? "Parcel" : "Parcels"), h("dd", {}, stop.parcels.map(tail).join(", ")),
      stop.handling.length ? h("dt", {}, "Mind") : null,
      stop.handling.length ? h("dd", {}, stop.handling.map(handlingWords).join(", ")) : null),
    h("div", { class: "pair" },
      stop.phone ? h("a", { class: "big", href: `tel:${stop.phone.replace(/[^+\d]/g, "")}` }, "Call") : null,
      hasMap ? h("a", { class: "big", href: geoLink(stop) }, "Map") : null));
}

const blankHandoff = () => ({ method: "to_recipient", scanned: new Set(), photo: null, signature: null, strokes: null, pin: "", age: false });

/** The screen at the door; `form` outlives redrawing, and what it still lacks is named by `lacking`. */
export class Handoff {
  constructor(stop, policy) {
    this.stop = stop;
    this.policy = policy;
    this.form = blankHandoff();
  }

  /** Whether so many wrong PINs were given that no other counts: then the handoff goes without. */
  get isPinLocked() {
    return this.stop.pin_tries_left === 0;
  }

  /** The proofs that are asked of the driver's hands, for the chosen way of handing over. */
  get asked() {
    const isFetched = this.stop.kind === "collection";
    const ofMethod = isFetched ? [] : this.policy.methods.find((one) => one.method === this.form.method)?.proofs ?? [];
    return BY_HAND.filter((kind) => this.stop.proofs_required.includes(kind) || ofMethod.includes(kind))
      .filter((kind) => kind !== "pin" || !this.isPinLocked);
  }

  /** What is not there yet, in the order in which it is asked. */
  get lacking() {
    const { form, stop } = this;
    const lacks = {
      photo: !form.photo,
      signature: !form.signature,
      pin: form.pin.length !== this.policy.pin_digits,
      age_check: !form.age,
    };
    return [...(form.scanned.size < stop.parcels.length ? ["scan"] : []), ...this.asked.filter((kind) => lacks[kind])];
  }

  draw(zone, isSimulated, changed) {
    const { form, stop, policy } = this;
    const proofs = h("div", { class: "blocks" });
    const locked = () => h("p", { class: "notice warn", role: "status", id: "pin-locked" },
      "Too many wrong PINs: no other counts. Hand over without it, and somebody looks into it; or choose “Can't deliver”, “Wrong PIN or ID”.");
    const drawProofs = () => proofs.replaceChildren(...[
      ...(this.isPinLocked ? [locked()] : []), ...this.asked.map((kind) => this.#block(kind, changed)),
    ].filter(Boolean));
    drawProofs();
    return [
      stopHead(stop, zone),
      scanList({ title: "Parcels", parcels: stop.parcels, scanned: form.scanned, changed, isSimulated }),
      stop.kind === "collection" ? null : h("fieldset", { class: "block choices" }, h("legend", {}, "Handed over"),
        policy.methods.map(({ method }) => h("label", { class: "choice" },
          h("input", { type: "radio", name: "method", value: method, checked: method === form.method, onchange: () => {
            form.method = method;
            drawProofs();
            changed();
          } }), METHODS[method] ?? method))),
      proofs,
    ].filter(Boolean);
  }

  #block(kind, changed) {
    const { form, policy } = this;
    if (kind === "photo") return photoBlock(form, changed);
    if (kind === "signature") return signatureBlock(form, changed);
    if (kind === "pin") {
      return h("section", { class: "block", "data-proof": "pin" },
        h("h2", {}, h("label", { for: "pin" }, `PIN that the recipient was told, ${policy.pin_digits} digits`)),
        h("p", {}, this.stop.pin_tries_left === 1 ? "1 try is left" : `${this.stop.pin_tries_left} tries are left`),
        h("input", { id: "pin", inputmode: "numeric", autocomplete: "off", maxlength: policy.pin_digits, value: form.pin, oninput: (event) => {
          form.pin = event.target.value.replace(/\D/g, "");
          changed();
        } }));
    }
    if (kind === "age_check") {
      return h("section", { class: "block", "data-proof": "age_check" }, h("h2", {}, "Age"),
        h("label", { class: "choice" }, h("input", { type: "checkbox", id: "age", checked: form.age, onchange: (event) => {
          form.age = event.target.checked;
          changed();
        } }), "I saw an ID, and the recipient is old enough"));
    }
    return null;
  }
}

/** The screen that says why it could not be delivered. */
export class Failure {
  constructor(stop, policy, arrivedMs) {
    this.stop = stop;
    this.policy = policy;
    this.arrivedMs = arrivedMs;
    this.form = { reason: null, photo: null, contact: false };
  }

  get rule() {
    return this.policy.reasons.find((one) => one.reason === this.form.reason) ?? null;
  }

  get lacking() {
    const { rule, form } = this;
    if (!rule) return ["reason"];
    return [...(rule.contact && !form.contact ? ["contact"] : []), ...(rule.evidence.includes("photo") && !form.photo ? ["photo"] : [])];
  }

  /** Seconds that policy still wants the driver to stay at the door; 0 where nobody knows since when. */
  stayLeft(nowMs) {
    return this.arrivedMs === null ? 0 : Math.max(0, Math.ceil(this.policy.stay_s_min - (nowMs - this.arrivedMs) / 1000));
  }

  draw(changed) {
    const { form, stop } = this;
    const evidence = h("div", { class: "blocks" });
    const drawEvidence = () => {
      const { rule } = this;
      evidence.replaceChildren(...(rule ? [
        rule.contact || rule.evidence.length
          ? h("p", { class: "small-note" }, `Policy asks for ${[rule.contact ? "a try to reach the recipient" : "", proofWords(rule.evidence)].filter(Boolean).join(", and a ")}.`)
          : h("p", { class: "small-note" }, "Policy asks for nothing more."),
        rule.contact ? h("section", { class: "block", "data-proof": "contact" }, h("h2", {}, "Contact"),
          stop.phone ? h("a", { class: "big", href: `tel:${stop.phone.replace(/[^+\d]/g, "")}` }, `Call ${stop.name ?? "the recipient"}`) : null,
          h("label", { class: "choice" }, h("input", { type: "checkbox", id: "contact", checked: form.contact, onchange: (event) => {
            form.contact = event.target.checked;
            changed();
          } }), "I rang or called, and reached nobody who helped")) : null,
        rule.evidence.includes("photo") ? photoBlock(form, changed) : null,
      ] : []).filter(Boolean));
    };
    drawEvidence();
    const reasons = h("fieldset", { class: "block choices" });
    const choose = (reason) => {
      form.reason = reason;
      drawReasons();
      drawEvidence();
      changed();
      scrollTo(0, 0);
      reasons.querySelector(reason ? ":checked" : "input").focus();
    };
    // A reason that was chosen stands alone, so that what it asks for is in sight.
    const drawReasons = () => reasons.replaceChildren(h("legend", { class: "visually-hidden" }, "Reason"),
      ...this.policy.reasons.filter(({ reason }) => !form.reason || reason === form.reason).map(({ reason }) =>
        h("label", { class: "choice" },
          h("input", { type: "radio", name: "reason", value: reason, checked: reason === form.reason, onclick: () => choose(reason) }),
          reasonWords(reason))),
      ...(form.reason ? [h("button", { type: "button", class: "big", id: "other-reason", onclick: () => choose(null) }, "Another reason")] : []));
    drawReasons();
    return [
      h("h1", { tabindex: "-1" }, `Why can it not be ${stop.kind === "collection" ? "collected" : "delivered"}?`),
      h("p", { class: "muted" }, `${stop.name ?? "Erased recipient"}, ${stop.address ?? "–"}`),
      reasons,
      evidence,
    ];
  }
}

/** One line of the list of stops. */
export function stopLine(stop, index, zone, choose) {
  const failed = stop.done && !["delivered", "collected"].includes(stop.status) && stop.kind !== "hub";
  const mark = stop.done ? (failed ? shape("cross", "bad") : shape("tick", "good")) : shape("ring");
  const inside = [mark,
    h("span", { class: "grow" },
      h("span", { class: "strong" }, stop.kind === "hub" ? "Hub" : (stop.name ?? "Erased recipient")),
      h("span", { class: "muted line" }, stop.kind === "hub" ? "Load" : (stop.address ?? "–"))),
    h("span", { class: "right" }, stop.kind === "hub" ? "" : span(stop.window_start, stop.window_end, zone),
      h("span", { class: "muted line" }, stop.done ? (stop.kind === "hub" ? "done" : failed ? "failed" : stop.status) : `stop ${index}`))];
  return h("li", { class: stop.done ? "done" : "" },
    stop.done || !choose ? h("div", { class: "stop-line" }, inside) : h("button", { type: "button", class: "stop-line", onclick: () => choose(stop) }, inside));
}
