// A number of the queue fills the form beside it.
// @ts-check
const category = /** @type {HTMLSelectElement} */ (document.getElementById("wish-category"));
const kind = /** @type {HTMLSelectElement} */ (document.getElementById("wish-kind"));

/** @param {string} wantedKind @param {string} wantedCategory */
function choose(wantedKind, wantedCategory) {
  kind.value = wantedKind;
  category.value = wantedCategory;
}

document.addEventListener("click", (event) => {
  const link = /** @type {HTMLElement} */ (event.target).closest?.("a[data-kind]");
  if (!(link instanceof HTMLElement)) return;
  event.preventDefault();
  choose(link.dataset.kind || "", link.dataset.category || "");
  /** @type {HTMLButtonElement} */ (document.querySelector("#start button")).focus();
});
const asked = new URLSearchParams(location.search);
if (asked.has("kind")) choose(asked.get("kind") || "", asked.get("category") || "");
