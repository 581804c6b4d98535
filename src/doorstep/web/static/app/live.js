// Live: follows the board's stream. One tab of a browser holds the line and tells the others what it hears, because
// a browser opens six connections to a server and a seventh tab would hang.

import { store } from "./store.js";

const CHANNEL = "doorstep-board";
const STALE_MS = 15_000; // the server is never silent for longer than ten seconds
const RETRY_MS = 1_500;

const channel = new BroadcastChannel(CHANNEL);
let leads = false;
let source = null;
let lastHeard = 0;

const handlers = {
  board: (data) => store.whole(data),
  changes: (data) => store.changes(data),
  vehicles: (data) => store.changes(data),
};

function hear(kind, text, { tell }) {
  lastHeard = performance.now();
  if (kind !== "alive") handlers[kind](JSON.parse(text));
  else if (store.board) store.become("live");
  if (tell) channel.postMessage({ kind, text });
}

channel.onmessage = ({ data }) => {
  if (data.kind === "who" && leads && store.board) {
    channel.postMessage({ kind: "board", text: JSON.stringify(store.board) });
  } else if (data.kind in handlers && (store.board || data.kind === "board")) {
    hear(data.kind, data.text, { tell: false });
  }
};

function connect() {
  source?.close();
  source = new EventSource("/v1/stream");
  for (const kind of Object.keys(handlers)) {
    source.addEventListener(kind, (event) => hear(kind, event.data, { tell: true }));
  }
  source.addEventListener("alive", () => hear("alive", "", { tell: true }));
  source.onerror = () => {
    store.become(store.board ? "stale" : "error");
    // A browser gives up for good on some errors; we do not.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  };
}

/** Begin to follow; whole boards come by the stream, and by a plain read where another tab holds it. */
export function follow() {
  navigator.locks.request(CHANNEL, () => {
    leads = true;
    connect();
    return new Promise(() => {}); // held until the tab closes, then the next tab leads
  });
  channel.postMessage({ kind: "who" });
  setTimeout(read, 300);
  setInterval(() => {
    if (!store.board || performance.now() - lastHeard < STALE_MS) return;
    store.become("stale");
    if (leads) connect();
    else read();
  }, 3_000);
}

async function read() {
  if (store.board && performance.now() - lastHeard < STALE_MS) return;
  try {
    const answer = await fetch("/v1/board", { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(`the board answered ${answer.status}`);
    const board = await answer.json();
    if (!store.board) hear("board", JSON.stringify(board), { tell: false });
  } catch {
    if (!store.board) store.become("error");
  }
}
