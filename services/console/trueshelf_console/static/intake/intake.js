// The pages of a delivery: a sheet is dropped and checked, then its photos are joined with rows and sent.
// @ts-check
import { Delivery } from "./delivery.js";
import { dropped, isSheet, picked } from "./files.js";
import { Wire, element, kindOf, reasonOf } from "./wire.js";

/** @typedef {import("./files.js").Found} Found */

/** @type {Delivery | null} */
let delivery = null;

begin();
window.addEventListener("popstate", () => location.reload());
window.addEventListener("beforeunload", (event) => {
  if (delivery?.busy) event.preventDefault();
});
for (const name of ["dragover", "drop"]) {
  // A file that misses the field must not replace the page.
  document.addEventListener(name, (event) => event.preventDefault());
}

function begin() {
  const root = /** @type {HTMLElement | null} */ (document.querySelector(".intake"));
  if (!root) return;
  const wire = new Wire(root.dataset);
  delivery = root.dataset.delivery ? new Delivery(root, wire) : null;
  const drop = document.getElementById("drop");
  if (!drop) return;
  drop.addEventListener("dragover", () => drop.classList.add("over"));
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    drop.classList.remove("over");
    const transfer = /** @type {DragEvent} */ (event).dataTransfer;
    if (transfer) await take(wire, await dropped(transfer));
  });
  if (delivery) {
    for (const id of ["pick", "pick-folder"]) {
      const input = /** @type {HTMLInputElement | null} */ (document.getElementById(id));
      input?.addEventListener("change", async () => {
        const found = picked(input.files);
        input.value = "";
        await take(wire, found);
      });
    }
  } else {
    drop.addEventListener("submit", (event) => {
      const input = /** @type {HTMLInputElement} */ (drop.querySelector("input[type=file]"));
      event.preventDefault();
      void take(wire, picked(input.files));
    });
  }
}

/**
 * @param {Wire} wire
 * @param {Found[]} found
 */
async function take(wire, found) {
  const sheets = found.filter((each) => isSheet(each.path));
  const photos = found.filter((each) => !isSheet(each.path));
  if (sheets.length) {
    if (!(await open(wire, sheets[0].file))) return;
  }
  if (photos.length) await delivery?.add(photos);
}

/**
 * Have a sheet checked and show its page, without leaving this one: photos that were dropped with it stay at hand.
 * @param {Wire} wire
 * @param {File} sheet
 * @returns {Promise<boolean>}
 */
async function open(wire, sheet) {
  const reading = document.getElementById("reading");
  const problem = document.getElementById("sheet-problem") || document.getElementById("notice");
  problem?.replaceChildren();
  if (reading) reading.hidden = false;
  const form = new FormData();
  form.set("sheet", sheet, sheet.name);
  const answer = await wire.ask("POST", "/intake/sheets", form);
  if (reading) reading.hidden = true;
  if (kindOf(answer) === "session" && !wire.stranger) location.assign(`/login?next=${encodeURIComponent(location.pathname)}&over=1`);
  if (kindOf(answer) !== "ok") {
    const lost = document.getElementById("notice")?.dataset.lost || "";
    problem?.replaceChildren(element("p", { className: "notice bad", text: answer.status ? reasonOf(answer) : lost }));
    return false;
  }
  const page = await fetch(answer.body.address, { headers: { Accept: "text/html" } });
  const next = new DOMParser().parseFromString(await page.text(), "text/html");
  const main = document.getElementById("main");
  const fresh = next.getElementById("main");
  if (!main || !fresh) {
    location.assign(answer.body.address);
    return false;
  }
  main.replaceChildren(...fresh.childNodes);
  document.title = next.title;
  history.pushState(null, "", answer.body.address);
  // @ts-ignore htmx is a script of the page
  globalThis.htmx?.process(main);
  begin();
  main.focus();
  return true;
}
