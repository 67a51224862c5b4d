// What comes into a dataset, as it comes.
import { lines } from "./charts.js";
import { fill, h } from "./dom.js";
import { ago, compact, count } from "./format.js";
import { follow } from "./live.js";
import { badge, failure } from "./ui.js";

// Ten minutes of one look a second.
const mostPoints = 600;

/**
 * Shows the rate at which annotations come in, and keeps telling what there is.
 * @param {any} dataset @param {AbortSignal} signal @param {(activity: any) => void} onActivity DatasetActivity of the API.
 */
export function ingestion(dataset, signal, onActivity) {
  const state = h("span"), now = h("span"), said = h("div");
  /** @type {[number, number][]} */
  const points = [];
  const data = () => [{ name: "Annotations a second", points }];
  const chart = lines({ label: "Annotations created, revised or retracted, a second", xName: "Time", yName: "a second", time: true, height: 220, signal, data: data() });
  /** @type {string | null} */
  let lastWrite = null;

  function tell(/** @type {any} */ activity) {
    const rate = Number(activity.annotationWritesPerSecond ?? 0);
    points.push([Date.parse(activity.time), rate]);
    points.splice(0, points.length - mostPoints);
    if (Number(activity.newAnnotationWrites ?? 0) + Number(activity.newItemWrites ?? 0) > 0) {
      lastWrite = activity.time;
    }

    const waiting = Number(activity.queuedBytes ?? 0);
    fill(now, `${compact(rate)} annotations a second`, lastWrite && ` · last write ${ago(lastWrite)}`, waiting > 0 && ` · ${compact(waiting)} bytes wait to be written`,
      ` · ${count(activity.annotationWrites)} written in all, with revisions`);
    chart.update(data());
    onActivity(activity);
  }

  void (async () => {
    try {
      await follow(`/v1/${dataset.name}:watchActivity`, {
        signal, ended: () => false, onMessage: tell,
        onState: found => fill(state, found === "live" ? badge("live", "good") : badge(found === "waiting" ? "not connected: trying again" : "connecting", "warn")),
      });
    } catch (error) {
      fill(state);
      fill(said, failure(error));
    }
  })();
  return h("div", null, h("p", { class: "quiet" }, state, " ", now), said, chart.element);
}
