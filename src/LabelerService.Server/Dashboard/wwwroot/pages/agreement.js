// How much labelers agree: all together, and by pairs.
import { get, idOf } from "../lib/api.js";
import { heatMap } from "../lib/charts.js";
import { h } from "../lib/dom.js";
import { count, decimal, isNumber, percent, words } from "../lib/format.js";
import { allowed, frame } from "../lib/insight.js";
import { labelerLink } from "../lib/labelers.js";
import { pagedTable } from "../lib/table.js";
import { choice, field, load, section, tiles } from "../lib/ui.js";

/** @typedef {import("../lib/insight.js").Part} Part */

export const title = () => "Agreement";

const orders = [
  ["LABELER_PAIR_ORDER_UNSPECIFIED", "Most items of both first"], ["LABELER_PAIR_ORDER_LEAST_AGREEMENT", "The least agreement first"],
  ["LABELER_PAIR_ORDER_MOST_AGREEMENT", "The most agreement first"],
];

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, dataset } = view;
  if (!allowed(view, "Agreement")) {
    return;
  }

  const scale = choice([
    ["AGREEMENT_SCALE_UNSPECIFIED", `As the classes are: ${dataset.labelKind === "LABEL_KIND_ORDINAL" ? "ordered" : "the same or not"}`], ["AGREEMENT_SCALE_NOMINAL", "Nominal: the same or not"],
    ["AGREEMENT_SCALE_ORDINAL", "Ordinal: classes are ordered"], ["AGREEMENT_SCALE_INTERVAL", "Interval: differences are distances"],
  ]);
  const { element, run } = frame(view, {
    parts: ["INSIGHT_PART_AGREEMENT"], uses: [], request: () => ({ agreementScale: scale.value }),
    produce: async part => {
      const agreement = await get(`/v1/${dataset.name}/agreement`, { scale: scale.value, maxPairs: 1 }, part.signal);
      return [coefficients(agreement), matrix(dataset, agreement, part), pairs(dataset, agreement, part)];
    },
  });
  scale.onchange = () => void run();
  root.append(h("h1", null, "Agreement"), h("div", { class: "fields" }, field("Scale", scale, "Which differences count, and how much.")), element);
  await run();
}

function coefficients(/** @type {any} */ agreement) {
  const level = percent(agreement.level, 0);
  const kappa = (/** @type {any} */ estimate) => !isNumber(estimate?.value) ? "–" : [decimal(estimate.value),
    isNumber(estimate.low) && h("small", { class: "interval" }, `${decimal(estimate.low)} to ${decimal(estimate.high)}`)];
  const share = agreement.percent;
  return [
    tiles([
      ["Equal pairs of annotations", !isNumber(share?.value) ? "–" : [percent(share.value), isNumber(share.low) && h("small", { class: "interval" }, `${percent(share.low)} to ${percent(share.high)}`)],
        `mean over ${count(share?.count)} items with two annotations or more`],
      ["Fleiss’ κ", kappa(agreement.fleissKappa), "beyond what chance alone would bring"],
      [`Krippendorff’s α, ${words(agreement.scale, "AGREEMENT_SCALE_")}`, kappa(agreement.krippendorffAlpha), `over ${count(agreement.krippendorffAlpha?.count)} annotations`],
    ]),
    h("p", { class: "quiet" }, `Ranges are bootstrap intervals of ${level} over items. 1 is perfect agreement, 0 what chance brings; α above 0.8 is commonly held to be reliable, above 0.667 good enough for tentative conclusions (Krippendorff).`),
  ];
}

function matrix(/** @type {any} */ dataset, /** @type {any} */ agreement, /** @type {Part} */ part) {
  const place = h("div");
  const most = choice([["10", "10"], ["20", "20"], ["30", "30"], ["50", "50"]], "20", { onchange: () => void load(place, part.signal, draw) });
  const measure = choice([["cohenKappa", "Cohen’s κ"], ["percentAgreement", "Share of items on which they agree"]], "percentAgreement", { onchange: () => void load(place, part.signal, draw) });
  let drawn = new AbortController();

  async function draw() {
    const { pairs: found, labelers } = await among();
    drawn.abort();
    drawn = new AbortController();
    /** @type {Map<string, number>} */
    const at = new Map(labelers.map((/** @type {string} */ key, /** @type {number} */ index) => [key, index]));
    /** @type {any[][]} */
    const cells = labelers.map(() => labelers.map(() => null));
    for (const pair of found) {
      const [a, b] = [/** @type {number} */ (at.get(pair.labelerId)), /** @type {number} */ (at.get(pair.otherLabelerId))];
      cells[a][b] = cells[b][a] = pair;
    }

    if (found.length === 0) {
      return h("p", { class: "quiet" }, "No two of these labelers labelled the same item.");
    }

    const kappa = measure.value === "cohenKappa";
    const values = cells.map(line => line.map(pair => pair === null || !isNumber(pair[measure.value]) ? null : Number(pair[measure.value])));
    return heatMap({
      label: kappa ? "Cohen’s κ of pairs, in hundredths; empty where they share no items or κ is not defined" : "Share of shared items on which pairs agree, in percent; empty where they share none",
      rows: labelers, columns: labelers, rowName: "Labeler", columnName: "Labeler", signal: AbortSignal.any([part.signal, drawn.signal]), data: values,
      low: Math.min(0, ...values.flat().map(value => value ?? 0)), height: Math.min(900, 140 + 24 * labelers.length),
      remark: (row, column) => `${count(cells[row][column].sharedItems)} items of both`,
    }).element;
  }

  /** All pairs among the labelers: a page holds 1,000, fifty labelers have 1,225. */
  async function among() {
    const all = [];
    // As it was chosen when this began: the pages of one list.
    const mostActive = most.value;
    let page;
    do {
      page = /** @type {any} */ (await get(`/v1/${dataset.name}/labelerPairs`, { scale: agreement.scale, mostActive, pageSize: 1000, pageToken: page?.nextPageToken }, part.signal));
      all.push(...(page.pairs ?? []));
    } while (page.nextPageToken);
    return { pairs: all, labelers: page.labelerIds ?? [] };
  }

  void load(place, part.signal, draw);
  return section("The most active labelers with each other", h("div", { class: "fields" }, field("Labelers", most), field("Measure", measure)), place);
}

function pairs(/** @type {any} */ dataset, /** @type {any} */ agreement, /** @type {Part} */ part) {
  const id = idOf(dataset.name);
  const order = choice(orders, orders[0][0], { onchange: () => void list.reload() });
  const least = h("input", { type: "number", min: "1", max: "1000000", value: "5", onchange: () => void list.reload() });
  const weighted = agreement.scale !== "AGREEMENT_SCALE_NOMINAL";
  const list = pagedTable({
    caption: "Pairs of labelers", signal: part.signal, empty: "No two labelers share so many items.",
    columns: [
      { title: "Labeler", value: row => labelerLink(id, row.labelerId) },
      { title: "and", value: row => labelerLink(id, row.otherLabelerId) },
      { title: "Items of both", value: row => count(row.sharedItems), number: true },
      { title: "Agree on", value: row => percent(row.percentAgreement), number: true },
      { title: "Cohen’s κ", value: row => decimal(row.cohenKappa), number: true, hint: "Not defined where both always name one and the same class" },
      ...(weighted ? [{ title: "Weighted κ", value: (/** @type {any} */ row) => decimal(row.weightedKappa), number: true, hint: "By squared differences of grades" }] : []),
    ],
    load: async pageToken => {
      const page = await get(`/v1/${dataset.name}/labelerPairs`, { scale: agreement.scale, order: order.value, minSharedItems: least.value, pageSize: 25, pageToken }, part.signal);
      return { rows: page.pairs ?? [], next: page.nextPageToken };
    },
  });
  return section("Pairs", h("p", { class: "quiet" }, `${count(agreement.pairCount)} pairs of labelers share items.`),
    h("div", { class: "fields" }, field("Order", order), field("Items of both, at least", least)), list);
}
