// Who decides proves once more who they are when their login was long ago; then the same decision is sent again.
// @ts-check
import { Refused } from "./api.js";
import { t } from "./texts.js";

/** What is wrong, by the code of the refusal. @type {Record<string, string>} */
const FAULTS = { password_wrong: "again_wrong", too_many_tries: "again_wait", no_password: "again_company" };

/** Ask, and call `send` once it is proved. @param {() => void} send */
export function askAgain(send) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("again"));
  const fault = /** @type {HTMLElement} */ (dialog.querySelector("[data-fault]"));
  const form = dialog.querySelector("form");
  const done = () => {
    form?.reset();
    dialog.close();
    send();
  };
  fault.hidden = true;
  for (const button of dialog.querySelectorAll("button")) {
    if ("close" in button.dataset) button.onclick = () => dialog.close();
    if ("retry" in button.dataset) button.onclick = done;
  }
  if (form) form.onsubmit = (event) => {
    event.preventDefault();
    proved(new FormData(form)).then(done, (/** @type {Refused} */ error) => {
      fault.textContent = t(FAULTS[error.code] || "unreachable");
      fault.hidden = false;
      /** @type {HTMLInputElement} */ (form.elements.namedItem("password")).select();
    });
  };
  if (!dialog.open) dialog.showModal();
}

/** @param {FormData} form */
async function proved(form) {
  const headers = { Accept: "application/json", "X-CSRF-Token": document.getElementById("review")?.dataset.csrf || "" };
  const body = new URLSearchParams({ password: String(form.get("password")) });
  const answer = await fetch("/login/again", { method: "POST", headers, body });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => null));
}
