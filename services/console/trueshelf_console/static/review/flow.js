// From case to case: leases and their heartbeat, the next case made ready, decisions, their undo, and what goes wrong.
// @ts-check
import { askAgain } from "./again.js";
import * as api from "./api.js";
import { bodyOf, changesBetween } from "./bodies.js";
import { missing, missingTexts, negative, positive } from "./decide.js";
import { subjectsOf } from "./subjects.js";
import { el, t, word } from "./texts.js";
import { Undo } from "./undo.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** Milliseconds after which an empty queue is asked again: what comes in meanwhile is ready before it is needed. */
const ASK_AGAIN = 4000;

export class Flow {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** The case that comes next, leased and its previews loaded. @type {any} */
    this.next = null;
    /** @type {Promise<void> | null} */
    this.fetching = null;
    this.heart = 0;
    this.asking = 0;
    this.undo = new Undo(desk, this);
    /** One key per attempt: sent twice, it is one decision. @type {{body: string, key: string} | null} */
    this.attempt = null;
    desk.supply.renew = async () => this.renewed(await api.getCase(desk.found.case_id, api.LIVE));
    document.addEventListener("visibilitychange", () => this.prepare());
    addEventListener("pagehide", () => {
      if (this.next) void api.ask("POST", `/cases/${this.next.case_id}/give-back`, undefined).catch(() => null);
    });
  }

  /** Lay a case down and take it. @param {any} found @param {"lease" | "begin" | "mine"} how @param {any} [draft] */
  async open(found, how, draft) {
    const { desk } = this;
    clearTimeout(this.heart);
    desk.held = "";
    desk.untell();
    desk.lay(found, draft);
    history.replaceState(null, "", `/review/cases/${found.case_id}${location.search}`);
    if (found.state !== "open") {
      desk.tell(t("only_look", { state: word("state", found.state) }), "info", this.nextButton());
      return;
    }
    try {
      const mine = how === "mine" ? found : await (how === "begin" ? api.begin : api.lease)(found.case_id);
      if (desk.found.case_id !== found.case_id) return;
      this.held(mine);
      this.prepare();
    } catch (error) {
      if (desk.found.case_id === found.case_id) this.lost(/** @type {api.Refused} */ (error), false);
    }
  }

  /** The lease holds: beat every third of its time. @param {any} found */
  held(found) {
    const { desk } = this;
    if (desk.held) desk.untell();
    desk.held = "";
    if (found.version !== desk.draft.version) this.changed(found);
    this.renewed(found);
    desk.update();
    clearTimeout(this.heart);
    this.heart = window.setTimeout(() => void this.beat(), Math.max(1, found.lease_seconds / 3) * 1000);
  }

  /** @param {any} found */
  renewed(found) {
    if (found.case_id === this.desk.found.case_id) this.desk.renewed(found);
  }

  async beat() {
    const id = this.desk.found.case_id;
    try {
      const found = await api.lease(id, api.LIVE);
      if (this.desk.found.case_id === id) this.held(found);
      if (this.next) void api.lease(this.next.case_id, api.LIVE).catch(() => { this.next = null; });
    } catch (error) {
      if (this.desk.found.case_id === id) this.lost(/** @type {api.Refused} */ (error), true);
    }
  }

  /** The case is not ours, or nobody can be asked. What was typed stays. @param {api.Refused} error @param {boolean} had */
  async lost(error, had) {
    const { desk } = this;
    clearTimeout(this.heart);
    if (this.passing(error)) {
      this.heart = window.setTimeout(() => void this.beat(), 5000);
      return;
    }
    desk.held = error.code || "lost";
    let who = "";
    try {
      const now = await api.getCase(desk.found.case_id, had ? api.LIVE : {});
      who = now.leased_by || "";
      desk.renewed(now);
    } catch {
      // the sentence below stands without a name
    }
    desk.update();
    const kept = had ? ` ${t("typed_kept")}` : "";
    if (error.code === "leased") {
      desk.tell((who ? t("leased_by", { who }) : t("leased")) + kept, "warn", this.nextButton());
      this.heart = window.setTimeout(() => void this.beat(), 15_000);
    } else {
      desk.tell(`${error.message} ${error.advice}${kept}`, "warn", this.nextButton());
    }
  }

  /** Say what passes by itself or by a login; false for what is a refusal. @param {api.Refused} error @returns {boolean} */
  passing(error) {
    const { desk } = this;
    if (error.status === 401) {
      desk.tell(t("session_over"), "bad", el("a", { class: "button", href: `/login?next=${encodeURIComponent(location.pathname + location.search)}` }, t("log_in")));
      return true;
    }
    if (error.status === 0 || error.status >= 500) {
      desk.tell(error.status === 0 ? t("unreachable") : t("service_away"), "bad");
      return true;
    }
    return false;
  }

  nextButton() {
    return el("div", { class: "buttons" }, el("button", { type: "button", class: "primary", "data-do": "next", click: () => void this.advance() }, t("take_next")), el("a", { href: "/review" }, t("to_queue")));
  }

  /** Lease the next case while this one is looked at, and load what it shows first. `now`: a person waits for it. */
  prepare(now = false) {
    if (this.next || this.fetching || (!now && (this.desk.readOnly || document.hidden))) return;
    this.fetching = api.takeNext(this.desk.wish, now ? {} : api.LIVE).then((found) => {
      clearTimeout(this.asking);
      if (!found) this.asking = window.setTimeout(() => this.prepare(), ASK_AGAIN);
      if (!found || found.case_id === this.desk.found.case_id) return;
      this.next = found;
      document.getElementById("review")?.setAttribute("data-next", found.case_id);
      this.desk.supply.fetchAhead(subjectsOf(found).slice(0, 3));
    }).catch(() => undefined).finally(() => { this.fetching = null; });
  }

  /** Go to the next case; it is on the screen at once when it is ready. */
  async advance() {
    if (!this.next && this.fetching) await this.fetching;
    if (!this.next) {
      this.prepare(true);
      await this.fetching;
    }
    const found = this.next;
    this.next = null;
    document.getElementById("review")?.removeAttribute("data-next");
    if (found) return this.open(found, "begin");
    this.desk.held = "end";
    this.desk.update();
    this.desk.tell(t("nothing_waits"), "info", el("div", { class: "buttons" }, el("a", { href: "/review" }, t("to_queue"))));
  }

  async skip() {
    const { desk } = this;
    const id = desk.found.case_id;
    const mine = !desk.readOnly;
    if (this.fetching) await this.fetching;
    if (!this.next) return desk.say(t("nothing_else"));
    await this.advance();
    if (mine) void api.giveBack(id).catch(() => undefined);
  }

  /** The key of a decision: the open form's, or the plain yes. */
  send() {
    const { found, draft } = this.desk;
    if (found.kind === "generation") return this.decide(draft.then || "regenerate");
    if (draft.form === "reject") return this.decide(negative(found));
    if (draft.form === "dispute") return this.decide("dispute");
    return this.decide(positive(found));
  }

  /** @param {string} kind */
  async decide(kind) {
    const { desk } = this;
    const { found, draft, subjects } = desk;
    if (desk.readOnly) return desk.say(t("cannot_decide"));
    const option = found.decisions_open.find((/** @type {any} */ each) => each.kind === kind);
    if (option && !option.open) return desk.tell(option.refused_because, "warn");
    const lacks = missing(desk, kind);
    if (lacks.length) {
      desk.tell(t("missing_to_send"), "warn", el("ul", {}, ...missingTexts(desk, lacks).map((text) => el("li", {}, text))));
      return;
    }
    const viewport = { width: innerWidth, height: innerHeight, device_pixel_ratio: devicePixelRatio || 1 };
    const body = bodyOf(kind, found, draft, subjects, desk.presets, viewport);
    const text = found.case_id + JSON.stringify({ ...body, viewport: 0 });
    if (this.attempt?.body !== text) this.attempt = { body: text, key: crypto.randomUUID() };
    const sent = api.decide(found.case_id, body, this.attempt.key);
    this.undo.expect(sent, found, kind);
    const shown = this.advance();
    try {
      const taken = await sent;
      this.attempt = null;
      desk.drafts.forget(found.case_id);
      this.undo.offer(taken, found, draft);
      this.prepare();
    } catch (error) {
      await shown;
      await this.refused(/** @type {api.Refused} */ (error), found, draft, kind);
    }
  }

  /** The decision was not taken: back to its case, with everything that was typed. @param {api.Refused} error @param {any} before @param {any} draft @param {string} kind */
  async refused(error, before, draft, kind) {
    const { desk } = this;
    this.undo.forget();
    if (!this.next && desk.found.case_id !== before.case_id && desk.found.state === "open" && desk.held !== "end") this.next = desk.found;
    let now = before;
    if (error.status === 409) now = await api.getCase(before.case_id).catch(() => before);
    if (error.status === 409 && now.state === "open") now = await api.lease(before.case_id).catch(() => now);
    const mine = now.state === "open" && (now === before || now.mine);
    await this.open(now, mine ? "mine" : "lease", draft);
    if (mine) this.heart = window.setTimeout(() => void this.beat(), 1000);
    if (error.code === "reauthenticate") {
      const again = () => askAgain(() => { if (desk.found.case_id === before.case_id) void this.decide(kind); });
      desk.tell(t("again_needed"), "warn", el("div", { class: "buttons" }, el("button", { type: "button", "data-do": "again", click: again }, t("again_ask"))));
      return again();
    }
    if (error.status === 429) {
      desk.tell(t("too_fast", { n: error.wait }), "warn");
      return;
    }
    if (this.passing(error)) {
      desk.tell(t(error.status === 401 ? "session_over" : "not_sent"), "bad", error.status === 401 ? el("a", { class: "button", href: `/login?next=${encodeURIComponent(location.pathname)}` }, t("log_in")) : "");
      return;
    }
    const list = changesBetween(before, now).map(([what, detail]) => el("li", {}, t(what, { detail: what === "changed_state" ? word("state", detail) : detail })));
    desk.tell(`${t("refused")} ${error.message}`, "bad", el("ul", {}, ...list), el("p", {}, `${error.advice} ${t("answers_kept")}`), ...(mine ? [] : [this.nextButton()]));
  }

  /** A heartbeat brought another version. @param {any} found */
  changed(found) {
    const list = changesBetween(this.desk.found, found).map(([what, detail]) => el("li", {}, t(what, { detail })));
    this.desk.draft.version = found.version;
    this.desk.tell(t("case_changed"), "warn", el("ul", {}, ...list), el("p", {}, t("answers_kept")));
  }
}
