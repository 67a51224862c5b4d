// Whom to trust: all labelers, with what was found of them.
import { get, idOf } from "../lib/api.js";
import { intervals } from "../lib/charts.js";
import { h } from "../lib/dom.js";
import { count, isNumber, percent } from "../lib/format.js";
import { allowed, frame, query } from "../lib/insight.js";
import { chance, confused, flagBadge, labelerLink, measured, pace } from "../lib/labelers.js";
import { pagedTable } from "../lib/table.js";
import { check, choice, field, section } from "../lib/ui.js";

export const title = () => "Labelers";

const orders = [
  ["LABELER_INSIGHT_ORDER_FLAGS", "The clearest flags first"], ["LABELER_INSIGHT_ORDER_ACCURACY", "The least accurate first"],
  ["LABELER_INSIGHT_ORDER_ANNOTATIONS", "The most active first"], ["LABELER_INSIGHT_ORDER_UNSPECIFIED", "As they were registered"],
];
// As many as fit a plot.
const pageSize = 25;

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, dataset } = view;
  if (!allowed(view, "Labelers")) {
    return;
  }

  const parent = dataset.name;
  const order = choice(orders, orders[0][0]);
  const flagged = h("input", { type: "checkbox" });
  const { element, run } = frame(view, {
    parts: ["INSIGHT_PART_LABELERS"],
    produce: async part => {
      const labelers = listOf(parent, part, () => ({ order: order.value, flagged: flagged.checked || null }));
      order.onchange = flagged.onchange = () => void labelers.reload();
      return [
        section("Labelers", h("div", { class: "fields" }, field("Order", order), check("Only flagged", flagged)), labelers),
        section("Look-alikes", h("p", { class: "quiet" }, "Pairs of labelers who make the same errors on the same items more often than chance allows."), lookAlikes(parent, part)),
      ];
    },
  });
  root.append(h("h1", null, "Labelers"), element);
  await run();
}

function listOf(/** @type {string} */ parent, /** @type {import("../lib/insight.js").Part} */ part, /** @type {() => Record<string, any>} */ choices) {
  const dataset = idOf(parent);
  let drawn = new AbortController();
  return pagedTable({
    caption: "Labelers", signal: part.signal, empty: "No labeler is there that this holds for.",
    columns: [
      { title: "Labeler", value: row => labelerLink(dataset, row.labelerId) },
      { title: "Annotations", value: row => count(row.annotationCount), number: true },
      { title: "Right", value: row => measured(row.accuracy), number: true, hint: "Probability of being right, as the method has it, in percent; with intervals of 95 %" },
      { title: "As the others", value: row => measured(row.agreementWithOthers), number: true, hint: "How often the labeler names the consensus that the others reach without it" },
      { title: "Right on gold", value: row => measured(row.goldAccuracy), number: true, hint: "How often it names the gold class" },
      { title: "Takes", value: confused, hint: "The class that it takes for another most often, beyond what is usual" },
      { title: "Time", value: row => pace(row.speed), number: true, hint: "Median time of an annotation" },
      { title: "Found", value: found },
    ],
    load: async pageToken => {
      const page = await get(`/v1/${parent}/labelerInsights`, { ...query(part.settings), ...choices(), pageSize, pageToken }, part.signal);
      const rows = page.labelers ?? [];
      drawn.abort();
      drawn = new AbortController();
      return { rows, next: page.nextPageToken, note: plot(rows, AbortSignal.any([part.signal, drawn.signal])) };
    },
  });
}

function plot(/** @type {any[]} */ rows, /** @type {AbortSignal} */ signal) {
  const data = rows.filter(row => isNumber(row.accuracy?.value)).map(row => ({
    name: row.labelerId, value: row.accuracy.value, low: row.accuracy.low, high: row.accuracy.high, mark: /** @type {"bad" | undefined} */ ((row.flags ?? []).length > 0 ? "bad" : undefined),
  }));
  const sampled = data.some(entry => isNumber(entry.low));
  return data.length > 0 && intervals({
    label: `How often labelers are right${sampled ? ", with credible intervals of 95 %" : ""}; red: flagged`, name: "Labeler", valueName: "Probability of being right", signal, data,
  }).element;
}

function found(/** @type {any} */ row) {
  const flags = row.flags ?? [];
  if (flags.length > 0) {
    return flags.map((/** @type {any} */ flag) => h("div", null, flagBadge(flag), " ", h("small", null, flag.evidence)));
  }

  return h("span", { class: "quiet" }, row.tooLittleEvidence ? "too few annotations to say" : "nothing");
}

function lookAlikes(/** @type {string} */ parent, /** @type {import("../lib/insight.js").Part} */ part) {
  const dataset = idOf(parent);
  return pagedTable({
    caption: "Look-alikes", signal: part.signal, empty: "No two labelers share more errors than chance allows.",
    columns: [
      { title: "Labeler", value: row => labelerLink(dataset, row.labelerId) },
      { title: "and", value: row => labelerLink(dataset, row.otherLabelerId) },
      { title: "Items of both", value: row => count(row.sharedItems), number: true },
      { title: "Same errors", value: row => `${Number(row.sharedErrors).toFixed(1)} (${percent(row.sharedErrors / row.sharedItems, 0)})`, number: true },
      { title: "By chance", value: row => Number(row.expectedSharedErrors).toFixed(1), number: true, hint: "What two labelers with their confusions would share by chance" },
      { title: "p", value: row => chance(row.pValue), number: true, hint: "Probability of so many by chance" },
    ],
    load: async pageToken => {
      const page = await get(`/v1/${parent}/lookAlikes`, { ...query(part.settings), pageSize, pageToken }, part.signal);
      return {
        rows: page.lookAlikes ?? [], next: page.nextPageToken,
        note: h("p", { class: "quiet" }, `${count(page.testedPairs)} pairs shared enough items to be tested.`),
      };
    },
  });
}
