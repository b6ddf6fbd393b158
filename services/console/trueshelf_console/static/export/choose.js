// Choosing SKUs: how many are chosen, and all at once.
// @ts-check
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("order"));
const count = document.getElementById("count");
const all = document.getElementById("all");

/** @returns {HTMLInputElement[]} */
function boxes() {
  return form ? [...form.querySelectorAll('input[name="sku"]:not(:disabled)')].map((box) => /** @type {HTMLInputElement} */ (box)) : [];
}

function show() {
  if (!count) return;
  const chosen = boxes().filter((box) => box.checked).length;
  count.textContent = chosen ? `${count.dataset.some} ${chosen}` : (count.dataset.none ?? "");
}

form?.addEventListener("change", show);
all?.addEventListener("click", () => {
  for (const box of boxes()) box.checked = true;
  show();
});
window.addEventListener("pageshow", show);
show();
