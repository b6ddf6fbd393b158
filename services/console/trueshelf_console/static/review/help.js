// The help sheet: made from the table that the handlers are made from.
// @ts-check
import { keymap, label, REASON_CODES } from "./keymap.js";
import { el, t } from "./texts.js";

/** @param {import("./keymap.js").Settings} settings @param {HTMLDialogElement} dialog */
export function showHelp(settings, dialog) {
  const body = /** @type {HTMLElement} */ (dialog.querySelector("[data-body]"));
  const groups = /** @type {const} */ (["decide", "judge", "look"]).map((group) => {
    const table = el("table", {}, el("caption", {}, t(`keys_${group}`)));
    const rows = el("tbody");
    for (const act of keymap(settings).filter((each) => each.group === group)) {
      rows.append(el("tr", { "data-act": act.id, "data-code": act.code }, el("th", { scope: "row" }, el("kbd", {}, label(act.code))), el("td", {}, t(`act_${act.id}`))));
    }
    if (group === "decide") rows.append(el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, `${label(REASON_CODES[0])}–${label(REASON_CODES[9])}`)), el("td", {}, t("act_reasons"))));
    table.append(rows);
    return table;
  });
  body.replaceChildren(...(settings.off ? [el("p", { class: "notice warn" }, t("keys_off"))] : []), ...groups);
  if (!dialog.open) dialog.showModal();
}
