// Photo: taken with the phone's camera, shrunk on the phone, shown before it is sent.

import { h } from "../app/dom.js";

const SIDE_PX_MAX = 1600;
const QUALITY = 0.8;

/** The picture as a JPEG whose longer side has 1600 px at most. */
async function shrunk(file) {
  const whole = await createImageBitmap(file);
  const scale = Math.min(1, SIDE_PX_MAX / Math.max(whole.width, whole.height));
  const canvas = h("canvas", { width: Math.round(whole.width * scale), height: Math.round(whole.height * scale) });
  canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
  whole.close();
  return new Promise((made) => canvas.toBlob(made, "image/jpeg", QUALITY));
}

/** A block that takes one photo into `form.photo`. */
export function photoBlock(form, changed) {
  const seen = h("img", { class: "taken", alt: "The photo as it will be sent", hidden: true });
  const note = h("p", { class: "small-note", role: "status" });
  const label = h("label", { class: "big pick", for: "photo" }, "Take a photo");
  const show = () => {
    if (!form.photo) return;
    URL.revokeObjectURL(seen.src);
    seen.src = URL.createObjectURL(form.photo);
    seen.hidden = false;
    label.textContent = "Take it again";
    note.textContent = `${Math.ceil(form.photo.size / 1024)} KB`;
  };
  const input = h("input", {
    type: "file", id: "photo", accept: "image/*", capture: "environment", class: "visually-hidden",
    onchange: async () => {
      if (!input.files.length) return;
      try {
        form.photo = await shrunk(input.files[0]);
        show();
      } catch {
        note.textContent = "This file is no picture.";
      }
      changed();
    },
  });
  show();
  return h("section", { class: "block", "data-proof": "photo" }, h("h2", {}, "Photo"), input, label, seen, note);
}
