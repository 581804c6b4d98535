// Camera: reads codes from the phone's camera, by the browser's own detector or else by zxing, which comes along.

import { h } from "../app/dom.js";

const EVERY_MS = 200;
const FORMATS = ["code_128", "qr_code", "data_matrix"];
const WASM = "/static/vendor/zxing/zxing_reader.wasm";

/** Whether this page may use a camera: browsers allow it on encrypted connections and on the same machine. */
export const hasCamera = () => isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);

/** What reads the codes of a picture. */
async function reader() {
  if ("BarcodeDetector" in window) {
    const detector = new BarcodeDetector({ formats: FORMATS });
    return async (picture) => (await detector.detect(picture)).map((code) => code.rawValue);
  }
  const { prepareZXingModule, readBarcodes } = await import("../vendor/zxing/reader/index.js");
  prepareZXingModule({ overrides: { locateFile: () => WASM } });
  return async (picture) => (await readBarcodes(picture, { formats: ["Code128", "QRCode", "DataMatrix"] })).map((code) => code.text);
}

/** A sheet with the camera's picture; `found` gets each code that it reads and says whether to go on. */
export async function openCamera(found) {
  const video = h("video", { playsinline: true, muted: true, "aria-label": "The camera's picture" });
  const note = h("p", { role: "status" }, "Hold the label into the picture.");
  const sheet = h("dialog", { class: "camera", "aria-label": "Scan with the camera" }, video, note,
    h("form", { method: "dialog" }, h("button", { class: "big" }, "Close the camera")));
  document.body.append(sheet);
  sheet.showModal();
  let stream = null;
  let timer = null;
  sheet.addEventListener("close", () => {
    clearTimeout(timer);
    stream?.getTracks().forEach((track) => track.stop());
    sheet.remove();
  });
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    if (!sheet.open) return stream.getTracks().forEach((track) => track.stop());
    video.srcObject = stream;
    await video.play();
    const read = await reader();
    const canvas = h("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const look = async () => {
      if (!sheet.open) return;
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      context.drawImage(video, 0, 0);
      const codes = canvas.width ? await read(context.getImageData(0, 0, canvas.width, canvas.height)) : [];
      for (const code of codes) {
        const { said, goOn } = found(code);
        note.textContent = said;
        if (!goOn) sheet.close();
      }
      timer = setTimeout(look, EVERY_MS);
    };
    await look();
  } catch (fault) {
    note.textContent = `The camera cannot be used (${fault.message}). Type the code instead.`;
  }
}
