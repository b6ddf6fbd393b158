// From case to case: leases and their heartbeat, the next case made ready, decisions, their undo, and what goes wrong.
// @ts-check
import * as api from "./api.js";
import { bodyOf } from "./bodies.js";
import { missing, missingTexts, negative, positive } from "./decide.js";
import { subjectsOf } from "./subjects.js";
import { passing, tellChange, tellRefusal, tellWait } from "./telling.js";
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
    /** Whether the page says that somebody cannot be asked. */
    this.away = false;
    this.asking = 0;
    /** Ends when the case on the desk is taken, or not: a decision never overtakes its own case's taking. @type {Promise<unknown>} */
    this.taking = Promise.resolve();
    this.undo = new Undo(desk, this);
    /** By case: one key per attempt, so that sent twice it is one decision. @type {Map<string, {text: string, body: any, key: string}>} */
    this.attempts = new Map();
    desk.supply.renew = async () => this.renewed(await api.getCase(desk.found.case_id, api.LIVE));
    document.addEventListener("visibilitychange", () => this.back());
    addEventListener("pagehide", () => {
      if (this.next) void api.ask("POST", `/cases/${this.next.case_id}/give-back`, undefined).catch(() => null);
    });
  }

  /** Somebody is at the screen again, perhaps after hours: whose the case is stands there before anything is typed. */
  back() {
    if (document.hidden) return;
    if (this.desk.found.state === "open" && this.heart) void this.beat();
    this.prepare();
  }

  /** Lay a case down and take it. @param {any} found @param {"lease" | "begin" | "mine"} how @param {any} [draft] */
  async open(found, how, draft) {
    const { desk } = this;
    this.rest();
    desk.held = "";
    desk.untell();
    desk.lay(found, draft);
    history.replaceState(null, "", `/review/cases/${found.case_id}${location.search}`);
    if (found.state !== "open") {
      desk.tell(t("only_look", { state: word("state", found.state) }), "info", this.nextButton());
      return;
    }
    try {
      const taken = how === "mine" ? Promise.resolve(found) : (how === "begin" ? api.begin : api.lease)(found.case_id);
      this.taking = taken.catch(() => null);
      const mine = await taken;
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
    if (desk.held || this.away) desk.untell();
    desk.held = "";
    this.away = false;
    if (found.version !== desk.draft.version) tellChange(desk, found);
    this.renewed(found);
    desk.update();
    clearTimeout(this.heart);
    this.heart = window.setTimeout(() => void this.beat(), Math.max(1, found.lease_seconds / 3) * 1000);
  }

  /** @param {any} found */
  renewed(found) {
    if (found.case_id === this.desk.found.case_id) this.desk.renewed(found);
  }

  rest() {
    clearTimeout(this.heart);
    this.heart = 0;
  }

  async beat() {
    const id = this.desk.found.case_id;
    this.rest();
    try {
      const found = await api.lease(id, api.LIVE);
      if (this.desk.found.case_id === id) this.held(found);
      const { next } = this;
      if (next) void api.lease(next.case_id, api.LIVE).catch(() => { if (this.next === next) this.next = null; });
    } catch (error) {
      if (this.desk.found.case_id === id) this.lost(/** @type {api.Refused} */ (error), true);
    }
  }

  /** The case is not ours, or nobody can be asked. What was typed stays. @param {api.Refused} error @param {boolean} had */
  async lost(error, had) {
    const { desk } = this;
    this.rest();
    if (error.status === 409 && (await this.arrived())) return;
    if (passing(desk, error)) {
      this.away = true;
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

  /** A decision whose answer never came: the same key tells whether it arrived. @returns {Promise<boolean>} */
  async arrived() {
    const { found, draft } = this.desk;
    const attempt = this.attempts.get(found.case_id);
    if (!attempt) return false;
    const taken = await api.decide(found.case_id, attempt.body, attempt.key).catch(() => null);
    if (!taken || attempt !== this.attempts.get(found.case_id)) return false;
    this.taken(taken, found, draft);
    if (this.desk.found.case_id === found.case_id) await this.advance();
    return true;
  }

  /** @param {any} taken @param {any} found @param {any} draft */
  taken(taken, found, draft) {
    this.attempts.delete(found.case_id);
    this.desk.drafts.forget(found.case_id);
    this.undo.offer(taken, found, draft);
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
    this.rest();
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
    const text = JSON.stringify({ ...body, viewport: 0 });
    const before = this.attempts.get(found.case_id);
    const attempt = before?.text === text ? before : { text, body, key: crypto.randomUUID() };
    this.attempts.set(found.case_id, attempt);
    const sent = this.taking.then(() => api.decide(found.case_id, attempt.body, attempt.key));
    this.undo.expect(sent, found, kind);
    const shown = this.advance();
    try {
      this.taken(await sent, found, draft);
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
    if (error.status === 409 || error.status === 422) this.attempts.delete(before.case_id); // it was read, and is nowhere
    if (!this.next && desk.found.case_id !== before.case_id && desk.found.state === "open" && desk.held !== "end") this.next = desk.found;
    let now = before;
    if (error.status === 409) now = await api.getCase(before.case_id).catch(() => before);
    if (error.status === 409 && now.state === "open") now = await api.lease(before.case_id).catch(() => now);
    const mine = now.state === "open" && (now === before || now.mine);
    await this.open(now, mine ? "mine" : "lease", draft);
    if (mine) this.heart = window.setTimeout(() => void this.beat(), 1000);
    if (tellWait(desk, error, () => { if (desk.found.case_id === before.case_id) void this.decide(kind); })) return;
    if (passing(desk, error)) {
      if (error.status !== 401 && error.code !== "csrf") desk.tell(t("not_sent"), "bad");
      return;
    }
    tellRefusal(desk, error, before, now, ...(mine ? [] : [this.nextButton()]));
  }
}
