// Driver: today's route on a phone. One primary button follows the state; every screen is drawn from the doors.

import { h } from "../app/dom.js";
import { clock } from "../app/format.js";
import { Refused, Unpaired } from "./api.js";
import { marketClock } from "./clock.js";
import { Day } from "./day.js";
import { acknowledge, noticeOf, unread } from "./messages.js";
import { follow } from "./place.js";
import { SCREENS } from "./screens.js";
import { Undo } from "./undo.js";

const EVERY_MS = 3_000;
const TICK_MS = 1_000;

const at = (id) => document.getElementById(id);

class App {
  day = new Day();
  zone = document.body.dataset.zone;
  isSimulated = document.body.dataset.simulated === "yes";
  view = null; // a screen that the driver opened; null is the step's own
  forms = new Map(); // what was entered, by screen; it outlives redrawing
  said = null; // what the last step came to: { text, tone }
  undo = new Undo(at("dock"));
  #drawn = "";

  /** What was entered on a screen, made anew where there is nothing yet. */
  form(key, make) {
    if (!this.forms.has(key)) this.forms.set(key, make());
    return this.forms.get(key);
  }

  /** Open a screen, or with null go back to the step's own. */
  open(view) {
    this.view = view;
    this.draw();
  }

  say(text, tone = "") {
    this.said = text ? { text, tone } : null;
  }

  /** Hold a confirmed step for ten seconds; what it came to is said on the next screen. */
  confirm(title, send, said) {
    at("screen").inert = true;
    this.undo.hold({
      title,
      send,
      done: async (answer) => {
        at("screen").inert = false;
        this.view = null;
        this.say(...said(answer));
        await this.refresh();
        this.draw();
      },
      undone: async (problem) => {
        at("screen").inert = false;
        if (problem instanceof Unpaired) return this.#unpaired();
        if (problem instanceof Refused) {
          // What was refused may have changed what is asked, as a wrong PIN does.
          await this.refresh();
          this.draw();
        }
        this.#dock(problem?.message);
      },
    });
  }

  /** Do something at once that needs no undoing; where it fails, say so and keep everything. */
  async now(act) {
    try {
      await act();
      await this.refresh();
      this.draw();
    } catch (fault) {
      if (fault instanceof Unpaired) this.#unpaired();
      else this.#dock(fault.message);
    }
  }

  async refresh() {
    try {
      await this.day.refresh();
      this.#reached(true);
    } catch (fault) {
      if (fault instanceof Unpaired) this.#unpaired();
      else if (fault instanceof Refused) this.say(fault.message, "bad");
      else this.#reached(false);
    }
  }

  /** Draw the screen where it is another one than before, and its dock. */
  draw() {
    const screen = this.#screen();
    this.#dress();
    this.#letters();
    if (screen.key !== this.#drawn) {
      this.#drawn = screen.key;
      const notice = this.said ? h("p", { class: `notice ${this.said.tone}`, role: "status", id: "said" }, this.said.text) : null;
      at("screen").replaceChildren(...[notice, ...screen.main(() => this.#dock())].filter(Boolean));
      at("screen").dataset.screen = screen.name;
      at("screen").querySelector("h1")?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    this.#dock();
  }

  #screen() {
    // The stop may have been taken away, or done, while a screen about it was open.
    if (this.view === "fail" && !["way", "door"].includes(this.day.step)) this.view = null;
    const name = this.view ?? this.day.step;
    return { name, ...SCREENS[name](this) };
  }

  /** The dock: what is wrong, the primary button, and the other ways. */
  #dock(problem) {
    if (this.undo.isHolding) return;
    const { primary, others = [] } = this.#screen();
    const button = (one, kind) =>
      one && (one.href
        ? h("a", { class: kind, id: one.id, href: one.href, onclick: one.act }, one.label)
        : h("button", { type: "button", class: kind, id: one.id, onclick: one.act }, one.label));
    const shown = others.filter(Boolean);
    at("dock").replaceChildren(...[
      problem ? h("p", { class: "held bad", role: "alert", id: "problem" }, problem) : null,
      button(primary, "primary"),
      shown.length ? h("div", { class: "pair" }, shown.map((one) => button(one, "big"))) : null,
    ].filter(Boolean));
  }

  #dress() {
    at("van").textContent = this.day.route?.vehicle ?? "";
    at("clock").textContent = this.day.route ? clock(marketClock.iso(), this.zone) : "";
  }

  /** What the office wrote and nobody has acknowledged; what did not change keeps its focus. */
  #letters() {
    const open = unread(this.day.route);
    const shown = open.map((one) => one.key).join();
    const box = at("messages");
    if (box.dataset.shown === shown) return;
    box.dataset.shown = shown;
    box.replaceChildren(...open.map((one) => noticeOf(one, this.day.stops, this.zone, () => {
      acknowledge(one.key);
      this.#letters();
      at("screen").focus({ preventScroll: true });
    })));
  }

  #reached(isReached) {
    const note = at("offline");
    if (isReached) note.hidden = true;
    else if (note.hidden) {
      note.textContent = `No connection since ${clock(marketClock.iso(), this.zone)}. What you entered stays on this page.`;
      note.hidden = false;
    }
    document.body.dataset.reached = isReached ? "yes" : "no";
  }

  #unpaired() {
    clearInterval(this.polling);
    at("dock").replaceChildren();
    at("messages").replaceChildren();
    at("screen").inert = false;
    at("screen").dataset.screen = "unpaired";
    at("screen").replaceChildren(h("h1", {}, "This phone is not paired any more"),
      h("p", {}, "Another phone was paired for you, or the office let this one go. Ask the office for a new code."));
  }

  async start() {
    await this.refresh();
    if (!at("screen").dataset.screen) this.draw();
    if (!this.isSimulated) follow(() => (this.day.route?.state === "departed" ? this.day.route.vehicle : null));
    this.polling = setInterval(async () => {
      if (document.hidden || this.undo.isHolding) return;
      await this.refresh();
      if (at("screen").dataset.screen !== "unpaired" && !this.undo.isHolding) this.#again();
    }, EVERY_MS);
    setInterval(() => this.#tick(), TICK_MS);
  }

  /** The clock, and a button that counts seconds; a button that did not change keeps the focus. */
  #tick() {
    this.#dress();
    const shown = at("dock").querySelector(".primary");
    if (shown && !this.undo.isHolding && shown.textContent !== this.#screen().primary?.label) this.#dock();
  }

  /** Draw what changed by itself; a dock that did not change keeps its focus and what it says. */
  #again() {
    if (this.#screen().key !== this.#drawn) this.draw();
    else {
      this.#dress();
      this.#letters();
    }
  }
}

at("theme").addEventListener("click", () => {
  const chosen = document.documentElement.dataset.theme;
  const isDark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
});

new App().start();
