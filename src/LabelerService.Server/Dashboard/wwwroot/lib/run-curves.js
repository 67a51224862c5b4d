// The curves of a training run, as they grow: loss, and what is measured on data held out.
import { lines } from "./charts.js";
import { fill, h } from "./dom.js";
import { metricName, phaseName } from "./runs.js";

/**
 * A run goes through phases, and a phase may begin its epochs anew (another fold, another fit): epochs are counted over all of it, so that
 * a curve goes on to the right.
 */
export class RunCurves {
  element = h("div", null, h("p", { class: "quiet" }, "They begin with the first epoch."));
  /** @type {Map<string, {name: string, metric: string, points: [number, number][]}>} */
  #losses = new Map();
  /** @type {Map<string, {name: string, metric: string, points: [number, number][]}>} */
  #metrics = new Map();
  /** @type {Map<string, {update: (data: any) => void}>} */
  #charts = new Map();
  #before = 0;
  #phase = "";
  #epoch = 0;

  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.signal = signal;
  }

  /** @param {any} progress TrainingProgress of the API. */
  add(progress) {
    if (!(progress.epoch > 0)) {
      return;
    }

    if (progress.phase !== this.#phase || progress.epoch < this.#epoch) {
      this.#before += this.#epoch;
    }

    this.#phase = progress.phase;
    this.#epoch = progress.epoch;
    const x = this.#before + progress.epoch;
    put(this.#losses, progress.phase, "loss", x, progress.loss);
    if (progress.validationMetric) {
      put(this.#metrics, progress.phase, progress.validationMetric, x, progress.validationValue);
    }
  }

  draw() {
    const groups = new Map([...this.#losses.values()].length > 0 ? [["Training loss", [...this.#losses.values()]]] : []);
    for (const series of this.#metrics.values()) {
      const title = metricName(series.metric);
      groups.set(title, [...groups.get(title) ?? [], series]);
    }

    for (const [title, data] of groups) {
      const known = this.#charts.get(title);
      if (known) {
        known.update(data);
        continue;
      }

      const chart = lines({ label: title, xName: "Epochs", yName: title, signal: this.signal, height: 260, data });
      if (this.#charts.size === 0) {
        fill(this.element, h("div", { class: "columns" }));
      }

      this.element.firstChild.append(chart.element);
      this.#charts.set(title, chart);
    }
  }
}

function put(/** @type {Map<string, any>} */ all, /** @type {string} */ phase, /** @type {string} */ metric, /** @type {number} */ x, /** @type {any} */ y) {
  if (!Number.isFinite(Number(y))) {
    return;
  }

  const key = `${phase} ${metric}`;
  const series = all.get(key) ?? { name: phaseName(phase), metric, points: [] };
  series.points.push([x, Number(y)]);
  all.set(key, series);
}
