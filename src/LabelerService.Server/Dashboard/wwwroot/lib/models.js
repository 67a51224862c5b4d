// Models, their versions and what was measured of them, in words.
import { h } from "./dom.js";
import { decimal, isNumber, percent } from "./format.js";
import { to } from "./router.js";
import { label } from "./ui.js";

const names = /** @type {Record<string, string>} */ ({
  accuracy: "Accuracy", log_loss: "Log loss", ece: "Calibration error", mean_absolute_error: "Mean error in grades", quadratic_weighted_kappa: "Weighted κ",
  auc: "AUC", specificity_at_sensitivity: "Specificity", held_out_log_likelihood: "Held-out log-likelihood", agreement: "Agreement with labelers", label_loss: "Label loss",
});
const shares = new Set(["accuracy", "ece", "agreement", "auc", "specificity_at_sensitivity"]);
const smallerIsBetter = new Set(["log_loss", "ece", "mean_absolute_error", "label_loss"]);

/** As the labeler whose heads a list of versions has: nobody's, so that it stays short where there are thousands of labelers. */
export const noHeads = "-";

/** @param {string} metric */
export const metricTitle = metric => names[metric] ?? metric.replaceAll("_", " ");
/** Whether a metric is a share, shown in percent. @param {string} metric */
export const isShare = metric => shares.has(metric);
/** @param {string} metric */
export const isBetterBelow = metric => smallerIsBetter.has(metric);

/** @param {string} metric @param {any} value */
export const shown = (metric, value) => !isNumber(value) ? "–" : isShare(metric) ? percent(value) : decimal(value, 3);

/** An interval. @param {any} entry Metric of the API. */
export const interval = entry => !isNumber(entry?.lower) || !isNumber(entry?.upper) ? "" : isShare(entry.metric)
  ? `${(100 * entry.lower).toFixed(1)}–${(100 * entry.upper).toFixed(1)} %` : `${decimal(entry.lower, 3)}–${decimal(entry.upper, 3)}`;

/** A metric of a version's training, on the split it is worth most on. @param {any} version @param {string} metric @returns {any} */
export const measured = (version, metric) => ["test", "validation"].map(split =>
  (version?.metrics ?? []).find((/** @type {any} */ entry) => entry.metric === metric && entry.split === split)).find(entry => entry);

/** Parts of `datasets/{d}/models/{m}/versions/{v}`. @param {string} name */
export function parts(name) {
  const [, dataset, , model, , version] = name.split("/");
  return { dataset, model, version };
}

/** @param {string} name Of a version. */
export const versionName = name => `${parts(name).model} v${parts(name).version}`;

/** @param {string} name Of a version. @param {string} [text] */
export function versionLink(name, text) {
  if (!name) {
    return "–";
  }

  const { dataset, model, version } = parts(name);
  return h("a", { href: `${to("datasets", dataset, "models", model)}?version=${version}` }, label(text ?? versionName(name), 40));
}

/** The version that an alias stands for. @param {any} model @param {string} alias @returns {string} */
export const aliased = (model, alias) => (model.aliases ?? []).find((/** @type {any} */ entry) => entry.alias === alias)?.version ?? "";
