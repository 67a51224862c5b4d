// Learning curves: what was measured with parts of the labels, and what more of them are expected to give.
import { lines } from "./charts.js";
import { h } from "./dom.js";
import { count, isNumber, percent, points } from "./format.js";
import { table } from "./table.js";
import { badge, label, notice } from "./ui.js";

/** @param {any} curve Curve of the API, with points. @param {AbortSignal} signal */
export function curvePlot(curve, signal) {
  const measured = (curve.points ?? []).filter((/** @type {any} */ point) => !point.problem);
  const names = [...new Set(measured.map(series))];
  const drawn = names.map(name => ({ name, points: means(measured.filter((/** @type {any} */ point) => series(point) === name)) }));
  const forecasts = (curve.fits ?? []).filter((/** @type {any} */ fit) => (fit.forecasts ?? []).length > 0).map((/** @type {any} */ fit) => ({
    name: `expected at capacity ${fit.capacity}`, dashed: true,
    points: fit.forecasts.map((/** @type {any} */ forecast) => [Number(forecast.annotationCount), forecast.value]),
    band: fit.forecasts.map((/** @type {any} */ forecast) => [Number(forecast.annotationCount), forecast.low, forecast.high]),
  }));
  const problems = (curve.points ?? []).filter((/** @type {any} */ point) => point.problem);
  return [
    measured.length > 0 ? lines({ label: `${curve.metric} against the number of labels (mean over seeds; ${curve.basis.replace("_", " ")})`, xName: "Labels", yName: curve.metric, percent: true, signal, height: 320, data: [...drawn, ...forecasts] }).element
      : h("p", { class: "quiet" }, "No point is measured yet."),
    problems.length > 0 && notice("warn", `${count(problems.length)} points could not be trained: ${problems[0].problem}`),
    (curve.fits ?? []).flatMap((/** @type {any} */ fit) => fit.warnings ?? []).map((/** @type {string} */ text) => notice("warn", text)),
    curve.advice?.summary && h("p", null, curve.advice.summary),
    (curve.advice?.options ?? []).length > 0 && table({
      caption: "What to buy next", rows: curve.advice.options,
      columns: [
        { title: "Option", value: row => label(row.description, 120) },
        { title: "Expected gain", value: row => points(row.gain), number: true },
        { title: "95 % interval", value: row => isNumber(row.gainLow) ? `${points(row.gainLow)} to ${points(row.gainHigh)}` : "–", number: true },
        { title: "Best with probability", value: row => percent(row.best, 0), number: true },
        { title: "What the data tell", value: row => badge(row.certain ? "told from no gain" : "may be no gain", row.certain ? "good" : "warn") },
      ],
    }),
  ];
}

const series = (/** @type {any} */ point) => `capacity ${point.capacity}, ${point.labelFraction >= 1 ? "all labels of an item" : `${percent(point.labelFraction, 0)} of an item's labels`}`;

/** One point a number of labels: the mean over seeds. @returns {[number, number][]} */
function means(/** @type {any[]} */ points) {
  const groups = new Map();
  for (const point of points) {
    groups.set(point.itemFraction, [...groups.get(point.itemFraction) ?? [], point]);
  }

  const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [...groups.values()].map(group => /** @type {[number, number]} */ ([Math.round(mean(group.map((/** @type {any} */ point) => Number(point.annotationCount)))), mean(group.map((/** @type {any} */ point) => point.value))]))
    .sort(([left], [right]) => left - right);
}
