// Signature: strokes on a pad, kept as a PNG on white.

import { h } from "../app/dom.js";
import SignaturePad from "../vendor/signature_pad/signature_pad.js";

/** A block that takes a signature into `form.signature`. */
export function signatureBlock(form, changed) {
  const canvas = h("canvas", { class: "pad", id: "pad", role: "img", "aria-label": "Pad to sign on" });
  const pad = new SignaturePad(canvas, { penColor: "#111", backgroundColor: "#fff", minWidth: 1, maxWidth: 3 });
  // The pad's points are CSS pixels, so the canvas has as many as the screen shows.
  new ResizeObserver(() => {
    const ratio = devicePixelRatio;
    if (!canvas.clientWidth || canvas.width === canvas.clientWidth * ratio) return;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.clear();
    if (form.strokes) pad.fromData(form.strokes);
  }).observe(canvas);
  pad.addEventListener("endStroke", () => {
    form.strokes = pad.toData();
    canvas.toBlob((picture) => {
      form.signature = picture;
      changed();
    }, "image/png");
  });
  const clear = () => {
    pad.clear();
    form.signature = form.strokes = null;
    changed();
  };
  return h("section", { class: "block", "data-proof": "signature" },
    h("h2", {}, "Signature"), canvas,
    h("button", { type: "button", class: "big", onclick: clear }, "Clear the pad"));
}
