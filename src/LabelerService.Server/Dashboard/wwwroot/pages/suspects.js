// Annotations that are likely to be wrong, why, and what can be done about them.
import { get, idOf, post } from "../lib/api.js";
import { announce, fill, h } from "../lib/dom.js";
import { percent } from "../lib/format.js";
import { allowed, frame, query } from "../lib/insight.js";
import { itemLink, labelerLink } from "../lib/labelers.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { pagedTable } from "../lib/table.js";
import { bar, choice, confirm, failure, field, label, section } from "../lib/ui.js";

/** @typedef {import("../lib/insight.js").Part} Part */

export const title = () => "Suspects";

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root } = view;
  if (!allowed(view, "Suspected annotations")) {
    return;
  }

  const labeler = h("input", { value: view.query.get("labeler") ?? "", maxlength: "256", spellcheck: "false" });
  const least = choice([["0.5", "50 %"], ["0.8", "80 %"], ["0.9", "90 %"], ["0.99", "99 %"], ["0.2", "20 %"]], "0.5");
  const { element, run } = frame(view, {
    parts: ["INSIGHT_PART_SUSPECTS"], uses: ["settings"],
    produce: async part => {
      const list = suspects(view, part, () => ({ labelerId: labeler.value, minProbabilityWrong: least.value }));
      const again = () => void list.reload();
      least.onchange = again;
      return section("Likely to be wrong, the likeliest first",
        h("form", { class: "fields", onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); again(); } },
          field("Wrong with at least", least), field("Only of the labeler", labeler, "Its key; empty for all."), h("button", { type: "submit" }, "Show")), list);
    },
  });
  root.append(h("h1", null, "Suspected annotations"), element);
  await run();
}

function suspects(/** @type {import("../lib/router.js").View} */ view, /** @type {Part} */ part, /** @type {() => Record<string, any>} */ choices) {
  const { dataset, session } = view;
  const id = idOf(dataset.name);
  return pagedTable({
    caption: "Suspected annotations", signal: part.signal, empty: "No annotation is as likely to be wrong as that.",
    columns: [
      { title: "Item", value: row => itemLink(id, row.itemId) },
      { title: "Labeler", value: row => labelerLink(id, row.labelerId) },
      { title: "Said", value: row => label(row.className, 30) },
      { title: "Likelier", value: row => [label(row.likelyClassName, 30), h("small", { class: "interval" }, percent(row.likelyClassProbability))], hint: "What the item is likelier to be, without this annotation" },
      { title: "Wrong", value: row => bar(row.probabilityWrong, percent(row.probabilityWrong)), hint: "Probability that the annotation is wrong" },
      { title: "Why", value: row => h("ul", null, (row.reasons ?? []).map((/** @type {string} */ reason) => h("li", null, reason))) },
      ...(may(session, "write") ? [{ title: "What to do", value: (/** @type {any} */ row) => row.itemId ? actions(view, part, row) : "–" }] : []),
    ],
    load: async pageToken => {
      const page = await get(`/v1/${dataset.name}/suspectedAnnotations`, { ...query({ ...part.settings, intervals: false }), ...choices(), pageSize: 25, pageToken }, part.signal);
      return { rows: page.annotations ?? [], next: page.nextPageToken };
    },
  });
}

/** Ask again, or settle the class by hand. */
function actions(/** @type {import("../lib/router.js").View} */ { dataset }, /** @type {Part} */ part, /** @type {any} */ row) {
  const id = idOf(dataset.name);
  const said = h("div", { role: "status" });
  const gold = choice(dataset.classes.map((/** @type {string} */ name) => [name, name]), row.likelyClassName, { "aria-label": `True class of ${row.itemId}` });
  return h("div", null,
    h("a", { href: `${to("datasets", id, "label")}?item=${encodeURIComponent(row.itemId)}`, "aria-label": `Ask again about ${row.itemId}` }, "Ask again"),
    h("form", {
      onsubmit: async (/** @type {Event} */ event) => {
        event.preventDefault();
        fill(said);
        if (!await confirm(`Is ${gold.value} the true class of ${row.itemId}? It becomes the item's gold class: results are measured against it, and it replaces the one that may be there.`, "Set the gold class")) {
          return;
        }

        try {
          await post(`/v1/${dataset.name}/items:batchSetGoldClasses`, { goldClasses: [{ itemId: row.itemId, className: gold.value }] }, part.signal);
          fill(said, h("small", null, `Gold: ${gold.value}. `), h("button", { type: "button", onclick: part.again }, "Work it out anew"));
          announce(`The gold class of ${row.itemId} is ${gold.value}`);
        } catch (error) {
          fill(said, failure(error));
        }
      },
    }, gold, " ", h("button", { type: "submit", "aria-label": `Is gold: ${row.itemId}` }, "Is gold")), said);
}
