// Line: the server's stream, for every page. One tab of a browser holds it and tells the others what it hears, because
// a browser opens six connections to a server and a seventh tab would hang.

const CHANNEL = "doorstep-board";
const KINDS = ["board", "changes", "touched", "vehicles"];
const RETRY_MS = 1_500;

/** Says "told" with { kind, data } for each message, also for a mere "alive", and "lost" when the stream is cut. */
export class Line extends EventTarget {
  /** `snapshot` gives the whole board for a tab that has just come, or nothing. */
  constructor(snapshot = () => null) {
    super();
    this.leads = false;
    this.heardAt = 0;
    this.snapshot = snapshot;
    this.channel = new BroadcastChannel(CHANNEL);
    this.channel.onmessage = ({ data }) => this.overheard(data);
  }

  /** Begin; the lock is held until the tab closes, then the next tab leads. */
  open() {
    navigator.locks.request(CHANNEL, () => {
      this.leads = true;
      this.connect();
      return new Promise(() => {});
    });
    this.channel.postMessage({ kind: "who" });
  }

  /** Milliseconds since anything was heard. */
  get silentMs() {
    return performance.now() - this.heardAt;
  }

  connect() {
    this.source?.close();
    this.source = new EventSource("/v1/stream");
    for (const kind of KINDS) this.source.addEventListener(kind, (event) => this.heard(kind, event.data, true));
    this.source.addEventListener("alive", () => this.heard("alive", "{}", true));
    this.source.onerror = () => {
      this.dispatchEvent(new Event("lost"));
      // A browser gives up for good on some errors; we do not.
      if (this.source.readyState === EventSource.CLOSED) setTimeout(() => this.connect(), RETRY_MS);
    };
  }

  overheard({ kind, text }) {
    if (kind === "who") {
      const board = this.leads && this.snapshot();
      if (board) this.channel.postMessage({ kind: "board", text: JSON.stringify(board) });
    } else this.heard(kind, text, false);
  }

  heard(kind, text, tell) {
    this.heardAt = performance.now();
    this.dispatchEvent(new CustomEvent("told", { detail: { kind, data: JSON.parse(text) } }));
    if (tell) this.channel.postMessage({ kind, text });
  }
}
