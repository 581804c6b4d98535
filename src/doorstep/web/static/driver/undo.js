// Undo: a confirmed step waits ten seconds on the phone before it is sent; whatever fails, it is kept.

import { h } from "../app/dom.js";
import { Refused, Unpaired } from "./api.js";

export const UNDO_S = 10;

export class Undo {
  #dock;
  #timer = null;
  #step = null;

  constructor(dock) {
    this.#dock = dock;
    addEventListener("beforeunload", (event) => {
      if (this.#step) event.preventDefault();
    });
  }

  get isHolding() {
    return this.#step !== null;
  }

  /**
   * Hold a step, then send it. `title` says what was confirmed; `send` tells the server, and may be called
   * again; `done` gets its answer, `undone` is called where the step was taken back or refused.
   */
  hold({ title, send, done, undone }) {
    this.#step = { title, send, done, undone };
    let left = UNDO_S;
    const words = h("p", { class: "held", role: "status" });
    const say = () => (words.textContent = `Is sent in ${left} s.`);
    say();
    this.#dock.replaceChildren(
      h("h1", {}, title),
      words,
      h("div", { class: "pair" },
        h("button", { type: "button", id: "undo", class: "big", onclick: () => this.#back() }, "Undo"),
        h("button", { type: "button", id: "send-now", class: "big", onclick: () => this.#send() }, "Send now")),
    );
    this.#dock.querySelector("#undo").focus({ preventScroll: true });
    this.#timer = setInterval(() => {
      left -= 1;
      if (left > 0) say();
      else this.#send();
    }, 1_000);
  }

  #back(problem) {
    clearInterval(this.#timer);
    const { undone } = this.#step;
    this.#step = null;
    undone(problem);
  }

  async #send() {
    clearInterval(this.#timer);
    const step = this.#step;
    this.#dock.replaceChildren(h("h1", {}, step.title), h("p", { class: "held", role: "status" }, "Sending …"));
    try {
      const answer = await step.send();
      this.#step = null;
      step.done(answer);
    } catch (fault) {
      if (fault instanceof Refused || fault instanceof Unpaired) this.#back(fault);
      else this.#keep(fault);
    }
  }

  /** The server did not answer: the step stays here, and goes out under the same key. */
  #keep(fault) {
    this.#dock.replaceChildren(
      h("h1", {}, this.#step.title),
      h("p", { class: "held bad", role: "alert", id: "not-sent" }, `Not sent. ${fault.message} It is kept on this page.`),
      h("div", { class: "pair" },
        h("button", { type: "button", id: "undo", class: "big", onclick: () => this.#back() }, "Undo"),
        h("button", { type: "button", id: "again", class: "primary", onclick: () => this.#send() }, "Try again")),
    );
  }
}
