// Signing in: on a page of its own, or over the page that the session ended under, which stays as it is.
import { fill, h } from "./dom.js";
import { read, signIn } from "./session.js";
import { failure, field } from "./ui.js";

/** The form. @param {(session: any) => void} done */
export function form(done) {
  const key = h("input", { type: "password", autocomplete: "current-password", required: true, spellcheck: "false", maxlength: "8192" });
  const said = h("div");
  return h("form", {
    class: "sign-in",
    onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      fill(said);
      try {
        const session = await signIn(key.value.trim());
        key.value = "";
        done(session);
      } catch (error) {
        key.select();
        fill(said, failure(error));
      }
    },
  }, field("API key", key, "An admin makes one with: labeler key create. It goes to the service once and is not kept in this browser."),
  said, h("button", { type: "submit", class: "primary" }, "Sign in"));
}

/** Asks in a dialog over the page; answers when somebody has signed in. @param {string} why @returns {Promise<any>} */
export function ask(why) {
  return new Promise(resolve => {
    const over = new AbortController();
    const finish = (/** @type {any} */ session) => {
      over.abort();
      dialog.close();
      dialog.remove();
      resolve(session);
    };
    const dialog = h("dialog", { "aria-label": "Sign in", oncancel: (/** @type {Event} */ event) => event.preventDefault() },
      h("h2", null, "Sign in"), h("p", null, why), form(finish));
    document.body.append(dialog);
    dialog.showModal();

    // A browser closes it at the second Esc all the same.
    dialog.addEventListener("close", () => dialog.showModal(), { signal: over.signal });
    // Whoever has signed in in another window is signed in here.
    addEventListener("focus", async () => {
      const now = await read().catch(() => null);
      if (now?.authenticated && !over.signal.aborted) {
        finish(now);
      }
    }, { signal: over.signal });
  });
}
