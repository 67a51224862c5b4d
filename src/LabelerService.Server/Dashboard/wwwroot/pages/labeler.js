// One labeler: how often it is right, what it takes for what, whether it changed, how much models rely on it, and what it said.
import { get, idOf, list, patch } from "../lib/api.js";
import { bars, heatMap, intervals, lines } from "../lib/charts.js";
import { fill, h } from "../lib/dom.js";
import { count, decimal, duration, isNumber, percent, time } from "../lib/format.js";
import { allowed, frame, query } from "../lib/insight.js";
import { chance, flagBadge, itemLink, labelerLink, meaning, measured, pace } from "../lib/labelers.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { pagedTable, table } from "../lib/table.js";
import { badge, choice, failure, field, label, load, section, tiles } from "../lib/ui.js";

/** @typedef {import("../lib/insight.js").Part} Part */

export const title = (/** @type {Record<string, string>} */ params) => `Labeler ${params.labeler}`;

// More classes than these no heat map shows legibly: those that are mixed up most.
const mostClasses = 40;
const mostVersions = 50;

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, dataset, params, signal } = view;
  if (!allowed(view, "Labeler")) {
    return;
  }

  const registered = h("div");
  const said = h("div");
  const weights = h("div");
  let known = "";
  const { element, run } = frame(view, {
    parts: ["INSIGHT_PART_LABELERS"],
    produce: async part => {
      const { labeler, classes, allClassShares = [] } = await insightOf(dataset, params.labeler, part);
      if (known !== labeler.labeler) {
        // These do not depend on how insight is worked out.
        known = labeler.labeler;
        fill(above, section("Registered as", registered));
        fill(below, section("Weight in models", weights), section("What it said", said));
        void load(registered, signal, () => registry(view, labeler.labeler));
        void load(weights, signal, () => weightsOf(view, labeler.labelerId));
        fill(said, annotationsOf(view, labeler.labelerId));
      }

      return [
        figures(labeler),
        h("div", { class: "columns" }, flags(labeler), reliability(labeler, part)),
        confusion(labeler, classes, part),
        h("div", { class: "columns" }, drift(labeler, part), shares(labeler, classes, allClassShares, part)),
        h("div", { class: "columns" }, speed(labeler), lookAlikes(dataset, labeler)),
      ];
    },
  });
  const above = h("div");
  const below = h("div");
  root.append(h("h1", null, "Labeler ", label(params.labeler, 80)), above, element, below);
  await run();
}

/** By key; what looks like a number may also be the service's own number. */
async function insightOf(/** @type {any} */ dataset, /** @type {string} */ labeler, /** @type {Part} */ part) {
  const parameters = { ...query(part.settings), maxConfusionClasses: mostClasses };
  const of = (/** @type {string} */ segment) => get(`/v1/${dataset.name}/labelerInsights/${segment}`, parameters, part.signal);
  try {
    // The name in the request is percent-encoded itself, and once more for the address.
    return await of(encodeURIComponent(`id:${encodeURIComponent(labeler)}`));
  } catch (error) {
    if (/** @type {any} */ (error).status === 404 && /^\d{1,18}$/.test(labeler)) {
      return await of(labeler);
    }

    throw error;
  }
}

function figures(/** @type {any} */ labeler) {
  const of = (/** @type {any} */ estimate, /** @type {string} */ what) => `of ${count(estimate?.count)} ${what}`;
  return tiles([
    ["Annotations", count(labeler.annotationCount)],
    ["Right, as the method has it", measured(labeler.accuracy)],
    ["Says what the others say", measured(labeler.agreementWithOthers), of(labeler.agreementWithOthers, "annotations of items that others labelled too")],
    ["Right on gold", measured(labeler.goldAccuracy), of(labeler.goldAccuracy, "gold items")],
    ["Says what the model says", measured(labeler.agreementWithModel), labeler.agreementWithModel ? of(labeler.agreementWithModel, "annotations") : "no model votes"],
    ["Agrees with another", measured(labeler.pairwiseAgreement), of(labeler.pairwiseAgreement, "pairs of annotations")],
  ]);
}

function flags(/** @type {any} */ labeler) {
  const found = labeler.flags ?? [];
  if (found.length === 0) {
    return section("What was found", h("p", null, labeler.tooLittleEvidence
      ? "There are too few annotations to say anything."
      : "Nothing: the answers depend on the class, stay as good as they were, take their time and share no errors with another labeler's beyond chance."));
  }

  return section("What was found", found.map((/** @type {any} */ flag) => h("div", { class: "found" },
    h("p", null, flagBadge(flag), " ", meaning(flag)),
    h("p", null, flag.evidence),
    h("p", { class: "quiet" }, `By chance with a probability of ${chance(flag.pValue)}; such flags keep to a rate of false alarms of ${percent(flag.falseAlarmRate, 0)} over all labelers together.`))));
}

function reliability(/** @type {any} */ labeler, /** @type {Part} */ part) {
  const measures = [
    ["As the method has it", labeler.accuracy], ["Against the others", labeler.agreementWithOthers], ["Against gold", labeler.goldAccuracy], ["Against the model", labeler.agreementWithModel],
  ];
  const data = measures.filter(([, estimate]) => isNumber(estimate?.value)).map(([name, estimate]) => ({ name, value: estimate.value, low: estimate.low, high: estimate.high }));
  return section("Reliability", data.length > 0
    ? intervals({ label: "How often the labeler is right, with intervals of 95 %", name: "Against", valueName: "Share that is right", signal: part.signal, data }).element
    : h("p", { class: "quiet" }, "Nothing to measure it against yet."));
}

function confusion(/** @type {any} */ labeler, /** @type {string[]} */ classes, /** @type {Part} */ part) {
  const cells = labeler.confusion;
  if (!cells) {
    return section("Confusions", h("p", { class: "quiet" }, "This method has no confusions; choose another one above, such as hierarchical."));
  }

  const some = (cells.classIndices ?? []).length > 0;
  const names = some ? cells.classIndices.map((/** @type {number} */ index) => classes[index]) : classes;
  const at = (/** @type {number} */ row, /** @type {number} */ column) => row * names.length + column;
  const { probabilities = [], lows = [], highs = [], counts = [] } = cells;
  return section("Confusions",
    h("p", { class: "quiet" }, Number(labeler.annotationCount) === 0 ? "No annotations yet: this is what is assumed of anybody" : "Each row is what the labeler says of items of one class, in percent", some ? `; of ${count(classes.length)} classes, the ${names.length} that are mixed up most` : "", "."),
    heatMap({
      label: "Answers by true class", rows: names, columns: names, rowName: "True class", columnName: "Answer", signal: part.signal,
      data: names.map((/** @type {string} */ _, /** @type {number} */ row) => names.map((/** @type {string} */ __, /** @type {number} */ column) => Number(probabilities[at(row, column)]))),
      remark: (row, column) => [
        lows.length > 0 ? `${percent(lows[at(row, column)])} to ${percent(highs[at(row, column)])}` : "",
        counts.length > 0 ? `${decimal(counts[at(row, column)], 1)} annotations` : "",
      ].filter(text => text).join(", "),
    }).element);
}

function drift(/** @type {any} */ labeler, /** @type {Part} */ part) {
  const line = labeler.drift;
  const periods = line?.periods ?? [];
  if (periods.length === 0) {
    return section("Over time", h("p", { class: "quiet" }, "There are too few annotations of items that others labelled too to look for a change."));
  }

  const changed = (labeler.flags ?? []).some((/** @type {any} */ flag) => flag.kind === "KIND_DRIFTED");
  const middle = (/** @type {any} */ period) => (Date.parse(period.startTime) + Date.parse(period.endTime)) / 2;
  return section("Over time",
    h("p", null, changed ? "Changed" : "The clearest change, which may well be chance,", ` at ${time(line.changeTime)}: agrees with the others on ${percent(line.before?.value)} of ${count(line.before?.count)} annotations before and `
      + `${percent(line.after?.value)} of ${count(line.after?.count)} since. A change as clear as this comes by chance with a probability of ${chance(line.pValue)}.`),
    lines({
      label: "Agreement with the consensus of the others", xName: "Time", yName: "Agreement", percent: true, time: true, signal: part.signal,
      marks: [{ x: Date.parse(line.changeTime), text: changed ? "change" : "clearest change" }],
      data: [
        { name: "This labeler", points: periods.map((/** @type {any} */ period) => [middle(period), period.agreement ?? 0]) },
        { name: "Expected on these items", dashed: true, points: periods.map((/** @type {any} */ period) => [middle(period), period.expectedAgreement ?? 0]) },
      ],
    }).element);
}

function shares(/** @type {any} */ labeler, /** @type {string[]} */ classes, /** @type {number[]} */ all, /** @type {Part} */ part) {
  // The classes that it names otherwise than the others most, where there are too many to show.
  const own = labeler.classShares ?? [];
  const shown = classes.map((_, index) => index).sort((a, b) => Math.abs(own[b] - all[b]) - Math.abs(own[a] - all[a])).slice(0, mostClasses).sort((a, b) => a - b);
  return section("Classes it names", bars({
    label: "Share of each class among the answers", name: "Class", valueName: "Share", signal: part.signal, names: shown.map(index => classes[index]),
    data: [{ name: "This labeler", values: shown.map(index => own[index] ?? 0) }, { name: "All labelers", values: shown.map(index => all[index] ?? 0) }],
  }).element);
}

function speed(/** @type {any} */ labeler) {
  const { speed: of } = labeler;
  return section("Speed", of && Number(of.count) > 0
    ? tiles([
      ["Median", pace(of), `of ${count(of.count)} annotations with a duration`], ["Middle half", `${duration(of.lowerQuartile)} – ${duration(of.upperQuartile)}`],
      ["Hasty", percent(of.hastyShare), "much faster than its own or everybody's usual"]])
    : h("p", { class: "quiet" }, "Its annotations came without durations."));
}

function lookAlikes(/** @type {any} */ dataset, /** @type {any} */ labeler) {
  return section("Look-alikes", table({
    caption: "Labelers that share errors with this one", rows: labeler.lookAlikes ?? [], empty: "Shares no more errors with any other labeler than chance allows.",
    columns: [
      { title: "Labeler", value: row => labelerLink(idOf(dataset.name), row.labelerId === labeler.labelerId ? row.otherLabelerId : row.labelerId) },
      { title: "Items of both", value: row => count(row.sharedItems), number: true },
      { title: "Same errors", value: row => decimal(row.sharedErrors, 1), number: true },
      { title: "By chance", value: row => decimal(row.expectedSharedErrors, 1), number: true },
      { title: "p", value: row => chance(row.pValue), number: true },
    ],
  }));
}

/** How much each version of a model relies on the labeler. */
async function weightsOf(/** @type {import("../lib/router.js").View} */ view, /** @type {string} */ labelerId) {
  const { dataset, signal } = view;
  const models = (await list(`/v1/${dataset.name}/models`, "models", {}, signal, 1000)).filter(model => model.latestVersion);
  const championOf = (/** @type {any} */ model) => (model.aliases ?? []).find((/** @type {any} */ alias) => alias.alias === "champion")?.version;
  if (models.length === 0) {
    return h("p", { class: "quiet" }, "No model is trained yet. Models with a head for each labeler (dn, wdn and their kin) weigh labelers by what helps predictions most.");
  }

  const chosen = models.find(championOf) ?? models[0];
  const place = h("div");
  const model = choice(models.map(entry => [entry.name, entry.displayName || idOf(entry.name)]), chosen.name, { onchange: () => void load(place, signal, draw) });

  async function draw() {
    const of = models.find(entry => entry.name === model.value);
    const { versions = [] } = await get(`/v1/${of.name}/versions`, { pageSize: mostVersions, headLabelerId: labelerId }, signal);
    const champion = championOf(of);
    const rows = versions.filter((/** @type {any} */ version) => (version.heads ?? []).length > 0).reverse();
    if (rows.length === 0) {
      return h("p", { class: "quiet" }, "No version of this model has a head of this labeler's: it was trained without its annotations, or its algorithm has no heads of labelers.");
    }

    const number = (/** @type {any} */ version) => Number(idOf(version.name));
    const banded = rows.every((/** @type {any} */ version) => isNumber(version.heads[0].weightLower));
    return [
      rows.length > 1 && lines({
        label: `Averaging weight in the versions of ${of.displayName || idOf(of.name)}${banded ? ", with intervals of 95 %" : ""}`, xName: "Version", yName: "Weight", percent: true, whole: true, signal,
        data: [{
          name: "Averaging weight", points: rows.map((/** @type {any} */ version) => [number(version), version.heads[0].weight ?? 0]),
          band: banded ? rows.map((/** @type {any} */ version) => [number(version), version.heads[0].weightLower, version.heads[0].weightUpper]) : undefined,
        }],
      }).element,
      table({
        caption: "Weight by version", rows: rows.toReversed(),
        columns: [
          { title: "Version", value: row => [h("a", { href: to("datasets", idOf(dataset.name), "models", idOf(of.name)) }, `version ${idOf(row.name)}`), row.name === champion && [" ", badge("champion", "good")]] },
          { title: "Algorithm", value: row => row.algorithm },
          { title: "Weight", value: row => measured({ value: row.heads[0].weight, low: row.heads[0].weightLower, high: row.heads[0].weightUpper }), number: true, hint: "Mean averaging weight over the training items" },
          { title: "Right, as the model has it", value: row => percent(row.heads[0].estimatedAccuracy), number: true },
          { title: "Annotations", value: row => count(row.heads[0].annotationCount), number: true },
          { title: "Published", value: row => time(row.createTime) },
        ],
      }),
    ];
  }

  void load(place, signal, draw);
  return [h("div", { class: "fields" }, field("Model", model)), place];
}

/** What it said, page by page, beside what all say together. */
function annotationsOf(/** @type {import("../lib/router.js").View} */ { dataset, signal }, /** @type {string} */ labelerId) {
  const id = idOf(dataset.name);
  return [
    h("p", null, h("a", { href: `${to("datasets", id, "suspects")}?labeler=${encodeURIComponent(labelerId)}` }, "Those of them that are likely to be wrong")),
    pagedTable({
      caption: "Annotations of this labeler", signal, empty: "It has said nothing yet.",
      columns: [
        { title: "Item", value: row => itemLink(id, row.itemId) },
        { title: "Said", value: row => label(row.className ?? "–", 40) },
        { title: "Sure", value: row => percent(row.confidence, 0), number: true, hint: "How sure the labeler was, where it said so" },
        { title: "Took", value: row => duration(row.duration), number: true },
        { title: "When", value: row => time(row.annotateTime ?? row.receiveTime) },
        { title: "Revision", value: row => row.revision, number: true },
      ],
      load: async pageToken => {
        const page = await get(`/v1/${dataset.name}/annotations`, { labelerId, pageSize: 25, pageToken }, signal);
        return { rows: page.annotations ?? [], next: page.nextPageToken };
      },
    }),
  ];
}

/** What the registry has of the labeler; admins and ingesters may change it. */
async function registry(/** @type {import("../lib/router.js").View} */ view, /** @type {string} */ name) {
  const { session, signal } = view;
  const place = h("div");
  const entry = await get(`/v1/${name}`, {}, signal);
  draw(entry);
  return place;

  function draw(/** @type {any} */ labeler) {
    const tags = Object.entries(labeler.tags ?? {});
    fill(place, h("p", null, labeler.displayName ? [label(labeler.displayName, 80), " · "] : null, "key ", h("code", null, label(labeler.labelerId, 80)), ` · registered ${time(labeler.createTime)}`),
      tags.length > 0 && h("p", null, tags.map(([tag, value]) => [badge(value ? `${tag}: ${value}` : tag), " "])),
      may(session, "write") && h("button", { type: "button", onclick: () => edit(labeler) }, "Change name or tags"));
  }

  function edit(/** @type {any} */ labeler) {
    const displayName = h("input", { value: labeler.displayName ?? "", maxlength: "256" });
    const tags = h("textarea", { rows: "4", spellcheck: "false" });
    tags.value = Object.entries(labeler.tags ?? {}).map(([tag, value]) => `${tag}=${value}`).join("\n");
    const said = h("div");
    fill(place, h("form", {
      onsubmit: async (/** @type {Event} */ event) => {
        event.preventDefault();
        fill(said);
        try {
          draw(await patch(`/v1/${name}`, { displayName: displayName.value, tags: tagsOf(tags.value), etag: labeler.etag }, { updateMask: "displayName,tags" }, signal));
        } catch (error) {
          // Somebody else was quicker: what was typed stays, what is there now can be looked at.
          fill(said, failure(error), /** @type {any} */ (error).status === 409 && h("button", {
            type: "button", onclick: () => void load(place, signal, () => registry(view, name)),
          }, "Show what is there now"));
        }
      },
    }, field("Name for people", displayName), field("Tags", tags, "One a line: tag=value"), said,
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => draw(labeler) }, "Leave it"), h("button", { type: "submit", class: "primary" }, "Save"))));
    displayName.focus();
  }
}

function tagsOf(/** @type {string} */ text) {
  return Object.fromEntries(text.split("\n").map(line => line.trim()).filter(line => line).map(line => {
    const at = line.indexOf("=");
    return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  }));
}
