// Tables, whole or page by page. The service pages; nothing here ever holds a whole dataset.
import { fill, h } from "./dom.js";
import { failure, whenBack } from "./ui.js";

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: any, index: number) => any} value Text or element of the cell.
 * @property {boolean} [number] Right-aligned.
 * @property {string} [hint] What it means.
 */

/** @param {{caption: string, columns: Column[], rows: any[], empty?: string, captionHidden?: boolean}} options */
export function table({ caption, columns, rows, empty = "Nothing here yet.", captionHidden = true }) {
  if (rows.length === 0) {
    return h("p", { class: "quiet" }, empty);
  }

  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, h("table", null,
    h("caption", captionHidden ? { class: "unseen" } : null, caption),
    h("thead", null, h("tr", null, columns.map(column => h("th", { scope: "col", class: column.number ? "number" : null, title: column.hint }, column.title)))),
    h("tbody", null, rows.map((row, index) => h("tr", null, columns.map(column => h("td", { class: column.number ? "number" : null }, column.value(row, index))))))));
}

/**
 * A table that asks the service for one page at a time, with buttons for the next and the previous one.
 * @param {{caption: string, columns: Column[], empty?: string, signal: AbortSignal, start?: string[],
 *   load: (pageToken: string, tokens: string[]) => Promise<{rows: any[], next?: string, note?: any}>}} options
 *   start: tokens of the pages up to the one to begin with, as `load` gets them; without it, the first page.
 * @returns {any} The element; `reload()` on it starts over.
 */
export function pagedTable({ caption, columns, empty, signal, start = [""], load }) {
  const place = h("div", { class: "paged" });
  const tokens = [...start];
  let asked = 0;

  async function show() {
    const mine = ++asked;
    place.setAttribute("aria-busy", "true");
    try {
      const { rows, next, note } = await load(tokens[tokens.length - 1], [...tokens]);
      if (mine !== asked || signal.aborted) {
        return;
      }

      fill(place, note, table({ caption, columns, rows, empty }), (tokens.length > 1 || next) && h("nav", { class: "pager", "aria-label": `Pages: ${caption}` },
        h("button", { type: "button", disabled: tokens.length === 1, onclick: () => void turn("Previous", () => { tokens.pop(); }) }, "Previous"),
        h("span", null, `Page ${tokens.length}`),
        h("button", { type: "button", disabled: !next, onclick: () => void turn("Next", () => { tokens.push(/** @type {string} */ (next)); }) }, "Next")));
    } catch (error) {
      if (mine === asked && !signal.aborted) {
        if (/** @type {any} */ (error).reason === "STATE_GONE") {
          // What the pages were pages of is no more.
          tokens.splice(0, tokens.length, "");
        }

        fill(place, failure(error, () => void show()));
        whenBack(error, signal, () => void show());
      }
    } finally {
      if (mine === asked) {
        place.removeAttribute("aria-busy");
      }
    }
  }

  /** Turns the page, once; whoever pressed the button by keyboard stays on it. */
  async function turn(/** @type {string} */ name, /** @type {() => void} */ move) {
    if (place.hasAttribute("aria-busy")) {
      return;
    }

    move();
    await show();
    for (const button of place.querySelectorAll(".pager button")) {
      if (button.textContent === name && !button.disabled) {
        button.focus();
      }
    }
  }

  place.reload = () => {
    tokens.splice(0, tokens.length, "");
    return show();
  };
  fill(place, h("p", { class: "quiet" }, "Loading…"));
  void show();
  return place;
}
