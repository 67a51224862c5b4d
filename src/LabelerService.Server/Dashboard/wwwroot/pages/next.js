// What to have annotated next, and by whom, so that each annotation tells most.
import { get, idOf, post } from "../lib/api.js";
import { announce, fill, h } from "../lib/dom.js";
import { count, decimal, percent } from "../lib/format.js";
import { allowed, body, frame } from "../lib/insight.js";
import { itemLink, labelerLink } from "../lib/labelers.js";
import { to } from "../lib/router.js";
import { table } from "../lib/table.js";
import { check, choice, failure, field, label, load, notice, section } from "../lib/ui.js";

/** @typedef {import("../lib/insight.js").Part} Part */

export const title = () => "What next";

const policies = [
  ["SUGGESTION_POLICY_EXPECTED_INFORMATION_GAIN", "What the answer is expected to tell, for its cost"], ["SUGGESTION_POLICY_UNCERTAINTY", "The least sure first"],
  ["SUGGESTION_POLICY_ACTIVE_LAB", "ActiveLab: labelers and model together"],
];
const shownAtOnce = 50;

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, dataset } = view;
  if (!allowed(view, "What to annotate next")) {
    return;
  }

  const counts = dataset.counts ?? {};
  const allGold = Number(counts.items ?? 0) > 0 && Number(counts.goldItems ?? 0) >= Number(counts.items);
  const policy = choice(policies);
  const wanted = h("input", { type: "number", min: "1", max: "10000", value: "100", required: true });
  const perItem = h("input", { type: "number", min: "1", max: "100", value: "1", required: true });
  const most = h("input", { type: "number", min: "0", max: "10000", value: "0", required: true });
  const done = h("input", { type: "number", min: "0", max: "99", step: "any", value: "0", required: true });
  const filter = h("input", { value: allGold ? "split = TRAIN" : "", maxlength: "2048", spellcheck: "false", size: "26" });
  const terms = termsOf(dataset, view.signal);
  const { element, run } = frame(view, {
    parts: ["INSIGHT_PART_CONSENSUS"], uses: ["settings"],
    produce: async part => {
      const place = h("div");
      policy.options[policies.length - 1].disabled = !part.settings.model;
      if (policy.selectedOptions[0]?.disabled) {
        policy.value = policies[0][0];
      }

      const suggest = () => void load(place, part.signal, async () => {
        const response = await post(`/v1/${dataset.name}:suggestAnnotations`, {
          settings: body({ ...part.settings, intervals: false }), count: Number(wanted.value), filter: filter.value, policy: policy.value, ...terms.read(),
          maxPerItem: Number(perItem.value), doneProbabilityWrong: Number(done.value) / 100, maxAnnotationsPerItem: Number(most.value),
        }, part.signal);
        announce(`${count((response.suggestions ?? []).length)} suggestions`);
        return suggestions(dataset, response, filter.value, part.state);
      });
      suggest();
      return [
        h("form", { class: "card", onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); suggest(); } },
          h("div", { class: "fields" }, field("Choose items by", policy, part.settings.model ? "" : "ActiveLab needs a model that votes; choose it above."), field("Annotations", wanted, "1 to 10,000 in all."),
            field("Of one item, at most", perItem), field("Items are done with", most, "annotations; 0: no limit."), field("and when wrong with less than", done, "percent; 0: never."),
            field("Items", filter, "Such as split = TRAIN AND has_gold = false; empty: all without a gold class.")),
          terms.element, h("button", { type: "submit", class: "primary" }, "Suggest")),
        place,
      ];
    },
  });
  root.append(h("h1", null, "What to annotate next"), element);
  await run();
}

function suggestions(/** @type {any} */ dataset, /** @type {any} */ response, /** @type {string} */ filter, /** @type {any} */ state) {
  const id = idOf(dataset.name);
  const all = response.suggestions ?? [];
  const known = new Set((state.warnings ?? []).map((/** @type {any} */ warning) => warning.text));
  const warnings = (response.state?.warnings ?? []).filter((/** @type {any} */ warning) => !known.has(warning.text));
  const told = h("p", { class: "quiet" }, `${count(all.length)} suggestions of ${count(response.candidateItems)} items looked at, of which ${count(response.doneItems)} are done.`);
  if (all.length === 0) {
    return section("Suggestions", told, h("p", null, Number(response.candidateItems ?? 0) > 0
      ? "None is worth it or possible: all items are done, nobody is available, or whoever is has labelled them already."
      : filter ? "No item meets the filter." : "All items have a gold class, so there is nothing to ask. Name items by a filter, such as split = TRAIN, to have suggestions nevertheless."));
  }

  const more = h("div");
  const rows = (/** @type {any[]} */ some, /** @type {number} */ from) => table({
    caption: from === 0 ? "Suggestions" : "Further suggestions", rows: some,
    columns: [
      { title: "#", value: (_, index) => from + index + 1, number: true },
      { title: "Item", value: row => itemLink(id, row.itemId) },
      { title: "Ask", value: row => row.labelerId ? labelerLink(id, row.labelerId) : "anybody" },
      { title: "Expected gain", value: row => `${decimal(row.expectedInformationGain)} nats`, number: true, hint: "What the answer is expected to tell of the item's class" },
      { title: "Score", value: row => decimal(row.score), number: true, hint: "What the list is ordered by: information for its cost, or the policy's own score" },
      { title: "So far", value: row => [label(row.className, 24), h("small", { class: "interval" }, `wrong with ${percent(row.probabilityWrong)}, ${count(row.annotationCount)} annotations`)] },
      { title: "Why", value: row => h("small", null, row.reason) },
      { title: "Label it", value: row => row.itemId ? h("a", { href: `${to("datasets", id, "label")}?item=${encodeURIComponent(row.itemId)}`, "aria-label": `Label ${row.itemId}` }, "Label") : "–" },
    ],
  });
  if (all.length > shownAtOnce) {
    fill(more, h("button", { type: "button", onclick: () => { fill(more, rows(all.slice(shownAtOnce), shownAtOnce)); } }, `Show the other ${count(all.length - shownAtOnce)}`));
  }

  return section("Suggestions", warnings.length > 0 && notice("warn", h("ul", null, warnings.map((/** @type {any} */ warning) => h("li", { title: warning.code }, warning.text)))), told,
    h("p", null, h("button", { type: "button", onclick: () => download(`${id}-next.csv`, csv(all)) }, "Download all as CSV")), rows(all.slice(0, shownAtOnce), 0), more);
}

/** What is asked of whom: cost, limits and availability, for as many labelers as are given. */
function termsOf(/** @type {any} */ dataset, /** @type {AbortSignal} */ signal) {
  /** @type {{element: any, read: () => any}[]} */
  let lines = [];
  const list = h("div");
  const only = h("input", { type: "checkbox" });
  const known = h("datalist", { id: "known-labelers" });
  const key = h("input", { maxlength: "256", spellcheck: "false", list: "known-labelers" });
  const said = h("div");

  function add(/** @type {string} */ labelerId) {
    const cost = h("input", { type: "number", min: "0", step: "any", value: "1", "aria-label": `Cost of an annotation by ${labelerId}` });
    const limit = h("input", { type: "number", min: "0", step: "1", value: "0", "aria-label": `Most annotations by ${labelerId}` });
    const away = h("input", { type: "checkbox", "aria-label": `${labelerId} is not available` });
    const line = {
      element: h("div", { class: "fields" }, h("strong", null, label(labelerId, 40)), h("label", { class: "check" }, "Cost ", cost), h("label", { class: "check" }, "At most (0: any) ", limit),
        check("Not available", away), h("button", { type: "button", "aria-label": `Leave out ${labelerId}`, onclick: () => { lines = lines.filter(entry => entry !== line); line.element.remove(); } }, "Leave out")),
      labelerId,
      read: () => ({ labelerId, cost: Number(cost.value), maxAnnotations: Number(limit.value), unavailable: away.checked }),
    };
    lines.push(line);
    list.append(line.element);
  }

  /** Keys to choose from; of very many labelers, the first ones. */
  async function offer() {
    if (known.firstChild) {
      return;
    }

    try {
      const { labelers = [] } = await get(`/v1/${dataset.name}/labelers`, { pageSize: 1000 }, signal);
      fill(known, labelers.map((/** @type {any} */ entry) => h("option", { value: entry.labelerId }, entry.displayName ?? "")));
      fill(said);
    } catch (error) {
      if (!signal.aborted) {
        fill(said, failure(error));
      }
    }
  }

  return {
    element: h("details", { ontoggle: offer }, h("summary", null, "Who is asked, and what it costs"),
      h("p", { class: "quiet" }, "All registered labelers are asked at a cost of 1, but for those listed here."),
      check("Ask only those listed here", only), list, said, known,
      h("div", { class: "fields" }, field("Labeler", key, "Its key."), h("button", {
        type: "button",
        onclick: () => {
          const labelerId = key.value.trim();
          if (labelerId && !lines.some(entry => entry.read().labelerId === labelerId)) {
            add(labelerId);
            key.value = "";
          }
        },
      }, "Add"))),
    read: () => ({ labelers: lines.map(line => line.read()), onlyListedLabelers: only.checked }),
  };
}

/** The suggestions as delimited text; what a spreadsheet would run as a formula gets an apostrophe in front. */
function csv(/** @type {any[]} */ rows) {
  const harmless = (/** @type {any} */ value) => typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  const quoted = (/** @type {any} */ value) => {
    const text = harmless(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;
  };
  const columns = ["itemId", "labelerId", "score", "expectedInformationGain", "probabilityWrong", "className", "annotationCount", "reason"];
  const names = ["item", "labeler", "score", "expected_information_gain", "probability_wrong", "class", "annotations", "reason"];
  return [names, ...rows.map(row => columns.map(column => row[column] ?? ""))].map(line => line.map(quoted).join(",")).join("\r\n") + "\r\n";
}

function download(/** @type {string} */ name, /** @type {string} */ text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = h("a", { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}
