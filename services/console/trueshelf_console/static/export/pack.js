// A pack that moves on: the page loads itself again, unless somebody has begun to answer its questions.
// @ts-check
const begun = () => document.getElementById("stand")?.dataset.stand;
const first = begun();

function dirty() {
  return document.querySelector("main fieldset input:checked") !== null;
}

document.addEventListener("htmx:afterSettle", () => {
  if (begun() === first) return;
  if (dirty()) document.getElementById("again")?.removeAttribute("hidden");
  else window.location.reload();
});
