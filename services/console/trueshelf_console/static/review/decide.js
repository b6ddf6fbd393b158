// The decision: what may be decided, what is still missing, the reasons, and the way on.
// @ts-check
import { missingForApproval, missingForReasons, missingForThen, reasonsOf } from "./bodies.js";
import { textOf } from "./checklist.js";
import { label } from "./keymap.js";
import { changeView } from "./change.js";
import { el, t, word } from "./texts.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** @param {any} found */
export const positive = (found) => ({ slot: "approve", second: "approve", spot: "spot_good", rendition: "rendition_accept" })[/** @type {string} */ (found.kind)] || "";
/** @param {any} found */
export const negative = (found) => ({ slot: "reject", second: "reject", spot: "spot_bad", rendition: "rendition_reject" })[/** @type {string} */ (found.kind)] || "";
/** @param {Desk} desk @param {string} kind */
export const optionOf = (desk, kind) => desk.found.decisions_open.find((/** @type {any} */ each) => each.kind === kind);

/** For whom reasons are given: every variant of a rejection, one frame of a doubt, the whole SKU of a spot check.
 * @param {Desk} desk @returns {{id: string, number: number}[]} */
export function blamed(desk) {
  if (desk.found.kind === "spot") return [{ id: desk.found.case_id, number: 1 }];
  if (desk.draft.form === "reject" && desk.found.kind !== "rendition") return desk.subjects;
  return desk.active ? [desk.active] : [];
}

/** What the decision that is open lacks. @param {Desk} desk @param {string} kind @returns {[string, string][]} */
export function missing(desk, kind) {
  const { found, draft, active } = desk;
  if (!active) return [];
  /** @type {[string, string][]} */
  const unseen = desk.supply.unseen(active) ? [["missing_picture", ""]] : [];
  if (kind === "approve" || kind === "rendition_accept") return [...unseen, ...missingForApproval(found, draft, active, desk.senior)];
  if (kind === "reject") return [...missingForReasons(found, draft, desk.subjects), ...missingForThen(draft)];
  if (kind === "spot_good") return unseen;
  if (found.kind === "generation") return missingForThen(draft);
  return missingForReasons(found, draft, blamed(desk));
}

/** A senior's word against a stop stands below the findings that it answers. @param {Desk} desk */
export function overrideView(desk) {
  const { draft } = desk;
  if (desk.active?.view.verdict !== "stop" || !desk.judged || !desk.senior || desk.found.state !== "open") return null;
  return el("label", { class: "override" }, t("override"), textField(desk, "override", draft.override[draft.active] || "", (value) => { draft.override[draft.active] = value; }));
}

/** In words; many open items are one line. @param {Desk} desk @param {[string, string][]} missed */
export function missingTexts(desk, missed) {
  const open = missed.filter(([what]) => what === "missing_item").length;
  const lines = missingLines(desk, open > 2 ? missed.filter(([what]) => what !== "missing_item") : missed);
  return open > 2 ? [t("missing_items", { n: open }), ...lines] : lines;
}

/** @param {Desk} desk @param {[string, string][]} missed */
function missingLines(desk, missed) {
  return missed.map(([what, which]) => {
    const item = desk.found.checklist.items.find((/** @type {any} */ each) => each.code === which);
    const shown = what.startsWith("missing_item") || what === "missing_no" ? item && textOf(item, desk.language) : word("check", which);
    return t(what, { what: shown || which });
  });
}

/** @param {Desk} desk */
export function decideView(desk) {
  const { found, draft } = desk;
  if (found.state !== "open") return el("section", { class: "decide" }, historyView(desk));
  const yes = positive(found);
  const no = negative(found);
  const parts = [];
  if (yes) {
    const row = el("div", { class: "buttons verdicts" });
    row.append(button(desk, yes, "approve", "primary"), button(desk, no, "reject", "danger"));
    if (found.kind === "slot") row.append(button(desk, "dispute", "dispute", ""));
    parts.push(row);
  }
  if (found.kind === "spot" || found.kind === "generation") {
    parts.push(el("label", {}, t("words"), textField(desk, "words", draft.note, (value) => { draft.note = value; }, 500)));
  }
  if (draft.form && draft.form !== "generation") parts.push(formView(desk));
  if (found.kind === "generation") parts.push(thenView(desk, found.decisions_open), sendRow(desk, draft.then || "regenerate"));
  parts.push(el("div", { id: "missing" }, ...missingView(desk)));
  return el("section", { class: "decide", "aria-label": t("decide") }, ...parts);
}

/** @param {Desk} desk @returns {HTMLElement[]} */
export function missingView(desk) {
  const { found, draft } = desk;
  const kind = draft.form === "reject" ? negative(found) : draft.form === "dispute" ? "dispute" : positive(found) || draft.then;
  const texts = missingTexts(desk, missing(desk, kind));
  if (!texts.length || desk.readOnly) return [];
  const list = el("ul", {}, ...texts.slice(0, 4).map((text) => el("li", {}, text)));
  if (texts.length > 4) list.append(el("li", {}, t("missing_more", { n: texts.length - 4 })));
  return [el("p", { class: "hint" }, t(kind === positive(found) ? "missing_to_approve" : "missing_to_send")), list];
}

/** @param {Desk} desk @param {string} kind @param {string} act @param {string} looks */
function button(desk, kind, act, looks) {
  const option = optionOf(desk, kind);
  const shut = desk.readOnly || (option && !option.open);
  const waits = kind === positive(desk.found) && missing(desk, kind).length > 0;
  const text = t(`do_${kind}`, { n: desk.active?.number ?? 1 });
  const key = label(desk.keyOf(act));
  const made = el("button", {
    type: "button", class: looks, disabled: Boolean(shut || waits), "data-f": `do:${kind}`, "data-do": kind,
    "aria-keyshortcuts": key, "aria-expanded": act === "approve" ? undefined : String(desk.draft.form === act),
    click: () => desk.act(act),
  }, text, " ", el("kbd", {}, key));
  return option && !option.open ? el("div", { class: "shut" }, made, el("p", { class: "hint" }, el("span", { lang: "en" }, option.refused_because))) : made;
}

/** @param {Desk} desk */
function formView(desk) {
  const { found, draft } = desk;
  const rejecting = draft.form === "reject";
  const form = el("div", { class: "form", role: "group", "aria-label": t(rejecting ? "reject_title" : "dispute_title") });
  form.append(el("h2", {}, t(rejecting ? "reject_title" : "dispute_title")));
  const people = blamed(desk);
  for (const each of people) form.append(reasonsView(desk, each, people.length));
  if (people.length > 1) {
    form.append(el("button", { type: "button", "data-f": "same", click: () => {
      const mine = draft.reasons[draft.active] || {};
      for (const each of people) draft.reasons[each.id] = { ...mine };
      desk.update();
    } }, t("same_reasons", { n: desk.active?.number ?? 1 })));
  }
  if (rejecting && (found.kind === "slot" || found.kind === "second")) form.append(thenView(desk, found.then_open));
  form.append(sendRow(desk, rejecting ? negative(found) : "dispute"));
  return form;
}

/** @param {Desk} desk @param {{id: string, number: number}} whom @param {number} of */
function reasonsView(desk, whom, of) {
  const { found, draft } = desk;
  const chosen = draft.reasons[whom.id] || {};
  if (of > 1 && whom.id !== draft.active) return reasonsLine(desk, whom);
  const set = el("fieldset", { class: "reasons" }, el("legend", {}, of > 1 ? t("reasons_of", { n: whom.number }) : t("reasons")));
  found.reasons.forEach((/** @type {any} */ reason, /** @type {number} */ index) => {
    const digit = index < 9 ? String(index + 1) : index === 9 ? "0" : "";
    set.append(el("label", { class: "reason" }, el("input", {
      type: "checkbox", checked: reason.code in chosen, disabled: desk.readOnly, "data-f": `reason:${whom.id}:${reason.code}`,
      change: () => toggleReason(desk, whom.id, reason.code),
    }), " ", el("kbd", {}, digit), " ", word("reason", reason.code)));
    if (reason.code in chosen) {
      set.append(el("label", { class: "note" }, el("span", { class: "sr-only" }, t("note_label", { item: word("reason", reason.code) })), el("input", {
        type: "text", maxlength: "1000", value: chosen[reason.code], placeholder: t("note"), "data-f": `why:${whom.id}:${reason.code}`,
        input: (/** @type {Event} */ e) => { chosen[reason.code] = /** @type {HTMLInputElement} */ (e.target).value; desk.save(); desk.refreshMissing(); },
      })));
    }
  });
  return set;
}

/** Another variant's reasons in one line; judging that variant opens them. @param {Desk} desk @param {{id: string, number: number}} whom */
function reasonsLine(desk, whom) {
  const chosen = Object.keys(desk.draft.reasons[whom.id] || {}).map((code) => word("reason", code));
  const subject = desk.subjects.find((each) => each.id === whom.id);
  return el("p", { class: "reasons-line" }, `${t("reasons_of", { n: whom.number })}: ${chosen.join(", ") || "—"} `,
    el("button", { type: "button", class: "quiet", "data-f": `reasons:${whom.id}`, click: () => subject && desk.choose(subject) }, t("change_reasons"), el("span", { class: "sr-only" }, ` ${whom.number}`)));
}

/** @param {Desk} desk @param {string} id @param {string} code */
export function toggleReason(desk, id, code) {
  const chosen = (desk.draft.reasons[id] ||= {});
  const there = code in chosen;
  if (there) delete chosen[code];
  else chosen[code] = "";
  desk.say(`${word("reason", code)}: ${t(there ? "not_chosen" : "chosen")}`);
  desk.update();
}

/** @param {Desk} desk @param {any[]} options */
function thenView(desk, options) {
  const set = el("fieldset", { class: "then" }, el("legend", {}, t("then")));
  for (const option of options) {
    set.append(el("label", { class: "reason" }, el("input", {
      type: "radio", name: "then", value: option.kind, checked: desk.draft.then === option.kind, disabled: desk.readOnly || !option.open,
      "data-f": `then:${option.kind}`, change: () => { desk.draft.then = option.kind; desk.update(); },
    }), " ", t(`then_${option.kind}`)));
    if (!option.open) set.append(el("p", { class: "hint", lang: "en" }, option.refused_because));
  }
  if (desk.draft.then === "reshoot" || desk.draft.then === "regenerate") set.append(changeView(desk));
  return set;
}

/** @param {Desk} desk @param {string} kind */
function sendRow(desk, kind) {
  const lacks = missing(desk, kind).length > 0;
  return el("div", { class: "buttons" },
    el("button", { type: "button", class: "primary", "data-f": "send", "data-do": "send", disabled: desk.readOnly || lacks, click: () => desk.act("send") }, t("send"), " ", el("kbd", {}, label("Ctrl+Enter"))),
    desk.found.kind !== "generation" && el("button", { type: "button", "data-f": "cancel", click: () => desk.act("close") }, t("cancel"), " ", el("kbd", {}, "Esc")));
}

/** @param {Desk} desk @param {string} name @param {string} value @param {(value: string) => void} keep @param {number} [longest] */
function textField(desk, name, value, keep, longest = 1000) {
  const field = /** @type {HTMLTextAreaElement} */ (el("textarea", { rows: 2, maxlength: String(longest), "data-f": name, disabled: desk.readOnly, input: (/** @type {Event} */ e) => {
    keep(/** @type {HTMLTextAreaElement} */ (e.target).value);
    desk.save();
    desk.refreshMissing();
  } }));
  field.value = value;
  return field;
}

/** What was decided, in a case that is only looked at. @param {Desk} desk */
function historyView(desk) {
  const list = el("ul");
  for (const each of desk.found.decided) {
    const reasons = [...(each.body.reasons || []), ...(each.body.variants || []).flatMap((/** @type {any} */ v) => v.reasons)];
    const why = [...new Set(reasons.map((/** @type {any} */ r) => word("reason", r.code)))].join(", ");
    list.append(el("li", {}, `${word("decision", each.kind)} · ${word("state", each.state)} · ${new Date(each.decided_at).toLocaleString(desk.language)}${why ? ` · ${why}` : ""}`));
  }
  return el("div", {}, el("h2", {}, t("decided_title")), list.children.length ? list : el("p", {}, desk.found.closed_because || t("not_decided")));
}

/** @param {Desk} desk */
export const anyReason = (desk) => blamed(desk).some((each) => reasonsOf(desk.found, desk.draft, each.id).length > 0);
