// What is known of a version: what was measured, whom it trusts, where it comes from, what to mind.
import { download, get, post } from "./api.js";
import { heatMap, intervals } from "./charts.js";
import { fill, h } from "./dom.js";
import { ago, count, decimal, duration, isNumber, percent, time } from "./format.js";
import { labelerLink } from "./labelers.js";
import { interval, isShare, measured, metricTitle, parts, shown, versionLink, versionName } from "./models.js";
import { runLink } from "./runs.js";
import { table } from "./table.js";
import { action, bar, choice, failure, field, label, notice, tiles } from "./ui.js";

const mostHeads = 200;
const mostDrawn = 25;

/** @param {any} version */
export const versionTiles = version => tiles([
  ...["accuracy", "log_loss", "ece"].map(metric => {
    const found = measured(version, metric);
    return found && [`${metricTitle(metric)} on ${found.split}`, shown(metric, found.value), interval(found)];
  }),
  ["Annotations", count(version.annotationCount), version.data ? `by ${count(version.data.labelerCount)} labelers of ${count(version.data.annotatedItemCount)} items` : "that it was trained on"],
  ["Training took", duration(version.trainingSeconds), version.algorithm],
]);

/** Everything that was measured when training ended. @param {any} version @param {AbortSignal} signal */
export function measuredAtEnd(version, signal) {
  const metrics = version.metrics ?? [];
  if (metrics.length === 0) {
    return h("p", { class: "quiet" }, "Nothing could be measured: there were neither gold classes nor held-out annotations.");
  }

  return [metricChart(metrics, signal), metricTable("Measured when training ended", metrics)];
}

function metricChart(/** @type {any[]} */ metrics, /** @type {AbortSignal} */ signal) {
  // A calibration error is near 0 where the others are near 1: in one plot nothing would be seen of either.
  const drawn = metrics.filter(entry => isShare(entry.metric) && entry.metric !== "ece");
  return drawn.length > 0 && intervals({
    label: "With 95 % bootstrap intervals over items", name: "Metric", valueName: "Share", signal,
    data: drawn.map(entry => ({ name: `${metricTitle(entry.metric)}, ${entry.split}`, value: entry.value, low: entry.lower, high: entry.upper })),
  }).element;
}

const metricTable = (/** @type {string} */ caption, /** @type {any[]} */ rows) => table({
  caption, rows,
  columns: [
    { title: "Metric", value: row => metricTitle(row.metric) },
    { title: "Split", value: row => row.split },
    { title: "Value", value: row => shown(row.metric, row.value), number: true },
    { title: "95 % interval", value: row => interval(row) || "–", number: true },
    { title: "Measured on", value: row => count(row.count), number: true },
  ],
});

/** Whom it trusts: averaging weights of its heads. @param {any} version @param {AbortSignal} signal */
export function trusts(version, signal) {
  const heads = (version.heads ?? []).toSorted((/** @type {any} */ left, /** @type {any} */ right) => right.weight - left.weight);
  if (heads.length <= 1 && !heads[0]?.labelerId) {
    return h("p", { class: "quiet" }, "It has one head that learnt from all labelers together, and no weights of theirs.");
  }

  const { dataset } = parts(version.name);
  const name = (/** @type {any} */ head) => head.labelerId || "shared head";
  return [
    intervals({
      label: `Averaging weights${heads.length > mostDrawn ? ` of the ${mostDrawn} heaviest heads` : ""}, with 95 % intervals where weights were learnt`, name: "Head of", valueName: "Weight", signal,
      data: heads.slice(0, mostDrawn).map((/** @type {any} */ head) => ({ name: name(head), value: head.weight, low: head.weightLower, high: head.weightUpper })),
    }).element,
    h("details", null, h("summary", null, `${heads.length > mostHeads ? `The ${mostHeads} heaviest of ` : ""}${count(heads.length)} heads as a table`), table({
      caption: "Heads", rows: heads.slice(0, mostHeads),
      columns: [
        { title: "Head of", value: row => row.labelerId ? labelerLink(dataset, row.labelerId) : h("em", null, "all labelers together") },
        { title: "Weight", value: row => bar(row.weight / (heads[0].weight || 1), percent(row.weight, 2)) },
        { title: "95 % interval", value: row => isNumber(row.weightLower) ? `${(100 * row.weightLower).toFixed(2)}–${(100 * row.weightUpper).toFixed(2)} %` : "–", number: true },
        { title: "Agrees with the model", value: row => percent(row.estimatedAccuracy), number: true, hint: "How often, by the model's estimate, this labeler names the class it holds likeliest: agreement, not truth" },
        { title: "Annotations", value: row => count(row.annotationCount), number: true },
      ],
    })),
  ];
}

/** How far its probabilities can be taken at their word. @param {any} version */
export function calibration(version) {
  const error = measured(version, "ece");
  const calibrated = isNumber(version.temperature) && Math.abs(version.temperature - 1) > 1e-9;
  return h("p", null, error ? `Its probabilities are off by ${shown("ece", error.value)} on average (${interval(error)}, ${error.split}). ` : "How far its probabilities are off was not measured. ",
    calibrated ? `They are calibrated by the temperature ${decimal(version.temperature)}.` : "They are served as they were learnt; training with the setting calibration makes them better frequencies.");
}

/** How algorithm and settings were chosen, where they were. @param {any} version */
export const selection = version => version.selection && [
  h("p", null, version.selection.reason),
  table({
    caption: "Candidates", rows: version.selection.candidates ?? [],
    columns: [
      { title: "Candidate", value: row => row.name === version.selection.chosen ? h("strong", null, label(row.name, 80)) : label(row.name, 80) },
      { title: "Log-likelihood of a label", value: row => decimal(row.logLikelihood, 4), number: true },
      { title: "± of its distance", value: row => decimal(row.differenceStandardError, 4), number: true },
    ],
  }),
];

/** Measures the version anew, on a split of the user's choice. @param {any} version @param {AbortSignal} signal */
export function evaluation(version, signal) {
  const split = choice([["SPLIT_TEST", "test"], ["SPLIT_VALIDATION", "validation"], ["SPLIT_TRAIN", "train"]], "SPLIT_TEST");
  const basis = choice([["EVALUATION_BASIS_GOLD", "gold classes"], ["EVALUATION_BASIS_LABELERS", "what labelers say"]], "EVALUATION_BASIS_GOLD");
  const place = h("div");
  const button = h("button", { type: "submit" }, "Measure");
  return h("form", {
    onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      button.disabled = true;
      fill(place, h("p", { class: "quiet" }, "Measuring…"));
      try {
        const answer = await post(`/v1/${version.name}:evaluate`, { split: split.value, basis: basis.value }, signal);
        fill(place, (answer.warnings ?? []).length > 0 && notice("warn", h("ul", null, answer.warnings.map((/** @type {string} */ text) => h("li", null, text)))),
          metricTable("Measured now", answer.metrics ?? []), confusion(answer, signal));
      } catch (error) {
        if (!signal.aborted) {
          fill(place, failure(error));
        }
      } finally {
        button.disabled = false;
      }
    },
  }, h("div", { class: "fields" }, field("On the split", split), field("Against", basis), h("div", { class: "field" }, button)), place);
}

function confusion(/** @type {any} */ answer, /** @type {AbortSignal} */ signal) {
  const classes = answer.classes ?? [];
  const counts = (answer.confusion ?? []).map(Number);
  if (counts.length === 0 || classes.length > 60) {
    return null;
  }

  const rows = classes.map((/** @type {string} */ _, /** @type {number} */ row) => counts.slice(row * classes.length, (row + 1) * classes.length));
  const totals = rows.map((/** @type {number[]} */ row) => row.reduce((sum, value) => sum + value, 0));
  return heatMap({
    label: "Gold class (row) and predicted class (column): share of the row", rows: classes, columns: classes, rowName: "Gold class", columnName: "Predicted", signal,
    data: rows.map((/** @type {number[]} */ row, /** @type {number} */ index) => row.map(value => totals[index] > 0 ? value / totals[index] : null)),
    remark: (row, column) => `${count(rows[row][column])} of ${count(totals[row])}`,
  }).element;
}

/** Where it comes from. @param {any} version @param {AbortSignal} signal */
export async function lineage(version, signal) {
  const { versions = [] } = await get(`/v1/${version.name}:lineage`, {}, signal);
  return [
    table({
      caption: "Lineage", rows: versions,
      columns: [
        { title: "Version", value: row => versionLink(row.name) },
        { title: "Algorithm", value: row => row.algorithm },
        { title: "Run", value: row => row.trainingRun ? runLink(row.trainingRun) : "–" },
        { title: "Began with", value: row => row.parentVersion ? versionLink(row.parentVersion) : "nothing" },
        { title: "Champion then", value: row => row.championVersion ? versionLink(row.championVersion) : "none" },
        { title: "Annotations", value: row => count(row.annotationCount), number: true },
        { title: "Published", value: row => h("span", { title: time(row.createTime) }, ago(row.createTime)) },
      ],
    }),
    h("dl", { class: "facts" },
      h("dt", null, "Data"), h("dd", null, h("code", null, version.snapshotId)),
      h("dt", null, "Seed"), h("dd", null, version.seed),
      h("dt", null, "Code"), h("dd", null, label(version.codeVersion ?? "", 60)),
      h("dt", null, "File"), h("dd", null, `${count(version.artefactBytes)} bytes, SHA-256 `, h("code", null, version.artefactSha256), `; differs from the trained net by ${Number(version.parityMaxDifference ?? 0).toExponential(1)} at most`)),
  ];
}

/** What to mind, and files to take away. @param {any} version @param {AbortSignal} signal */
export async function card(version, signal) {
  const sheet = await get(`/v1/${version.name}:card`, { format: "FORMAT_JSON" }, signal);
  const file = versionName(version.name).replace(" ", "-");
  const items = (/** @type {string[]} */ texts) => h("ul", null, texts.map(text => h("li", null, text)));
  return [
    sheet.description && h("p", null, sheet.description),
    h("h3", null, "Fit for"), items(sheet.intendedUses ?? []),
    h("h3", null, "Mind"), (sheet.limits ?? []).length > 0 ? items(sheet.limits.map((/** @type {any} */ limit) => limit.text)) : h("p", { class: "quiet" }, "Nothing was found."),
    h("div", { class: "fields" },
      action("Keep the model card (Markdown)", () => download(`/v1/${version.name}:card`, `${file}.md`, {}, signal)),
      action("Keep the model (ONNX)", () => download(`/v1/${version.name}:download`, `${file}.onnx`, {}, signal))),
  ];
}

/** Every setting as it took effect. @param {any} version */
export const versionSettings = version => h("details", null, h("summary", null, `${count(Object.keys(version.settings ?? {}).length)} settings as they took effect`), table({
  caption: "Settings", rows: Object.entries(version.settings ?? {}).sort(([left], [right]) => left.localeCompare(right)),
  columns: [{ title: "Setting", value: ([key]) => label(key) }, { title: "Value", value: ([, value]) => label(value === "" ? "–" : value, 80) }],
}));
