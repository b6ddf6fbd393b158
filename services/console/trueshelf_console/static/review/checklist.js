// The checklist, item by item, each with what qa found about it. A person answers; nothing is ticked beforehand.
// @ts-check
import { el, t, word } from "./texts.js";

/** @typedef {import("./desk.js").Desk} Desk */

const ANSWERS = /** @type {const} */ (["yes", "no", "not_applicable"]);

/** @param {Desk} desk @returns {HTMLElement} */
export function checklistView(desk) {
  const { found, active } = desk;
  if (!active) return el("div");
  const answered = found.kind === "slot" || found.kind === "second";
  const items = found.kind === "generation" || found.kind === "rendition" ? [] : found.checklist.items;
  const known = new Set(items.map((/** @type {any} */ item) => item.code));
  const rest = active.checks.filter((/** @type {any} */ check) => !known.has(check.checklist_item));
  const list = el("ol", { class: "items" });
  items.forEach((/** @type {any} */ item, /** @type {number} */ index) => {
    const checks = active.checks.filter((/** @type {any} */ check) => check.checklist_item === item.code);
    list.append(itemView(desk, item, index, checks, answered));
  });
  const parts = [];
  if (items.length) {
    const done = Object.keys(desk.draft.answers[active.id] || {}).length;
    const title = answered ? t("checklist_title", { n: active.number, done, all: items.length }) : t("checklist_guide");
    parts.push(el("h2", {}, title), list);
  }
  if (rest.length) parts.push(el("h2", {}, t(items.length ? "findings_other" : "findings_title")), ...findingsView(desk, rest, "rest"));
  return el("section", { class: "checklist" }, ...parts);
}

/** @param {any} item @param {string} language */
export const textOf = (item, language) => item.text[language] || item.text.en;

/** @param {Desk} desk @param {any} item @param {number} index @param {any[]} checks @param {boolean} answered */
function itemView(desk, item, index, checks, answered) {
  const id = desk.draft.active;
  const given = desk.draft.answers[id]?.[item.code];
  const text = `${index + 1}. ${textOf(item, desk.language)}`;
  const current = answered && index === desk.item;
  const row = el("li", { class: `item ${current ? "current" : ""} ${given ? `is-${given.answer}` : ""}`, "data-item": item.code });
  if (!answered) {
    row.append(el("p", { class: "item-text" }, text), ...findingsView(desk, checks, item.code));
    return row;
  }
  const group = el("fieldset", { disabled: desk.readOnly }, el("legend", {}, text));
  const choices = el("div", { class: "choices" });
  for (const answer of ANSWERS) {
    if (answer === "not_applicable" && !item.may_not_apply) continue;
    const box = el("input", {
      type: "radio", name: `item-${item.code}`, value: answer, "data-f": `${item.code}:${answer}`,
      checked: given?.answer === answer, change: () => answerItem(desk, index, answer, false),
      focus: () => { desk.item = index; desk.mark(); },
    });
    choices.append(el("label", { class: `choice ${answer}` }, box, " ", t(`answer_${answer}`)));
  }
  group.append(choices);
  if (given && (given.answer !== "yes" || given.note)) {
    group.append(el("label", { class: "note" }, el("span", { class: "sr-only" }, t("note_label", { item: text })), el("input", {
      type: "text", maxlength: "500", placeholder: t("note"), "data-f": `${item.code}:note`, value: given.note,
      input: (/** @type {Event} */ e) => { given.note = /** @type {HTMLInputElement} */ (e.target).value; desk.save(); },
    })));
  }
  row.append(group, ...findingsView(desk, checks, item.code));
  return row;
}

/** Answer an item, and go on to the next one without an answer. @param {Desk} desk @param {number} index @param {typeof ANSWERS[number]} answer @param {boolean} advance */
export function answerItem(desk, index, answer, advance) {
  const item = desk.found.checklist.items[index];
  if (!item || desk.readOnly || !desk.judged) return;
  if (answer === "not_applicable" && !item.may_not_apply) {
    desk.say(t("item_applies"));
    return;
  }
  const mine = (desk.draft.answers[desk.draft.active] ||= {});
  mine[item.code] = { answer, note: mine[item.code]?.note || "" };
  if (advance) {
    const items = desk.found.checklist.items;
    const open = items.findIndex((/** @type {any} */ each, /** @type {number} */ i) => i > index && !mine[each.code]);
    const any = items.findIndex((/** @type {any} */ each) => !mine[each.code]);
    desk.item = open >= 0 ? open : any >= 0 ? any : index;
  } else desk.item = index;
  desk.say(`${textOf(item, desk.language)}: ${t(`answer_${answer}`)}`);
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const along = advance && focused?.closest(".item");
  if (along) focused?.blur(); // drawn anew, a focused answer would make its own item the current one again
  desk.update();
  if (along) desk.enter(".item.current");
  else desk.reveal(".item.current");
}

/** What qa found, each in full; what it looked at and found nothing in is one line that opens. @param {Desk} desk @param {any[]} checks @param {string} where */
function findingsView(desk, checks, where) {
  const clear = checks.filter((check) => check.verdict === "clear");
  const found = checks.filter((check) => check.verdict !== "clear").map((check) => findingView(desk, check));
  if (!clear.length) return found;
  const names = clear.map((check) => word("check", check.check)).join(", ");
  const badge = el("span", { class: "verdict clear" }, word("verdict", "clear"));
  const line = folding(desk, `clear:${where}`, [badge, " ", names], ...clear.map((check) => findingView(desk, check)));
  line.className = "finding clear";
  return [...found, line];
}

/** Details that stay as they were opened, from one drawing of the side to the next and from case to case.
 * @param {Desk} desk @param {string} key @param {(Node | string)[]} summary @param {(Node | string)[]} inside */
function folding(desk, key, summary, ...inside) {
  const made = /** @type {HTMLDetailsElement} */ (el("details", {}, el("summary", { "data-f": key }, ...summary), ...inside));
  made.open = desk.unfolded.has(key);
  made.addEventListener("toggle", () => { if (made.isConnected) desk.unfolded[made.open ? "add" : "delete"](key); });
  return made;
}

/** What qa measured, where, and whether the person has looked at it. @param {Desk} desk @param {any} check */
function findingView(desk, check) {
  const id = desk.draft.active;
  const whole = desk.supply.reports.get(id)?.checks.find((/** @type {any} */ each) => each.check === check.check) || {};
  const regions = whole.regions || [];
  const clear = check.verdict === "clear";
  const show = () => desk.showBoxes(regions.map((/** @type {any} */ region) => region.box));
  const row = el("div", {
    class: `finding ${check.verdict}`, "data-check": check.check,
    mouseenter: show, mouseleave: () => desk.showBoxes([]), focusin: show, focusout: () => desk.showBoxes([]),
  });
  const name = el("strong", {}, word("check", check.check));
  const badge = el("span", { class: `verdict ${check.verdict}` }, word("verdict", check.verdict));
  row.append(el("p", {}, badge, " ", name, " ", el("span", { lang: check.lang }, check.sentence)));
  const metrics = (whole.metrics || []).map(metricText).join(" · ");
  if (metrics && clear) row.append(folding(desk, `numbers:${check.check}`, [t("numbers")], el("p", { class: "metrics", lang: "en" }, metrics)));
  else if (metrics) row.append(el("p", { class: "metrics", lang: "en" }, metrics));
  if (regions.length) {
    row.append(el("button", { type: "button", class: "quiet", "data-f": `show:${check.check}`, click: show }, t("show_regions", { n: regions.length })));
  }
  if (check.close_up) row.append(evidence(check.close_up, t("close_up")));
  if (check.strip) row.append(folding(desk, `strip:${check.check}`, [t("strip")], evidence(check.strip, t("strip"))));
  if (!clear && desk.acknowledges) {
    const note = desk.draft.seen[id]?.[check.check];
    const box = el("input", {
      type: "checkbox", checked: note !== undefined, disabled: desk.readOnly, "data-f": `seen:${check.check}`,
      change: (/** @type {Event} */ e) => acknowledge(desk, check.check, /** @type {HTMLInputElement} */ (e.target).checked),
    });
    row.append(el("label", { class: "seen" }, box, " ", t("seen")));
    if (note !== undefined) {
      row.append(el("label", { class: "note" }, el("span", { class: "sr-only" }, t("note_label", { item: word("check", check.check) })), el("input", {
        type: "text", maxlength: "500", placeholder: t("note"), value: note, disabled: desk.readOnly, "data-f": `seen-note:${check.check}`,
        input: (/** @type {Event} */ e) => { desk.draft.seen[id][check.check] = /** @type {HTMLInputElement} */ (e.target).value; desk.save(); desk.refreshMissing(); },
      })));
    }
  }
  return row;
}

/** A picture that shows what a check saw; it opens at its own size. @param {import("./prefetch.js").Picture} picture @param {string} says */
function evidence({ url, width, height }, says) {
  const image = el("img", { src: url, alt: says, title: says, width: String(width), height: String(height), loading: "lazy" });
  return el("a", { class: "evidence", href: url, target: "_blank", rel: "noopener" }, image);
}

/** @param {Desk} desk @param {string} check @param {boolean} yes */
export function acknowledge(desk, check, yes) {
  const seen = (desk.draft.seen[desk.draft.active] ||= {});
  if (yes) seen[check] ??= "";
  else delete seen[check];
  desk.say(`${word("check", check)}: ${t(yes ? "seen" : "unseen")}`);
  desk.update();
}

/** The first finding without a look: shown by the first press, acknowledged by the second. @param {Desk} desk */
export function nextFinding(desk) {
  if (!desk.active || !desk.acknowledges || desk.readOnly) return;
  const seen = desk.draft.seen[desk.draft.active] || {};
  const open = desk.active.checks.find((/** @type {any} */ check) => check.verdict !== "clear" && seen[check.check] === undefined);
  if (!open) {
    desk.say(t("findings_done"));
    return;
  }
  const selector = `[data-check="${open.check}"] input[type=checkbox]`;
  const box = /** @type {HTMLElement | null} */ (document.querySelector(selector));
  if (box && document.activeElement === box) acknowledge(desk, open.check, true);
  else {
    box?.focus();
    desk.reveal(`[data-check="${open.check}"]`);
    desk.say(`${word("check", open.check)}: ${open.sentence}`);
  }
}

/** @param {any} metric */
function metricText({ name, value, unit, flag_at, stop_at }) {
  const number = (/** @type {number} */ v) => (Math.abs(v) >= 100 ? v.toFixed(0) : Number(v.toPrecision(3)).toString());
  const limits = [flag_at === null || flag_at === undefined ? "" : `flag ${number(flag_at)}`, stop_at === null || stop_at === undefined ? "" : `stop ${number(stop_at)}`].filter(Boolean);
  return `${name.replaceAll("_", " ")} ${number(value)}${unit ? ` ${unit}` : ""}${limits.length ? ` (${limits.join(", ")})` : ""}`;
}
