// Training runs in words.
import { isNumber, decimal, duration, percent, words } from "./format.js";
import { idOf } from "./api.js";
import { h } from "./dom.js";
import { to } from "./router.js";
import { badge, bar, label } from "./ui.js";

/** @type {Record<string, "good" | "warn" | "bad" | "plain">} */
const kinds = { STATE_SUCCEEDED: "good", STATE_FAILED: "bad", STATE_CANCELLED: "warn" };
const phases = /** @type {Record<string, string>} */ ({ read: "reading the data", network: "backbone and heads", averaging: "averaging weights", choosing: "choosing among models" });

/** @param {string | undefined} state */
export const stateBadge = state => badge(words(state, "STATE_"), kinds[state ?? ""] ?? "plain");

/** Whether nothing more happens to it. @param {any} run */
export const hasEnded = run => ["STATE_SUCCEEDED", "STATE_FAILED", "STATE_CANCELLED"].includes(run.state);

/** @param {string} phase */
export const phaseName = phase => phases[phase] ?? phase.replaceAll("_", " ");

/** @param {string} metric Such as validation_log_loss. */
export const metricName = metric => metric.replaceAll("_", " ");

/** The ids of runs are long and start with the time: their ends tell them apart. @param {string} name */
export const shortRun = name => "…" + idOf(name).slice(-8);

/** @param {string} name Of a run. @param {string} [text] */
export const runLink = (name, text) => h("a", { href: to("datasets", name.split("/")[1], "runs", idOf(name)), title: idOf(name), class: "nowrap" }, text ?? shortRun(name));

/** Share of the epochs of the present phase that are done. @param {any} run */
export const done = run => run.progress?.epochs > 0 ? run.progress.epoch / run.progress.epochs : 0;

/** How far a run is, in a cell. @param {any} run */
export function standing(run) {
  switch (run.state) {
    case "STATE_QUEUED": return run.queuePosition ? `place ${run.queuePosition} in the queue` : "waits";
    case "STATE_RUNNING": return run.progress ? bar(done(run), `${phaseName(run.progress.phase)} ${run.progress.epoch}/${run.progress.epochs}`) : "begins";
    case "STATE_FAILED": return label(run.failureMessage ?? "", 90);
    default: return run.progress?.validationMetric ? `${metricName(run.progress.validationMetric)} ${decimal(run.progress.validationValue, 4)}` : "–";
  }
}

/** How long it has taken, until now or its end. @param {any} run */
export const taken = run => run.startTime ? duration((Date.parse(run.endTime ?? new Date().toISOString()) - Date.parse(run.startTime)) / 1000) : "–";

/** What it made: a link, or nothing. @param {any} run */
export function made(run) {
  const id = run.name.split("/")[1];
  if (run.modelVersion) {
    const [, , , model, , version] = run.modelVersion.split("/");
    return h("a", { href: `${to("datasets", id, "models", model)}?version=${version}` }, label(`${model} v${version}`, 30));
  }

  return run.backbone ? `backbone ${idOf(run.backbone)}` : run.curve ? `curve ${idOf(run.curve)}` : "–";
}

/** What it is for. @param {any} run */
export const purpose = run => run.curve ? `curve ${idOf(run.curve)}` : run.modelId;

/** @param {any} value @param {string} metric */
export const metricValue = (value, metric) => !isNumber(value) ? "–" : metric.includes("accuracy") || metric === "agreement" || metric === "ece" ? percent(value) : decimal(value, 4);
