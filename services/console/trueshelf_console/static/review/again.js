// Who decides proves once more who they are when their login was long ago; then the same decision is sent again.
// @ts-check
import { prove } from "./api.js";
import { t } from "./texts.js";

/** What is wrong, by the code of the refusal. @type {Record<string, string>} */
const FAULTS = { password_wrong: "again_wrong", too_many_tries: "again_wait", no_password: "again_company", csrf: "stranger" };

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
    prove(String(new FormData(form).get("password"))).then(done, (/** @type {import("./api.js").Refused} */ error) => {
      fault.textContent = t(FAULTS[error.code] || (error.status === 401 ? "session_over" : "again_away"));
      fault.hidden = false;
      /** @type {HTMLInputElement} */ (form.elements.namedItem("password")).select();
    });
  };
  if (!dialog.open) dialog.showModal();
}
