// Parts that every page uses.
import { ApiError, events } from "./api.js";
import { announce, fill, h } from "./dom.js";
import { shorten } from "./format.js";

/** A failure, shown plainly, with what can be done. @param {any} error @param {(() => void) | null} [again] */
export function failure(error, again) {
  const known = error instanceof ApiError;
  if (!known) {
    console.error(error);
  }

  return h("div", { class: "notice bad", role: "alert" },
    h("p", null, known ? error.message : `The page failed: ${error?.message ?? error}`),
    known && error.violations.length > 0 && h("ul", null, error.violations.map(violation => h("li", null, h("code", null, violation.field), " ", violation.description))),
    again && h("button", { type: "button", onclick: again }, "Try again"));
}

/** A refusal because somebody else was faster, with a way to see what they did; any other failure as it is. @param {any} error @param {() => void} reload */
export function conflict(error, reload) {
  return error instanceof ApiError && ["ETAG_MISMATCH", "CHAMPION_CHANGED"].includes(error.reason)
    ? h("div", { class: "notice warn", role: "alert" }, h("p", null, "Somebody changed this in the meantime, so nothing was done. ", error.message), h("button", { type: "button", onclick: reload }, "Show it as it is now"))
    : failure(error);
}

/** @param {"good" | "warn" | "bad" | "plain"} kind @param {...any} content */
export const notice = (kind, ...content) => h("div", { class: `notice ${kind}`, role: kind === "bad" ? "alert" : "status" }, content);

/** Text that may be very long: cut for the eye, whole in the title. @param {string} text @param {number} [most] */
export const label = (text, most = 60) => h("span", { title: text.length > most ? text : null, class: "label" }, shorten(text, most));

/** @param {string} text @param {"good" | "warn" | "bad" | "plain"} [kind] */
export const badge = (text, kind = "plain") => h("span", { class: `badge ${kind}` }, text);

/** Tiles of figures. @param {any[]} entries Each name, figure, and remark or none; what is false, null or undefined is left out. */
export const tiles = entries => h("dl", { class: "tiles" }, entries.filter(entry => entry).map(([name, figure, remark]) =>
  h("div", { class: "tile" }, h("dt", null, name), h("dd", null, figure, remark && h("small", null, remark)))));

/** A section with a heading. @param {string} title @param {...any} content */
export const section = (title, ...content) => h("section", { class: "card" }, h("h2", null, title), content);

/** Tries again what failed because nobody answered or the session had ended, once that is over. @param {any} error @param {AbortSignal} signal @param {() => void} again */
export function whenBack(error, signal, again) {
  if (error instanceof ApiError && (error.isAway || error.status === 401)) {
    events.addEventListener("back", again, { once: true, signal });
  }
}

/** How often each place was filled: answers come in any order, and the last one asked for is shown. @type {WeakMap<Element, number>} */
const turns = new WeakMap();

/**
 * Loads a part of a page: shows that it is loading, then what came, or what failed with a way to try again. Where nobody answered, or the
 * session had ended, it tries again by itself when the service is back or somebody has signed in.
 * @param {Element} place
 * @param {AbortSignal} signal The page's.
 * @param {() => Promise<any>} produce Gives the content.
 */
export async function load(place, signal, produce) {
  const turn = (turns.get(place) ?? 0) + 1;
  turns.set(place, turn);
  const isLate = () => signal.aborted || turns.get(place) !== turn;
  place.setAttribute("aria-busy", "true");
  fill(place, h("p", { class: "quiet" }, "Loading…"));
  try {
    const content = await produce();
    if (!isLate()) {
      fill(place, content);
    }
  } catch (error) {
    if (!isLate()) {
      const again = () => {
        if (!isLate()) {
          void load(place, signal, produce);
        }
      };
      fill(place, failure(error, again));
      whenBack(error, signal, again);
    }
  } finally {
    if (turns.get(place) === turn) {
      place.removeAttribute("aria-busy");
    }
  }
}

/**
 * Does something on a button's press: the button waits meanwhile, a failure is shown beside it.
 * @param {string} text @param {() => Promise<any>} act @param {{kind?: string, done?: string, reload?: () => void}} [options]
 *   reload: shows what somebody else has changed in the meantime.
 */
export function action(text, act, { kind = "", done = "", reload } = {}) {
  const said = h("span", { class: "said", role: "status" });
  const button = h("button", {
    type: "button",
    class: kind || null,
    onclick: async () => {
      button.disabled = true;
      fill(said);
      try {
        await act();
        if (done) {
          fill(said, done);
          announce(done);
        }
      } catch (error) {
        fill(said, reload ? conflict(error, reload) : failure(error));
      } finally {
        button.disabled = false;
      }
    },
  }, text);
  return h("span", { class: "action" }, button, said);
}

/** Asks before something that cannot be taken back. @param {string} question @param {string} yes @param {...any} content Fields, to be read by the caller. @returns {Promise<boolean>} */
export function confirm(question, yes, ...content) {
  const buttons = [h("button", { value: "no", formnovalidate: true }, "Leave it"), h("button", { value: "yes", class: "primary" }, yes)];
  if (content.length > 0) {
    // Enter in a field presses the first button.
    buttons.reverse();
  }

  return new Promise(resolve => {
    const dialog = h("dialog", { "aria-label": question, onclose: () => { dialog.remove(); resolve(dialog.returnValue === "yes"); } },
      h("form", { method: "dialog" }, h("p", null, question), content,
        h("div", { class: "buttons" }, buttons)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

let fields = 0;

/** A labelled field of a form. @param {string} text @param {any} input @param {string} [hint] */
export function field(text, input, hint) {
  input.id ||= `field-${++fields}`;
  if (hint) {
    input.setAttribute("aria-describedby", input.id + "-hint");
  }

  return h("div", { class: "field" }, h("label", { for: input.id }, text), input, hint && h("small", { id: input.id + "-hint" }, hint));
}

/** A box to tick, with its text. @param {string} text @param {any} input */
export const check = (text, input) => h("label", { class: "check" }, input, " ", text);

/** @param {string[][]} entries Value and text. @param {string} [chosen] @param {Record<string, any>} [properties] */
export const choice = (entries, chosen, properties) => h("select", properties ?? null,
  entries.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));

/** A bar from 0 to 1 with its text beside it. @param {number} value @param {string} text */
export const bar = (value, text) => h("span", { class: "bar" },
  h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "part", style: { width: `${100 * Math.min(1, Math.max(0, value))}%` } })), text);
