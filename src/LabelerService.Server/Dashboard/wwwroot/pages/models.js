// The models of a dataset: what serves, what is on trial, how good they are, and two of them compared.
import { get, idOf } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { ago, count, percent } from "../lib/format.js";
import { allowed } from "../lib/insight.js";
import { aliased, interval, measured, shown, versionLink } from "../lib/models.js";
import { to } from "../lib/router.js";
import { pagedTable } from "../lib/table.js";
import { badge, label, section } from "../lib/ui.js";

export const title = () => "Models";

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, signal, dataset } = view;
  if (!allowed(view, "Models")) {
    return;
  }

  const id = idOf(dataset.name);
  const list = pagedTable({
    caption: "Models", signal, empty: "No model is trained yet. Start a run on the page Runs.",
    columns: [
      { title: "Model", value: row => [h("a", { href: to("datasets", id, "models", idOf(row.name)) }, label(row.displayName || idOf(row.name), 40)), row.displayName && h("small", { class: "interval" }, idOf(row.name))] },
      { title: "Champion", value: row => versionLink(aliased(row, "champion")), hint: "What serves when no version is asked for" },
      { title: "Algorithm", value: row => label(row.version?.algorithm ?? "–", 24) },
      ...["accuracy", "log_loss", "ece"].map(metric => ({
        title: { accuracy: "Accuracy", log_loss: "Log loss", ece: "Calibration error" }[metric] ?? metric, number: true, hint: "Of the champion, when its training ended, with a 95 % interval",
        value: (/** @type {any} */ row) => {
          const found = measured(row.version, metric);
          return [shown(metric, found?.value), found && h("small", { class: "interval" }, `${interval(found)} ${found.split}`)];
        },
      })),
      { title: "On trial", value: row => row.canary ? [versionLink(row.canary.version), " ", badge(percent(row.canary.share, 0), "warn")] : "–", hint: "Answers a share of the champion's predictions" },
      { title: "Newest", value: row => row.latestVersion ? [versionLink(row.latestVersion), h("small", { class: "interval" }, ago(row.updateTime))] : "all deleted" },
    ],
    load: async pageToken => {
      const page = await get(`/v1/${dataset.name}/models`, { pageToken, pageSize: 10 }, signal);
      const rows = await Promise.all((page.models ?? []).map(async (/** @type {any} */ model) => {
        const champion = aliased(model, "champion");
        return { ...model, version: champion ? await get(`/v1/${champion}`, {}, signal) : null };
      }));
      return { rows, next: page.nextPageToken };
    },
  });
  root.append(h("h1", null, "Models"), h("section", { class: "card" }, list),
    section("Compare", h("p", null, "Which of two is better is measured on the same items, so that what is hard for both cancels. ", h("a", { href: to("datasets", id, "compare") }, "Compare two models or versions"))),
    Number(dataset.counts?.goldItems ?? 0) === 0 && h("p", { class: "quiet" }, `None of the ${count(dataset.counts?.items)} items has a gold class: models are measured against the labelers only.`));
}
