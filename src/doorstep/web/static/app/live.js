// Live: keeps the board as the line tells it, and reads it whole where the line says nothing.

import { Line } from "./line.js";
import { store } from "./store.js";

const STALE_MS = 15_000; // the server is never silent for longer than ten seconds
const FIRST_MS = 300;
const LOOK_MS = 3_000;

const line = new Line(() => store.board);

line.addEventListener("told", ({ detail: { kind, data } }) => {
  if (kind === "board") store.whole(data);
  else if (!store.board) return;
  else if (kind === "changes" || kind === "vehicles") store.changes(data);
  else store.become("live");
});
line.addEventListener("lost", () => store.become(store.board ? "stale" : "error"));

/** Begin to follow; whole boards come by the line, and by a plain read where another tab holds it. */
export function follow() {
  line.open();
  setTimeout(read, FIRST_MS);
  setInterval(() => {
    if (!store.board || line.silentMs < STALE_MS) return;
    store.become("stale");
    if (line.leads) line.connect();
    else read();
  }, LOOK_MS);
}

async function read() {
  if (store.board) return;
  try {
    const answer = await fetch("/v1/board", { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(`the board answered ${answer.status}`);
    const board = await answer.json();
    if (!store.board) store.whole(board);
  } catch {
    if (!store.board) store.become("error");
  }
}
