// A decision can be taken back for some seconds; the seconds are counted where everybody sees them.
// @ts-check
import * as api from "./api.js";
import { label } from "./keymap.js";
import { el, t, word } from "./texts.js";

export class Undo {
  /** @param {import("./desk.js").Desk} desk @param {import("./flow.js").Flow} flow */
  constructor(desk, flow) {
    this.desk = desk;
    this.flow = flow;
    this.place = /** @type {HTMLElement} */ (document.getElementById("toast"));
    /** @type {{taken: any, found: any, draft: any, until: number} | null} */
    this.last = null;
    /** @type {Promise<any> | null} */
    this.coming = null;
    this.timer = 0;
  }

  /** A decision is on its way. @param {Promise<any>} sent @param {any} found @param {string} kind */
  expect(sent, found, kind) {
    clearInterval(this.timer);
    this.coming = sent.catch(() => null);
    this.last = null;
    this.place.hidden = false;
    this.place.replaceChildren(el("p", {}, t("sending", { what: word("decision", kind) }), " ", el("bdi", {}, found.sku)));
  }

  /** It is taken: it can be undone. @param {any} taken @param {any} found @param {any} draft */
  offer(taken, found, draft) {
    this.coming = null;
    this.last = { taken, found, draft, until: performance.now() + taken.undo_seconds * 1000 };
    const left = el("span", { class: "left", "aria-hidden": "true" });
    const text = `${word("decision", taken.kind)}: `;
    const button = el("button", { type: "button", "data-do": "undo", click: () => void this.take() }, t("undo"), " ", el("kbd", {}, label(this.desk.keyOf("undo"))));
    this.place.replaceChildren(el("p", {}, text, el("bdi", {}, found.sku), " ", left), button);
    this.desk.say(`${text}${found.sku}. ${t("undo_for", { n: Math.round(taken.undo_seconds) })}`);
    const tick = () => {
      const seconds = this.last ? Math.ceil((this.last.until - performance.now()) / 1000) : 0;
      left.textContent = t("seconds", { n: Math.max(0, seconds) });
      if (seconds <= 0) this.forget();
    };
    clearInterval(this.timer);
    tick();
    this.timer = window.setInterval(tick, 250);
  }

  forget() {
    clearInterval(this.timer);
    this.last = null;
    this.coming = null;
    this.place.hidden = true;
    this.place.replaceChildren();
  }

  async take() {
    if (this.coming) await this.coming;
    const last = this.last;
    if (!last) return this.desk.say(t("nothing_to_undo"));
    clearInterval(this.timer);
    this.last = null;
    try {
      const found = await api.undo(last.taken.decision_id);
      const { desk, flow } = this;
      this.forget();
      if (!flow.next && desk.found.case_id !== found.case_id && !desk.readOnly) flow.next = desk.found;
      await flow.open(found, "lease", last.draft);
      desk.say(t("undone"));
      desk.tell(t("undone"), "info");
    } catch (error) {
      const said = /** @type {api.Refused} */ (error);
      this.forget();
      this.desk.tell(said.status ? `${said.message} ${said.advice}` : t("unreachable"), "bad");
    }
  }
}
