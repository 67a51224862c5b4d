// One training run: how far it is, its curves as they grow, what happened, and what it made.
import { get, post } from "../lib/api.js";
import { announce, fill, h } from "../lib/dom.js";
import { ago, count, decimal, duration, time, words } from "../lib/format.js";
import { allowed } from "../lib/insight.js";
import { calmly, follow, repeat } from "../lib/live.js";
import { to } from "../lib/router.js";
import { RunCurves } from "../lib/run-curves.js";
import { done, hasEnded, made, metricName, phaseName, purpose, shortRun, stateBadge, taken } from "../lib/runs.js";
import { may } from "../lib/session.js";
import { table } from "../lib/table.js";
import { action, badge, confirm, failure, label, notice, section, tiles, whenBack } from "../lib/ui.js";

export const title = (/** @type {Record<string, string>} */ params) => `Run ${shortRun(params.run)}`;

const mostMessages = 200;

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, signal, session, dataset, params } = view;
  if (!allowed(view, title(params))) {
    return;
  }

  const path = `/v1/${dataset.name}/trainingRuns/${encodeURIComponent(params.run)}`;
  let run = await get(path, {}, signal);
  let last = 0;
  const curves = new RunCurves(signal);
  const head = h("span"), facts = h("div"), outcome = h("div"), liveness = h("span");
  const cancel = h("span"), meter = h("progress", { max: "1", "aria-label": "Progress of this phase" });
  const messages = h("ol", { class: "log", reversed: true });
  root.append(h("h1", null, title(params), " ", head), outcome, facts, meter,
    h("p", null, cancel, " ", liveness),
    section("Curves", curves.element),
    h("div", { class: "columns" }, section("What happened", messages), section("Settings", settings(run))),
    h("p", null, h("a", { href: to("datasets", params.dataset, "runs") }, "All runs")));

  function tell() {
    fill(head, stateBadge(run.state));
    const progress = run.progress;
    meter.hidden = run.state !== "STATE_RUNNING";
    meter.value = done(run);
    const queued = run.state === "STATE_QUEUED";
    fill(facts, tiles([
      ["Algorithm", label(run.algorithm, 24)],
      [run.curve ? "Measures" : "Makes", label(purpose(run), 40)],
      queued && ["In the queue", run.queuePosition ? `place ${count(run.queuePosition)}` : "waits", run.estimatedStartTime && `likely to start ${time(run.estimatedStartTime)}`],
      progress && ["Phase", phaseName(progress.phase), `${count(progress.epoch)} of ${count(progress.epochs)}`],
      !hasEnded(run) && ["Time left", left(run), run.estimatedEndTime && `likely to end ${new Date(run.estimatedEndTime).toLocaleTimeString()}`],
      progress && ["Loss", decimal(progress.loss, 4)],
      progress?.validationMetric && [metricName(progress.validationMetric), decimal(progress.validationValue, 4)],
      ["Took", taken(run), run.trainer && `by ${run.trainer}`],
      (run.attempt > 1 || run.resumedCount > 0) && ["Taken up", `${count(run.attempt)} times`, run.resumedCount > 0 && `${count(run.resumedCount)} times from a checkpoint`],
    ]));
    fill(outcome,
      run.state === "STATE_SUCCEEDED" && notice("good", "It made ", made(run), "."),
      run.state === "STATE_FAILED" && notice("bad", run.failureMessage || "It failed, and the trainer did not say why."),
      run.state === "STATE_CANCELLED" && notice("warn", "It was cancelled."),
      run.retrainingReason && notice("plain", `A retraining policy started it: ${run.retrainingReason}`));
    if (hasEnded(run) || !may(session, "write")) {
      fill(cancel);
    } else if (run.cancelRequested) {
      fill(cancel, badge("being cancelled", "warn"));
    } else if (!cancel.firstChild) {
      fill(cancel, action("Cancel this run", async () => {
        if (await confirm("Cancel this run? What it has learnt so far is given up; nothing is published.", "Cancel the run")) {
          run = await post(`${path}:cancel`, {}, signal);
          tell();
        }
      }, { kind: "danger" }));
    }
  }

  const look = async () => {
    run = await get(path, {}, signal);
    tell();
  };
  const draw = calmly(250, () => {
    if (!signal.aborted) {
      curves.draw();
      tell();
    }
  });
  tell();
  if (!hasEnded(run)) {
    // Its place in the queue, and guesses of when it ends, are not among its events.
    const stop = new AbortController();
    void repeat(5, AbortSignal.any([signal, stop.signal]), () => hasEnded(run) ? Promise.resolve(stop.abort()) : look());
  }

  // The page is there; what goes on with the run comes into it for as long as it is open.
  void watch();

  async function watch() {
    try {
      await follow(`${path}:watch`, {
        // The last event is asked for again: a run that is quiet would leave open for long whether anybody answers.
        signal, query: () => ({ afterSequence: Math.max(0, last - 1) }), ended: () => hasEnded(run),
        onState: state => fill(liveness, hasEnded(run) || state === "ended" ? null : state === "live" ? badge("live", "good") : badge(state === "waiting" ? "not connected: trying again" : "connecting", "warn")),
        onMessage: event => {
          if (Number(event.sequence) <= last) {
            return;
          }

          last = Number(event.sequence);
          const before = run.state;
          // What has ended stays ended, also while its past is told.
          run = { ...run, state: hasEnded(run) ? run.state : event.state, progress: event.progress ?? run.progress };
          if (event.progress) {
            curves.add(event.progress);
          }

          if (event.message) {
            messages.prepend(h("li", null, h("time", { datetime: event.time, title: time(event.time) }, new Date(event.time).toLocaleTimeString()), " ", label(event.message, 400)));
            messages.children[mostMessages]?.remove();
          }

          if (before !== run.state && hasEnded(run)) {
            announce(`The run has ${words(run.state, "STATE_")}.`);
          }

          draw();
        },
      });
      await settle();
    } catch (error) {
      if (!signal.aborted) {
        fill(liveness, failure(error));
      }
    }
  }

  /** What its last event does not say: what it has made, and when it ended. */
  async function settle() {
    try {
      await look();
      fill(liveness);
    } catch (error) {
      if (!signal.aborted) {
        fill(liveness, failure(error, () => void settle()));
        whenBack(error, signal, () => void settle());
      }
    }
  }
}

function left(/** @type {any} */ run) {
  if (run.state === "STATE_RUNNING" && run.progress?.estimatedTimeLeft) {
    return duration(run.progress.estimatedTimeLeft);
  }

  return run.estimatedEndTime ? duration(Math.max(0, (Date.parse(run.estimatedEndTime) - Date.now()) / 1000)) : "not known yet";
}

function settings(/** @type {any} */ run) {
  const given = run.settings ?? {};
  const effective = Object.entries({ ...given, ...run.effectiveSettings }).sort(([left], [right]) => left.localeCompare(right));
  return [
    h("p", { class: "quiet" }, `Seed ${run.seed ?? 0} · created ${ago(run.createTime)}`, run.priority ? ` · priority ${run.priority}` : "",
      run.warmStartVersion ? ` · began with the weights of ${run.warmStartVersion}` : ""),
    h("details", { open: effective.length <= 12 }, h("summary", null, `${count(effective.length)} settings, ${count(Object.keys(given).length)} of them given`), table({
      caption: "Settings", rows: effective, empty: "They are known once it runs.",
      columns: [
        { title: "Setting", value: ([key]) => [label(key), key in given && [" ", badge("given")]] },
        { title: "Value", value: ([, value]) => label(value === "" ? "–" : value, 80) },
      ],
    })),
  ];
}
