// Search by picture: the SHA-256 is computed here, and only it goes to the console.
// @ts-check
const zone = document.getElementById("drop");
const says = document.getElementById("drop-says");
const chosen = /** @type {HTMLInputElement | null} */ (document.getElementById("picture"));
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("by-hash"));
const field = /** @type {HTMLInputElement | null} */ (document.getElementById("sha256"));

/** @param {string} text */
function say(text) {
  if (says) says.textContent = text;
}

/** @param {string} hash */
function find(hash) {
  if (/^[0-9a-f]{64}$/.test(hash)) window.location.assign(`/audit/pictures/${hash}`);
  else say(zone?.dataset.wrong ?? "");
}

/** @param {File | null | undefined} file */
async function hashOf(file) {
  if (!file) return;
  say(zone?.dataset.busy ?? "");
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  find([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
}

chosen?.addEventListener("change", () => hashOf(chosen.files?.[0]));
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  find((field?.value ?? "").trim().toLowerCase());
});
// Dropped beside the zone, a picture would replace the page.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
zone?.addEventListener("dragover", () => zone.classList.add("over"));
zone?.addEventListener("dragleave", () => zone.classList.remove("over"));
zone?.addEventListener("drop", (event) => {
  zone.classList.remove("over");
  hashOf(/** @type {DragEvent} */ (event).dataTransfer?.files[0]);
});
