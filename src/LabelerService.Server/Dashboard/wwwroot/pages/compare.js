// Two models or versions on the same items: which is better, by how much, and how sure that is.
import { get, idOf, list, post } from "../lib/api.js";
import { intervals } from "../lib/charts.js";
import { h } from "../lib/dom.js";
import { count, decimal, isNumber, points } from "../lib/format.js";
import { allowed } from "../lib/insight.js";
import { aliased, isBetterBelow, isShare, metricTitle, noHeads, shown, versionLink, versionName } from "../lib/models.js";
import { to } from "../lib/router.js";
import { table } from "../lib/table.js";
import { choice, field, load, notice, section } from "../lib/ui.js";

export const title = () => "Compare models";

const first = "COMPARISON_VERDICT_FIRST_BETTER";
const second = "COMPARISON_VERDICT_SECOND_BETTER";

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, signal, dataset, query } = view;
  if (!allowed(view, title())) {
    return;
  }

  const place = h("div");
  const form = h("div");
  root.append(h("h1", null, title()), form, place, h("p", null, h("a", { href: to("datasets", idOf(dataset.name), "models") }, "All models")));
  await load(form, signal, async () => {
    const models = (await list(`/v1/${dataset.name}/models`, "models", {}, signal, 1000)).filter(model => model.latestVersion);
    if (models.length === 0) {
      return notice("plain", "No model is trained yet.");
    }

    return section("What to compare", choices(view, await versions(models, signal), models));
  });
  const [one, other] = [query.get("first"), query.get("second")];
  if (one && other) {
    await load(place, signal, async () => result(view, await post(`/v1/${dataset.name}/models:compare`, {
      firstModel: `${dataset.name}/models/${one}`, secondModel: `${dataset.name}/models/${other}`,
      split: query.get("split") ?? "SPLIT_TEST", basis: query.get("basis") ?? "EVALUATION_BASIS_GOLD",
    }, signal)));
  }
}

/** Names of the versions that can be chosen: the newest of every model, and what its aliases stand for. */
async function versions(/** @type {any[]} */ models, /** @type {AbortSignal} */ signal) {
  const pages = await Promise.all(models.slice(0, 50).map(model => get(`/v1/${model.name}/versions`, { pageSize: 10, headLabelerId: noHeads }, signal)));
  return pages.map((page, index) => ({
    model: models[index],
    versions: [...new Set([...(page.versions ?? []).map((/** @type {any} */ version) => version.name), ...(models[index].aliases ?? []).map((/** @type {any} */ alias) => alias.version)])],
  }));
}

function choices(/** @type {import("../lib/router.js").View} */ { dataset, query, go }, /** @type {{model: any, versions: string[]}[]} */ all, /** @type {any[]} */ models) {
  const short = (/** @type {string} */ name) => name.slice(`${dataset.name}/models/`.length);
  const options = (/** @type {string} */ chosen) => all.map(({ model, versions }) => h("optgroup", { label: idOf(model.name) }, versions.map(name =>
    h("option", { value: short(name), selected: short(name) === chosen }, `${versionName(name)}${aliased(model, "champion") === name ? " (champion)" : ""}`))));
  const champions = models.map(model => aliased(model, "champion")).filter(name => name).map(short);
  const newest = models.map(model => short(model.latestVersion));
  const one = query.get("first") ?? champions[0] ?? newest[0];
  const other = query.get("second") ?? [...champions, ...newest].find(name => name !== one) ?? one;
  const selects = [one, other].map(chosen => h("select", { required: true }, options(chosen)));
  const split = choice([["SPLIT_TEST", "test"], ["SPLIT_VALIDATION", "validation"], ["SPLIT_TRAIN", "train"]], query.get("split") ?? "SPLIT_TEST");
  const basis = choice([["EVALUATION_BASIS_GOLD", "gold classes"], ["EVALUATION_BASIS_LABELERS", "what labelers say"]], query.get("basis") ?? "EVALUATION_BASIS_GOLD");
  return h("form", {
    onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      go(`${to("datasets", idOf(dataset.name), "compare").slice(1)}?${new URLSearchParams({ first: selects[0].value, second: selects[1].value, split: split.value, basis: basis.value })}`);
    },
  }, h("div", { class: "fields" }, field("First", selects[0]), field("Second", selects[1]), field("On the split", split), field("Against", basis)),
  h("button", { type: "submit", class: "primary" }, "Compare"));
}

function result(/** @type {import("../lib/router.js").View} */ { signal }, /** @type {any} */ answer) {
  const [one, other] = [answer.firstModelVersion, answer.secondModelVersion];
  const metrics = answer.metrics ?? [];
  // Drawn so that right is always better for the second, also where less is better.
  const advantage = (/** @type {any} */ entry) => {
    const sign = isBetterBelow(entry.metric) ? -1 : 1;
    const [low, high] = [sign * entry.lower, sign * entry.upper].sort((left, right) => left - right);
    return { name: metricTitle(entry.metric), value: sign * entry.difference, low, high, mark: /** @type {"good" | "bad" | undefined} */ (entry.verdict === second ? "good" : entry.verdict === first ? "bad" : undefined) };
  };
  const groups = [[metrics.filter((/** @type {any} */ entry) => isShare(entry.metric)), true], [metrics.filter((/** @type {any} */ entry) => !isShare(entry.metric)), false]];
  const difference = (/** @type {any} */ entry, /** @type {any} */ value) => isShare(entry.metric) ? points(value) : decimal(value, 3);
  return [
    said(answer),
    (answer.warnings ?? []).length > 0 && notice("warn", h("ul", null, answer.warnings.map((/** @type {string} */ text) => h("li", null, text)))),
    section("Differences", h("p", { class: "quiet" }, `Advantage of ${versionName(other)} over ${versionName(one)} on the same ${count(metrics[0]?.count)} items, with paired 95 % bootstrap intervals: right of 0 it is better, left of 0 worse.`),
      h("div", { class: "columns" }, groups.filter(([entries]) => entries.length > 0).map(([entries, share]) =>
        intervals({ label: `Advantage of ${versionName(other)}${share ? "" : ", in the metric's own unit"}`, name: "Metric", valueName: "Advantage", zero: true, signal, percent: share, data: entries.map(advantage) }).element)),
      table({
        caption: "Metrics of both", rows: metrics,
        columns: [
          { title: "Metric", value: row => [metricTitle(row.metric), h("small", { class: "interval" }, `${row.split}, ${isBetterBelow(row.metric) ? "less" : "more"} is better`)] },
          { title: versionName(one), value: row => shown(row.metric, row.first), number: true },
          { title: versionName(other), value: row => shown(row.metric, row.second), number: true },
          { title: "Second minus first", value: row => difference(row, row.difference), number: true },
          { title: "95 % interval", value: row => `${difference(row, row.lower)} to ${difference(row, row.upper)}`, number: true },
          { title: "Better", value: row => row.verdict === first ? versionLink(one) : row.verdict === second ? versionLink(other) : "cannot be told" },
        ],
      })),
    answer.mcnemar && section("Who had which items right", h("p", null,
      `Only ${versionName(one)}: ${count(answer.mcnemar.onlyFirstRight)} items. Only ${versionName(other)}: ${count(answer.mcnemar.onlySecondRight)} items. `,
      `If both were equally accurate, so uneven a split would come by chance with probability ${isNumber(answer.mcnemar.pValue) && answer.mcnemar.pValue >= 0.0001 ? Number(answer.mcnemar.pValue).toFixed(4) : "below 0.0001"} (McNemar's exact test).`)),
  ];
}

/** Better or not, in a sentence. */
function said(/** @type {any} */ answer) {
  const [one, other] = [answer.firstModelVersion, answer.secondModelVersion];
  const decides = (answer.metrics ?? []).find((/** @type {any} */ entry) => entry.metric === (answer.basis === "EVALUATION_BASIS_LABELERS" ? "held_out_log_likelihood" : "accuracy"));
  const numbers = decides && ` ${metricTitle(decides.metric)} ${shown(decides.metric, decides.first)} for the first, ${shown(decides.metric, decides.second)} for the second: a difference of ${
    isShare(decides.metric) ? `${points(decides.difference)} (95 % interval ${decimal(100 * decides.lower, 1)} to ${decimal(100 * decides.upper, 1)})`
      : `${decimal(decides.difference, 4)} (95 % interval ${decimal(decides.lower, 4)} to ${decimal(decides.upper, 4)})`} on ${count(decides.count)} items, ${
    answer.basis === "EVALUATION_BASIS_LABELERS" ? "against what labelers say" : "against gold classes"}.`;
  switch (answer.verdict) {
    case first: return notice("good", h("strong", null, `${versionName(one)} is better than ${versionName(other)}.`), numbers);
    case second: return notice("good", h("strong", null, `${versionName(other)} is better than ${versionName(one)}.`), numbers);
    default: return notice("plain", h("strong", null, `Neither is shown to be better: ${versionName(one)} and ${versionName(other)} may be equally good.`), numbers);
  }
}
