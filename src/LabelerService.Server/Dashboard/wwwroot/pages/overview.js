// One dataset: what it is and holds, what comes in, what labelers make of it, and what was trained.
import { ApiError, get, idOf, list, patch } from "../lib/api.js";
import { curvePlot } from "../lib/curves.js";
import { fill, h } from "../lib/dom.js";
import { ago, count, duration, estimate, percent, time, words } from "../lib/format.js";
import { ingestion } from "../lib/ingestion.js";
import { calmly } from "../lib/live.js";
import { refresh } from "../lib/insight.js";
import { aliased, interval, measured, shown, versionLink } from "../lib/models.js";
import { decisionTable, policyTable } from "../lib/retraining.js";
import { to } from "../lib/router.js";
import { made, runLink, standing, stateBadge, taken } from "../lib/runs.js";
import { may } from "../lib/session.js";
import { table } from "../lib/table.js";
import { badge, conflict, field, label, load, notice, section, tiles } from "../lib/ui.js";
import { itemType } from "./datasets.js";

export const title = () => "Overview";

// Up to here the consensus is worked out without asking: it takes seconds.
const quickly = 50_000;

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, signal, session, params, dataset } = view;
  const figures = h("div");
  const together = may(session, "read") ? consensus(view) : null;
  let known = dataset.counts ?? {}, latest = known;
  // Splits and gold classes are no part of what is told live: they are read again, now and then.
  const readAgain = calmly(3000, () => void get(`/v1/${dataset.name}`, {}, signal).then(({ counts }) => {
    known = counts ?? {};
    counted(latest);
  }).catch(error => {
    // Of a service that is away the shell tells; the next change asks again.
    if (!(error instanceof ApiError) && !signal.aborted) {
      throw error;
    }
  }));
  const counted = (/** @type {any} */ now) => {
    latest = now;
    fill(figures, tiles([
      ["Items", count(now.items), Number(now.items ?? 0) === Number(known.items ?? 0) && `${count(known.trainItems)} train, ${count(known.validationItems)} validation, ${count(known.testItems)} test`],
      ["With a gold class", count(known.goldItems)],
      ["Labelers", count(now.labelers)],
      ["Annotations", count(now.annotations), Number(now.items) > 0 && `${(Number(now.annotations) / Number(now.items)).toFixed(2)} an item`],
    ]));
  };
  counted(known);
  const coming = ingestion(dataset, signal, now => {
    counted(now);
    together?.counted(Number(now.annotations ?? 0));
    if (Number(now.newItemWrites ?? 0) > 0 || Number(now.items ?? 0) !== Number(known.items ?? 0)) {
      readAgain();
    }
  });
  root.append(h("h1", null, label(dataset.displayName || params.dataset, 120)), about(view), figures, section("Coming in", coming));
  if (!together) {
    root.append(h("p", null, h("a", { class: "button", href: to("datasets", params.dataset, "label") }, "Label items")));
    return;
  }

  const part = (/** @type {string} */ name, /** @type {() => Promise<any>} */ produce) => {
    const place = h("div");
    void load(place, signal, produce);
    return section(name, place);
  };
  root.append(
    h("div", { class: "columns" }, section("What labelers say together", together.element), part("Models", () => models(view))),
    part("Latest runs", () => runs(view)), part("Retraining", () => retraining(view)),
    part("Learning curves", () => curves(view)), part("Backbones", () => backbones(view)));
}

function about(/** @type {import("../lib/router.js").View} */ { dataset, session, params, signal }) {
  const quota = Object.entries({ maxItems: "items", maxAnnotations: "annotations", maxLabelers: "labelers", maxBytes: "bytes" })
    .filter(([key]) => Number(dataset.quota?.[key] ?? 0) > 0).map(([key, text]) => `${count(dataset.quota[key])} ${text}`);
  const place = h("div", null, h("p", null,
    h("code", null, params.dataset), ` · ${itemType(dataset.itemType)} · ${count(dataset.classes.length)} classes, ${words(dataset.labelKind, "LABEL_KIND_")} · created ${ago(dataset.createTime)}`,
    quota.length > 0 && ` · may hold ${quota.join(", ")}`),
  h("p", { class: "classes" }, dataset.classes.slice(0, 40).map((/** @type {string} */ name) => [badge(name.length > 40 ? name.slice(0, 39) + "…" : name), " "]), dataset.classes.length > 40 && `and ${count(dataset.classes.length - 40)} more`),
  Object.keys(dataset.tags ?? {}).length > 0 && h("p", { class: "quiet" }, Object.entries(dataset.tags).map(([key, value]) => `${key}: ${value}`).join(" · ")));
  if (may(session, "admin")) {
    place.append(rename(dataset, signal));
  }

  return place;
}

/** The name for people: whoever saved it meanwhile is not overwritten. */
function rename(/** @type {any} */ dataset, /** @type {AbortSignal} */ signal) {
  const input = h("input", { value: dataset.displayName ?? "", autocomplete: "off" });
  const said = h("div");
  return h("details", null, h("summary", null, "Change its name"), h("form", {
    onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      fill(said);
      try {
        await patch(`/v1/${dataset.name}`, { displayName: input.value.trim(), etag: dataset.etag }, { updateMask: "displayName" }, signal);
        location.reload();
      } catch (error) {
        fill(said, conflict(error, () => location.reload()));
      }
    },
  }, h("div", { class: "fields" }, field("Name for people", input), h("div", { class: "field" }, h("button", { type: "submit" }, "Save"))), said));
}

/** State of the consensus; of many annotations it is worked out when somebody asks. */
function consensus(/** @type {import("../lib/router.js").View} */ { dataset, signal, params }) {
  const place = h("div");
  const run = () => load(place, signal, async () => {
    const meter = h("progress", { max: "1", "aria-label": "Progress" }), phase = h("p", { class: "quiet" }, "Asking the service…");
    fill(place, phase, meter);
    const state = await refresh(dataset, { parts: ["INSIGHT_PART_CONSENSUS"] }, signal, (name, fraction) => {
      phase.textContent = `${name}…`;
      meter.value = fraction;
    });
    return [
      tiles([
        ["Items with annotations", count(state.annotatedItemCount), `of ${count(state.itemCount)}`],
        state.goldAccuracy?.count > 0 && ["Consensus is right", percent(state.goldAccuracy.value), `${estimate(state.goldAccuracy).split(" (")[1] ? `95 %: ${estimate(state.goldAccuracy).split("(")[1].replace(")", "")}, ` : ""}${count(state.goldAccuracy.count)} gold items`],
      ]),
      h("p", { class: "quiet" }, `By ${state.method}, ${state.converged ? "settled" : "not settled"} after ${count(state.iterations)} iterations, of ${count(state.annotationCount)} annotations as of ${time(state.readTime)}; ${state.cached ? "was there already" : `took ${duration(state.computeDuration)}`}.`),
      (state.warnings ?? []).length > 0 && notice("warn", h("ul", null, state.warnings.map((/** @type {any} */ warning) => h("li", null, warning.text)))),
      h("p", null, ["labelers", "agreement", "suspects", "next"].map((name, index) => [index > 0 && " · ", h("a", { href: to("datasets", params.dataset, name) }, { labelers: "Whom to trust", agreement: "How much they agree", suspects: "What is likely wrong", next: "What to label next" }[name])])),
    ];
  });
  const offer = (/** @type {string} */ why) => fill(place, h("p", { class: "quiet" }, why), h("button", { type: "button", onclick: () => void run() }, "Work it out"));
  const annotations = Number(dataset.counts?.annotations ?? 0);
  let none = annotations === 0;
  if (none) {
    fill(place, h("p", { class: "quiet" }, "There are no annotations yet. They come in over the API, from files (labeler import labels), or by hand on the page Label."));
  } else if (annotations <= quickly) {
    void run();
  } else {
    offer(`Of ${count(annotations)} annotations it takes a while.`);
  }

  return {
    element: place,
    /** Told how many annotations there are now. @param {number} now */
    counted: now => {
      if (none && now > 0) {
        none = false;
        offer("Annotations are coming in.");
      }
    },
  };
}

async function models(/** @type {import("../lib/router.js").View} */ { dataset, signal, params }) {
  const { models: all = [], nextPageToken } = await get(`/v1/${dataset.name}/models`, { pageSize: 8 }, signal);
  const rows = await Promise.all(all.map(async (/** @type {any} */ model) => {
    const champion = aliased(model, "champion");
    return { ...model, champion, version: champion ? await get(`/v1/${champion}`, {}, signal) : null };
  }));
  return [
    table({
      caption: "Models", rows, empty: "No model is trained yet.",
      columns: [
        { title: "Model", value: row => h("a", { href: to("datasets", params.dataset, "models", idOf(row.name)) }, label(row.displayName || idOf(row.name), 30)) },
        { title: "Champion", value: row => versionLink(row.champion) },
        { title: "Accuracy", number: true, value: row => {
          const found = measured(row.version, "accuracy");
          return [shown("accuracy", found?.value), found && h("small", { class: "interval" }, `${interval(found)} ${found.split}`)];
        } },
      ],
    }),
    (nextPageToken || rows.length > 1) && h("p", null, h("a", { href: to("datasets", params.dataset, "models") }, "All models"), " · ", h("a", { href: to("datasets", params.dataset, "compare") }, "Compare")),
  ];
}

async function runs(/** @type {import("../lib/router.js").View} */ { dataset, signal, params }) {
  const { trainingRuns = [] } = await get(`/v1/${dataset.name}/trainingRuns`, { pageSize: 5 }, signal);
  return [
    table({
      caption: "Latest runs", rows: trainingRuns, empty: "Nothing has been trained yet.",
      columns: [
        { title: "Run", value: row => runLink(row.name) },
        { title: "State", value: row => stateBadge(row.state) },
        { title: "Algorithm", value: row => label(row.algorithm, 30) },
        { title: "How far", value: row => standing(row) },
        { title: "Made", value: row => made(row) },
        { title: "Took", value: row => taken(row), number: true },
        { title: "Created", value: row => ago(row.createTime) },
      ],
    }),
    h("p", null, h("a", { href: to("datasets", params.dataset, "runs") }, "All runs, and training another")),
  ];
}

async function retraining(/** @type {import("../lib/router.js").View} */ { dataset, signal }) {
  const policies = await list(`/v1/${dataset.name}/retrainingPolicies`, "retrainingPolicies", {}, signal, 100);
  if (policies.length === 0) {
    return h("p", { class: "quiet" }, "Nothing is trained by itself. An admin sets a policy: labeler retrain set.");
  }

  const pages = await Promise.all(policies.slice(0, 10).map(policy => get(`/v1/${policy.name}/promotionDecisions`, { pageSize: 5 }, signal)));
  const decisions = pages.flatMap(page => page.promotionDecisions ?? []).sort((left, right) => Date.parse(right.createTime) - Date.parse(left.createTime));
  return [policyTable(policies), h("h3", null, "Latest decisions"), decisionTable(decisions.slice(0, 10))];
}

async function curves(/** @type {import("../lib/router.js").View} */ { dataset, signal }) {
  const all = await list(`/v1/${dataset.name}/curves`, "curves", {}, signal, 100);
  if (all.length === 0) {
    return h("p", { class: "quiet" }, "None is measured. One says what more labels are worth: labeler curve.");
  }

  const place = h("div");
  const draw = (/** @type {any} */ curve) => load(place, signal, async () => curvePlot(await get(`/v1/${curve.name}`, {}, signal), signal));
  void draw(all[0]);
  return [
    table({
      caption: "Curves", rows: all,
      columns: [
        { title: "Curve", value: row => h("button", { type: "button", class: "link", onclick: () => void draw(row) }, label(idOf(row.name), 30)) },
        { title: "Algorithm", value: row => row.algorithm },
        { title: "Points", value: row => `${count(row.measuredCount)} of ${count(row.pointCount)}`, number: true },
        { title: "Run", value: row => row.trainingRun ? runLink(row.trainingRun) : "–" },
      ],
    }), place,
  ];
}

async function backbones(/** @type {import("../lib/router.js").View} */ { dataset, signal }) {
  const all = await list(`/v1/${dataset.name}/backbones`, "backbones", {}, signal, 1000);
  return table({
    caption: "Backbones", rows: all, empty: "None. One is pretrained on items without labels on the page Runs, or uploaded: labeler backbones add.",
    columns: [
      { title: "Backbone", value: row => label(row.displayName || idOf(row.name), 30) },
      { title: "Kind", value: row => `${words(row.kind, "KIND_")}${row.algorithm ? ` by ${row.algorithm}` : ""}` },
      { title: "Features", value: row => count(row.featureLength), number: true },
      { title: "Run", value: row => row.trainingRun ? runLink(row.trainingRun) : "–" },
      { title: "Created", value: row => ago(row.createTime) },
    ],
  });
}
