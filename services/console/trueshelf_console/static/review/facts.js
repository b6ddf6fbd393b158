// What is being sold: the card, its captures, who doubted it; and how buyers will see it on a phone.
// @ts-check
import { el, t, word } from "./texts.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** @param {Desk} desk */
export function factsView(desk) {
  const { found } = desk;
  const parts = [
    el("p", { class: "kind" },
      el("span", { class: "badge info" }, word("kind", found.kind)), " ",
      found.drill && el("span", { class: "badge drill" }, t("practice")), " ",
      found.asked_for && el("span", { class: "badge warn" }, t("asked_for"))),
    el("h1", { id: "case-title" }, el("bdi", {}, found.sku), ": ", el("bdi", {}, found.title || "—")),
  ];
  const notes = [...new Set(found.captures.map((/** @type {any} */ each) => each.colour_note).filter(Boolean))];
  const stock = [...new Set(found.captures.map((/** @type {any} */ each) => each.warehouse_batch).filter(Boolean))];
  /** @type {[string, string][]} */
  const lines = [
    ["fact_category", found.category],
    ["fact_slot", [found.slot ? word("slot", found.slot) : t("all_slots"), found.round ? t("round", { n: found.round }) : ""].filter(Boolean).join(", ")],
    ["fact_kit", found.kit.join(", ")],
    ["fact_colour", notes.join("; ")],
    ["fact_stock", stock.join(", ")],
  ];
  const list = el("dl", { class: "facts" });
  for (const [name, value] of lines.filter((line) => line[1])) list.append(el("dt", {}, t(name)), el("dd", {}, el("bdi", {}, value)));
  if (found.batch_id) list.append(el("dt", {}, t("fact_batch")), el("dd", {}, el("a", { href: `/review/batches/${found.batch_id}` }, found.batch_id.slice(0, 8))));
  const gate = found.captures.flatMap((/** @type {any} */ each) => each.gate.map((/** @type {any} */ f) => `${word("shot", each.shot)}: ${f.message}`));
  parts.push(list);
  const more = el("details", {}, el("summary", {}, t("captures", { n: found.captures.length })));
  for (const each of found.captures) {
    more.append(el("p", {}, `${word("shot", each.shot)} · ${each.source.width} × ${each.source.height} · ${each.source_type}`));
  }
  if (found.description) more.append(el("p", {}, el("bdi", {}, found.description)));
  for (const text of gate) more.append(el("p", { lang: "en", class: "hint" }, text));
  parts.push(more);
  if (found.first_reasons.length) parts.push(doubtView(found));
  for (const refusal of found.refusals) {
    parts.push(el("div", { class: "notice warn" }, el("p", {}, el("strong", {}, word("mode", refusal.mode)), ": ", el("span", { lang: refusal.lang }, refusal.message)), refusal.advice && el("p", { lang: refusal.lang }, refusal.advice)));
  }
  return el("section", { class: "card-facts", "aria-labelledby": "case-title" }, ...parts);
}

/** @param {any} found */
function doubtView(found) {
  const index = found.variants.findIndex((/** @type {any} */ each) => each.variant_id === found.disputed);
  const list = el("ul");
  for (const reason of found.first_reasons) {
    list.append(el("li", {}, word("reason", reason.code), reason.note ? ": " : "", el("bdi", {}, reason.note || "")));
  }
  return el("div", { class: "notice info" }, el("p", {}, t("first_reasons", { n: index + 1 })), list);
}

/** One button per subject. @param {Desk} desk */
export function tabsView(desk) {
  const list = el("div", { class: "tabs", role: "group", "aria-label": t("subjects") });
  if (desk.subjects.length < 2) return list;
  for (const subject of desk.subjects) {
    const view = subject.view;
    const name = subject.master ? `${subject.number} · ${view.slot && !desk.found.slot ? `${word("slot", view.slot)} · ` : ""}${word("preset", view.preset)}` : `${subject.number} · ${word("shot", view.shot)}`;
    list.append(el("button", {
      type: "button", "data-f": `tab:${subject.id}`, "aria-pressed": String(subject.id === desk.draft.active),
      click: () => desk.choose(subject),
    }, name, " ", view.verdict && el("span", { class: `verdict ${view.verdict}` }, word("verdict", view.verdict))));
  }
  return list;
}

/** A listing card of 390 pixels and a grid of small pictures, as buyers scroll past them. @param {Desk} desk @param {HTMLDialogElement} dialog */
export function showPhone(desk, dialog) {
  const { found, active } = desk;
  const body = /** @type {HTMLElement} */ (dialog.querySelector("[data-body]"));
  if (!active) return;
  const shown = active.master || active.source;
  const picture = (/** @type {any} */ each, /** @type {string} */ alt) => el("img", { src: each.preview_url, alt, loading: "eager" });
  const grid = el("div", { class: "thumbs" });
  for (const subject of desk.subjects) {
    const each = subject.master || subject.source;
    grid.append(el("div", { class: subject === active ? "thumb-card active" : "thumb-card" }, picture(each, t("pane_short", { n: subject.number })), el("span", {}, el("bdi", {}, found.title || found.sku))));
  }
  body.replaceChildren(
    el("div", { class: "phone" }, el("div", { class: "listing" }, picture(shown, found.title || found.sku), el("p", { class: "listing-title" }, el("bdi", {}, found.title || found.sku)), el("p", { class: "listing-text" }, el("bdi", {}, found.description || "")))),
    el("div", { class: "phone" }, grid),
  );
  dialog.showModal();
}
