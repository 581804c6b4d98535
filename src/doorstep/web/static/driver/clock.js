// Clock: the market's time on this phone, from the times that the server told.

const AHEAD_MS_MAX = 600_000; // a stamp farther ahead is of another day's market
const STAMP = "last stamp";

class Clock {
  // A simulated market's time goes as fast as somebody chose, so between two readings it stands.
  #rate = document.body.dataset.simulated === "yes" ? 0 : 1;
  #last = null;

  /** The server said that it is `iso` now. */
  told(iso) {
    this.#last = { here: performance.now(), there: Date.parse(iso) };
  }

  /** The market's time, milliseconds. */
  now() {
    if (!this.#last) return Date.now();
    return this.#last.there + (performance.now() - this.#last.here) * this.#rate;
  }

  /** The market's time, to be shown. */
  iso() {
    return new Date(Math.floor(this.now())).toISOString();
  }

  /** The market's time of a step: never before the step before, for the doors sort what they are told by it. */
  stamp() {
    const now = Math.floor(this.now());
    const last = Number(sessionStorage.getItem(STAMP) ?? 0);
    const at = last - now > AHEAD_MS_MAX ? now : Math.max(now, last + 1);
    sessionStorage.setItem(STAMP, at);
    return new Date(at).toISOString();
  }
}

export const marketClock = new Clock();
