// One model: its versions, what serves and what is on trial, and everything that is known of one version.
import { get, idOf } from "../lib/api.js";
import { announce, fill, h } from "../lib/dom.js";
import { ago, count, percent, time, words } from "../lib/format.js";
import { allowed } from "../lib/insight.js";
import { modelActions } from "../lib/model-actions.js";
import { calibration, card, evaluation, lineage, measuredAtEnd, selection, trusts, versionSettings, versionTiles } from "../lib/model-version.js";
import { aliased, interval, measured, noHeads, shown, versionLink, versionName } from "../lib/models.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { pagedTable } from "../lib/table.js";
import { badge, label, load, notice, section } from "../lib/ui.js";

export const title = (/** @type {Record<string, string>} */ params) => `Model ${params.model}`;

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, signal, session, dataset, params, query } = view;
  if (!allowed(view, title(params))) {
    return;
  }

  const path = `/v1/${dataset.name}/models/${encodeURIComponent(params.model)}`;
  const place = h("div");
  root.append(place, h("p", null, h("a", { href: to("datasets", params.dataset, "models") }, "All models")));
  /** @type {AbortController} */
  let shownNow = new AbortController();

  async function draw() {
    const [model, changes] = await Promise.all([get(path, {}, signal), get(`${path}/aliasChanges`, { pageSize: 200 }, signal)]);
    const champion = aliased(model, "champion");
    const wanted = query.get("version") ? `${dataset.name}/models/${params.model}/versions/${query.get("version")}` : champion || model.latestVersion;
    const version = wanted ? await get(`/v1/${wanted.split("/").map(encodeURIComponent).join("/")}`, {}, signal) : null;
    if (signal.aborted) {
      return;
    }

    shownNow.abort();
    shownNow = new AbortController();
    const now = AbortSignal.any([signal, shownNow.signal]);
    fill(place,
      h("h1", null, title(params), version && ` v${idOf(version.name)}`, " ", version && badges(model, version)),
      model.displayName && h("p", null, label(model.displayName, 200)), model.description && h("p", { class: "quiet" }, label(model.description, 1000)),
      serving(model, champion),
      version ? versionParts(version, now) : notice("plain", "All its versions were deleted. A run that trains it brings it back with the next number."));
    if (may(session, "write") && version) {
      place.querySelector(".serving")?.append(modelActions(model, version, previousOf(changes.changes ?? [], champion), () => void again()));
    }

    if (version && champion && version.name !== champion) {
      place.querySelector(".serving")?.append(h("p", null, h("a", { href: `${to("datasets", params.dataset, "compare")}?${new URLSearchParams({ first: short(champion), second: short(version.name) })}` },
        `Compare ${versionName(version.name)} with the champion`)));
    }

    place.append(section("Versions", versions(view, path, model, now)), section("History", history(view, path, now)));
  }

  async function again() {
    try {
      await draw();
      announce("The model is shown as it is now.");
    } catch (error) {
      if (!signal.aborted) {
        await load(place, signal, async () => {
          await draw();
          return [...place.childNodes];
        });
      }
    }
  }

  const short = (/** @type {string} */ name) => name.slice(`${dataset.name}/models/`.length);
  await draw();
}

function badges(/** @type {any} */ model, /** @type {any} */ version) {
  const names = (model.aliases ?? []).filter((/** @type {any} */ alias) => alias.version === version.name).map((/** @type {any} */ alias) => alias.alias);
  return [
    names.map((/** @type {string} */ name) => [badge(name, name === "champion" ? "good" : "plain"), " "]),
    model.canary?.version === version.name && badge(`on trial, ${percent(model.canary.share, 0)}`, "warn"),
    version.state === "STATE_DELETED" && badge(`deleted by ${version.deletedBy || "somebody"}`, "bad"),
  ];
}

const serving = (/** @type {any} */ model, /** @type {string} */ champion) => h("section", { class: "card serving" }, h("h2", null, "What serves"),
  h("p", null, champion ? ["Predictions that name no version go to ", versionLink(champion), model.canary ? [`, but ${percent(model.canary.share, 0)} of them to `, versionLink(model.canary.version), " on trial."] : "."] : "No version is champion."));

/** What a rollback goes back to: the champion before the latest promotion that was not taken back. */
function previousOf(/** @type {any[]} */ changes, /** @type {string} */ champion) {
  /** @type {string[]} */
  const stack = [];
  for (const change of changes.filter(entry => entry.alias === "champion" && entry.toVersion).toReversed()) {
    if (change.kind === "KIND_ROLLED_BACK") {
      stack.pop();
    } else {
      stack.push(change.toVersion);
    }
  }

  return stack[stack.length - 1] === champion ? stack[stack.length - 2] ?? "" : "";
}

function versionParts(/** @type {any} */ version, /** @type {AbortSignal} */ signal) {
  const [sheet, origin] = [h("div"), h("div")];
  void load(sheet, signal, () => card(version, signal));
  void load(origin, signal, () => lineage(version, signal));
  const deleted = version.state === "STATE_DELETED";
  return [
    versionTiles(version),
    h("div", { class: "columns" },
      section("Measured when training ended", measuredAtEnd(version, signal), calibration(version)),
      section("Whom it trusts", trusts(version, signal))),
    version.selection && section("How it was chosen", selection(version)),
    !deleted && section("Measure it now", evaluation(version, signal)),
    section("Model card", sheet), section("Lineage", origin, versionSettings(version)),
  ];
}

const versions = (/** @type {import("../lib/router.js").View} */ { signal: leaving }, /** @type {string} */ path, /** @type {any} */ model, /** @type {AbortSignal} */ signal) => pagedTable({
  caption: "Versions", signal: AbortSignal.any([leaving, signal]),
  columns: [
    { title: "Version", value: row => [versionLink(row.name), " ", badges(model, row)] },
    { title: "Algorithm", value: row => label(row.algorithm, 24) },
    { title: "Accuracy", number: true, value: row => [shown("accuracy", measured(row, "accuracy")?.value), h("small", { class: "interval" }, interval(measured(row, "accuracy")))] },
    { title: "Log loss", number: true, value: row => [shown("log_loss", measured(row, "log_loss")?.value), h("small", { class: "interval" }, interval(measured(row, "log_loss")))] },
    { title: "Annotations", value: row => count(row.annotationCount), number: true },
    { title: "Published", value: row => h("span", { title: time(row.createTime) }, ago(row.createTime)) },
  ],
  load: async pageToken => {
    const page = await get(`${path}/versions`, { pageToken, pageSize: 10, showDeleted: true, headLabelerId: noHeads }, signal);
    return { rows: page.versions ?? [], next: page.nextPageToken };
  },
});

const history = (/** @type {import("../lib/router.js").View} */ _, /** @type {string} */ path, /** @type {AbortSignal} */ signal) => pagedTable({
  caption: "History of aliases and trials", signal, empty: "Nothing has happened yet.",
  columns: [
    { title: "When", value: row => h("span", { title: ago(row.createTime) }, time(row.createTime)) },
    { title: "What", value: row => [badge(words(row.kind, "KIND_"), row.kind === "KIND_PROMOTED" ? "good" : row.kind === "KIND_ROLLED_BACK" ? "warn" : "plain"), row.alias && row.alias !== "champion" && [" ", row.alias]] },
    { title: "From", value: row => versionLink(row.fromVersion) },
    { title: "To", value: row => [versionLink(row.toVersion), row.canaryShare > 0 && ` ${percent(row.canaryShare, 0)}`] },
    { title: "By", value: row => label(row.actor || "–", 30) },
    { title: "Why", value: row => label(row.reason || "–", 80) },
  ],
  load: async pageToken => {
    const page = await get(`${path}/aliasChanges`, { pageToken, pageSize: 15 }, signal);
    return { rows: page.changes ?? [], next: page.nextPageToken };
  },
});
