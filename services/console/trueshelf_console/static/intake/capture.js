// Photographing with a phone: the article, the shot, the photo; the queue is in queue.js.
// @ts-check
import { Queue } from "./queue.js";
import { LIVE, Wire, config, kindOf, reasonOf, words } from "./wire.js";

const root = /** @type {HTMLElement} */ (document.querySelector(".phone"));
const wire = new Wire(root.dataset);
const { texts, limits, shots, shows, order } = config();
const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** @type {any} what is known of the article; null: none is chosen */
let article = null;
const queue = new Queue(wire, root.dataset.account || "", { texts, shots, limits, sent: (sku) => void refresh(sku) });

$("article").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  void look($("sku").value.trim());
});
$("later").addEventListener("click", () => {
  article = { sku: "", group: String(Date.now()), known: true, missing: [], reshoot: [], captures: [], state: "collecting" };
  paint();
});
$("card").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  void register();
});
for (const id of ["camera", "album"]) {
  $(id).addEventListener("click", (/** @type {Event} */ event) => {
    if (!ready()) event.preventDefault();
  });
  $(id).addEventListener("change", () => void take($(id)));
}
$("complete").addEventListener("click", () => void complete());
$("shots").addEventListener("change", () => showShot());
if ($("sku").value) void look($("sku").value.trim());
await queue.open();

/** @param {string} sku */
async function look(sku) {
  $("article-problem").textContent = "";
  if (!sku) return;
  const answer = await wire.ask("GET", `/capture/skus/${encodeURIComponent(sku)}`);
  const kind = kindOf(answer);
  if (kind === "ok") {
    article = answer.body;
    history.replaceState(null, "", `/capture?sku=${encodeURIComponent(article.sku)}`); // a reload finds it again
  } else if (kind === "refused") {
    $("article-problem").textContent = reasonOf(answer);
    return;
  } else {
    // Without a connection the photos are taken all the same; what is missing is shown later.
    article = { sku, known: true, unsure: true, title: "", missing: [], reshoot: [], captures: [], state: "collecting" };
    queue.hold(kind);
  }
  $("card").hidden = article.known;
  $("shots").hidden = !article.known;
  if (article.known) paint();
  else $("card").querySelector("input").focus();
}

async function register() {
  const form = new FormData($("card"));
  const kit = String(form.get("kit") || "").split("\n").map((part) => part.trim()).filter(Boolean);
  const body = { category: form.get("category"), title: String(form.get("title")).trim(), kit };
  const answer = await wire.ask("PUT", `/capture/skus/${encodeURIComponent(article.sku)}`, body);
  if (kindOf(answer) !== "ok") {
    $("article-problem").textContent = reasonOf(answer);
    if (kindOf(answer) !== "refused") queue.hold(kindOf(answer));
    return;
  }
  article = answer.body;
  $("card").hidden = true;
  paint();
}

/** @param {string} sku */
async function refresh(sku) {
  if (!article || article.sku !== sku) return;
  const answer = await wire.ask("GET", `/capture/skus/${encodeURIComponent(sku)}`, undefined, LIVE);
  if (kindOf(answer) === "ok" && article.sku === sku) {
    const waits = answer.body.captures.some((/** @type {any} */ each) => each.state === "received");
    article = answer.body;
    paint();
    if (waits) setTimeout(() => void refresh(sku), 2000);
  }
}

function paint() {
  $("shots").hidden = false;
  $("shots-title").textContent = article.sku ? (article.title ? words(texts.title, article) : article.sku) : texts.nameless;
  const missing = named(article.missing);
  let state = texts.namelessState;
  if (article.unsure) state = "";
  else if (article.sku && article.reshoot.length) state = words(texts.reshoot, { shots: named(article.reshoot) });
  else if (article.sku && article.state === "ready") state = texts.ready;
  else if (article.sku) state = missing ? words(texts.collecting, { version: article.version, missing }) : words(texts.all, article);
  $("shots-state").textContent = state;
  $("complete").hidden = !article.sku || article.unsure || article.state !== "collecting" || !article.captures.length;
  const labels = [...root.querySelectorAll(".shot-choice label")];
  for (const label of labels) note(/** @type {HTMLElement} */ (label));
  labels.sort((a, b) => rank(a) - rank(b)); // what is needed first
  root.querySelector(".shot-choice")?.append(...labels);
  const chosen = root.querySelector("input[name=shot]:checked");
  const first = /** @type {HTMLInputElement | null} */ (root.querySelector(".shot-choice .needed input"));
  if (first && (!chosen || !chosen.closest("label")?.classList.contains("needed"))) first.checked = true;
  showShot();
}

/** @param {string[]} codes @returns {string} the shots' names, each once, in their order */
function named(codes) {
  return order.filter((/** @type {string} */ shot) => codes.includes(shot)).map((/** @type {string} */ shot) => shots[shot]).join(", ");
}

/** @param {HTMLElement} label */
function note(label) {
  const shot = label.dataset.shot || "";
  const there = article.captures.filter((/** @type {any} */ each) => each.shot === shot);
  const needed = article.missing.includes(shot) || article.reshoot.includes(shot);
  const said = /** @type {HTMLElement} */ (label.querySelector("[data-note]"));
  label.classList.toggle("needed", needed && !there.some((/** @type {any} */ each) => each.state === "received"));
  label.classList.toggle("have", there.some((/** @type {any} */ each) => each.state === "accepted"));
  if (article.reshoot.includes(shot)) said.textContent = texts.asked;
  else if (there.some((/** @type {any} */ each) => each.state === "received")) said.textContent = texts.waits;
  else if (needed && there.some((/** @type {any} */ each) => each.state === "refused")) said.textContent = `${texts.needed}; ${texts.wasRefused}`;
  else if (needed) said.textContent = texts.needed;
  else said.textContent = there.length ? texts.there : "";
}

/** @param {Element} label */
function rank(label) {
  const place = order.indexOf(/** @type {HTMLElement} */ (label).dataset.shot || "");
  return place + (label.classList.contains("needed") ? 0 : 100);
}

function showShot() {
  const shot = chosenShot();
  $("shows").textContent = shot ? shows[shot] : "";
}

function chosenShot() {
  return /** @type {HTMLInputElement | null} */ (root.querySelector("input[name=shot]:checked"))?.value || "";
}

function ready() {
  let problem = "";
  if (!chosenShot()) problem = texts.chooseShot;
  else if ($("rights_basis").value !== "own" && !$("rights_reference").value.trim()) problem = texts.needReference;
  $("shoot-problem").textContent = problem;
  return !problem;
}

/** @param {HTMLInputElement} input */
async function take(input) {
  const files = [...(input.files || [])];
  input.value = "";
  if (!ready() || !article) return;
  /** @type {Record<string, string>} */
  const form = {};
  for (const field of ["rights_basis", "rights_reference", "warehouse_batch", "colour_note"]) form[field] = $(field).value.trim();
  for (const file of files) {
    const problem = queue.problem(file);
    if (problem) $("shoot-problem").textContent = `${file.name}: ${problem}`;
    else await queue.add({ sku: article.sku, group: article.group, shot: chosenShot(), form }, file);
  }
}

async function complete() {
  if (queue.waitsFor(article.sku)) {
    $("shoot-problem").textContent = texts.waitFirst;
    return;
  }
  const answer = await wire.ask("POST", `/capture/skus/${encodeURIComponent(article.sku)}/complete`);
  if (kindOf(answer) !== "ok") {
    $("shoot-problem").textContent = reasonOf(answer);
    return;
  }
  article = answer.body;
  paint();
  const missing = named(article.missing);
  $("shots-state").textContent = missing ? words(texts.stillMissing, { missing }) : texts.completed;
}
