// What a model makes of one item: the ensemble, the distilled head, and each labeler's head with its averaging weight.
import { get, idOf, list, post } from "./api.js";
import { bars, heatMap } from "./charts.js";
import { fill, h } from "./dom.js";
import { count, decimal, percent, shorten, time } from "./format.js";
import { labelerLink } from "./labelers.js";
import { to } from "./router.js";
import { recall, remember } from "./storage.js";
import { table } from "./table.js";
import { badge, bar, check, choice, failure, field, label, load, notice, section, tiles, whenBack } from "./ui.js";

// More of these no plot shows legibly.
const mostHeads = 30;
const mostClasses = 16;
const mostVersions = 50;

/**
 * Shows it, with a choice of model, version and head.
 * @param {import("./router.js").View} view @param {any} item @param {any} place
 */
export async function predictionOf(view, item, place) {
  const { dataset, signal } = view;
  const id = idOf(dataset.name);
  try {
    const models = (await list(`/v1/${dataset.name}/models`, "models", {}, signal, 1000)).filter(model => model.latestVersion);
    if (models.length === 0) {
      fill(place, section("Prediction", h("p", { class: "quiet" }, "No model is trained yet. ", h("a", { href: to("datasets", id, "runs") }, "Train one"), ".")));
      return;
    }

    const chosen = remembered(dataset);
    const model = choice(models.map(entry => [entry.name, entry.displayName || idOf(entry.name)]), models.some(entry => entry.name === chosen.model) ? chosen.model : undefined);
    const version = h("select");
    const distilled = h("input", { type: "checkbox", checked: chosen.distilled === true });
    const shown = h("div");
    /** @type {any[]} */
    let versions = [];
    let mine = new AbortController();

    async function predict() {
      mine.abort();
      mine = new AbortController();
      const now = AbortSignal.any([signal, mine.signal]);
      const answering = versions.find(entry => entry.name === version.value);
      // Of the alias only the answer tells which version it is.
      distilled.disabled = answering ? answering.distilled !== true : !versions.some(entry => entry.distilled);
      const small = distilled.checked && !distilled.disabled;
      remember(placeOf(dataset), JSON.stringify({ model: model.value, version: version.value, distilled: distilled.checked }), "sessionStorage");
      await load(shown, now, async () => prediction(view, item, await post(`/v1/${dataset.name}:predict`, {
        model: { model: version.value || model.value }, itemId: item.itemId, distilled: small, includeLabelers: !small, includeUncertainty: !small,
      }, now), small, now));
    }

    async function changed() {
      // Heads are not needed for a choice of versions, and there may be thousands: those of nobody.
      const of = model.value;
      const found = await list(`/v1/${of}/versions`, "versions", { pageSize: mostVersions, headLabelerId: "-" }, signal, mostVersions);
      if (of !== model.value) {
        return;
      }

      versions = found;
      const before = version.value || (model.value === chosen.model ? chosen.version : "");
      const champion = models.find(entry => entry.name === model.value)?.aliases?.find((/** @type {any} */ alias) => alias.alias === "champion");
      fill(version, [...(champion ? [["", `the champion (version ${idOf(champion.version)})`]] : []), ...versions.map(entry => [entry.name, `version ${idOf(entry.name)}, ${entry.algorithm}, ${time(entry.createTime)}`])]
        .map(([value, text]) => h("option", { value, selected: value === before }, text)));
      await predict();
    }

    const attempt = () => void changed().catch(error => {
      if (!signal.aborted) {
        fill(shown, failure(error, attempt));
        whenBack(error, signal, attempt);
      }
    });
    model.addEventListener("change", () => { fill(version); attempt(); });
    version.addEventListener("change", () => void predict());
    distilled.addEventListener("change", () => void predict());
    fill(place, h("div", { class: "card fields" }, field("Model", model), field("Version", version), check("The distilled head instead of the ensemble", distilled)), shown);
    attempt();
  } catch (error) {
    if (!signal.aborted) {
      const again = () => void predictionOf(view, item, place);
      fill(place, failure(error, again));
      whenBack(error, signal, again);
    }
  }
}

const placeOf = (/** @type {any} */ dataset) => `prediction ${dataset.uid}`;

/** @returns {{model?: string, version?: string, distilled?: boolean}} */
function remembered(/** @type {any} */ dataset) {
  try {
    return JSON.parse(recall(placeOf(dataset), "sessionStorage") ?? "{}") ?? {};
  } catch {
    // Somebody else's text under our name: as if there were none.
    return {};
  }
}

async function prediction(/** @type {import("./router.js").View} */ view, /** @type {any} */ item, /** @type {any} */ response, /** @type {boolean} */ distilled, /** @type {AbortSignal} */ signal) {
  const { dataset } = view;
  const id = idOf(dataset.name);
  const { classes, modelVersion, prediction: said } = response;
  const probabilities = (said.probabilities ?? []).map(Number);
  const heads = said.labelers ?? [];
  const [, , , model, , version] = modelVersion.split("/");
  const right = item.goldClass ? said.predictedClass === item.goldClass : null;
  const likeliest = probabilities.map((/** @type {number} */ _, /** @type {number} */ index) => index)
    .sort((/** @type {number} */ a, /** @type {number} */ b) => probabilities[b] - probabilities[a]).slice(0, mostClasses).sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);
  const cut = probabilities.length > likeliest.length && h("p", { class: "quiet" }, `The ${likeliest.length} likeliest of ${count(probabilities.length)} classes.`);
  return [
    tiles([
      ["Predicted", label(said.predictedClass, 40), right === null ? null : right ? badge("is the gold class", "good") : badge(`gold: ${shorten(item.goldClass, 24)}`, "bad")],
      ["Its probability", percent(probabilities[said.predictedClassIndex ?? 0])],
      ["Entropy", `${decimal(said.entropy)} nats`, `at most ${decimal(Math.log(classes.length))}`],
      ...(distilled ? [] : /** @type {[string, any, any?][]} */ ([
        ["Disagreement of the heads", `${decimal(said.disagreement)} nats`, "the part of the entropy that comes from labelers differing"],
        ["Two labelers differ", percent(said.expectedDisagreement), "two drawn by weight"],
      ])),
      ["Answered by", h("a", { href: to("datasets", id, "models", model) }, `${shorten(model, 30)} version ${version}`), distilled ? "distilled head" : `${count(heads.length)} heads`],
    ]),
    section(distilled ? "The distilled head's distribution" : "The ensemble's distribution", cut, bars({
      label: "Probability of each class", name: "Class", valueName: "Probability", signal, names: likeliest.map((/** @type {number} */ index) => classes[index]),
      data: [
        { name: distilled ? "distilled" : "ensemble", values: likeliest.map((/** @type {number} */ index) => probabilities[index]) },
        ...(said.deviations?.length > 0 ? [{ name: "heads' deviation", values: likeliest.map((/** @type {number} */ index) => Number(said.deviations[index])) }] : []),
        ...(item.goldClass ? [{ name: "gold", values: likeliest.map((/** @type {number} */ index) => classes[index] === item.goldClass ? 1 : 0) }] : []),
      ],
    }).element),
    distilled ? notice("plain", "The distilled head says what the ensemble says without computing the labelers' heads: who would say what is not known.")
      : heads.length > 0 && section("What each labeler would say, the heaviest first", heads.length > mostHeads && h("p", { class: "quiet" }, `The ${mostHeads} heaviest of ${count(heads.length)} heads.`), cut,
        heatMap({
          label: "Labelers' heads: probability of each class", rows: heads.slice(0, mostHeads).map(nameOf), columns: likeliest.map((/** @type {number} */ index) => classes[index]),
          rowName: "Labeler", columnName: "Class", signal, remark: row => `weight ${percent(heads[row].weight)}`,
          data: heads.slice(0, mostHeads).map((/** @type {any} */ head) => likeliest.map((/** @type {number} */ index) => Number(head.probabilities[index]))),
        }).element,
        weights(id, heads, classes, await saidBy(view, item, signal))),
  ];
}

const nameOf = (/** @type {any} */ head) => head.labelerId || "(shared by the others)";

/** What labelers said of it, by their key: of very many, the first ones. */
async function saidBy(/** @type {import("./router.js").View} */ { dataset }, /** @type {any} */ item, /** @type {AbortSignal} */ signal) {
  const { annotations = [] } = await get(`/v1/${dataset.name}/annotations`, { itemId: item.itemId, pageSize: 1000 }, signal);
  return new Map(annotations.map((/** @type {any} */ annotation) => [annotation.labelerId, annotation.className]));
}

function weights(/** @type {string} */ id, /** @type {any[]} */ heads, /** @type {string[]} */ classes, /** @type {Map<any, any>} */ said) {
  const most = Math.max(...heads.map(head => Number(head.weight)), 1e-9);
  const more = h("div");
  const rows = (/** @type {any[]} */ some) => table({
    caption: "Averaging weights", rows: some,
    columns: [
      { title: "Labeler", value: head => head.labelerId ? labelerLink(id, head.labelerId) : nameOf(head) },
      { title: "Weight", value: head => bar(Number(head.weight) / most, percent(head.weight, 2)), hint: "Averaging weight of this head for this item; bars are relative to the heaviest" },
      { title: "Would say", value: head => {
        const index = head.probabilities.reduce((/** @type {number} */ best, /** @type {number} */ p, /** @type {number} */ i) => p > head.probabilities[best] ? i : best, 0);
        return [label(classes[index], 30), ` (${percent(head.probabilities[index])})`];
      } },
      { title: "Said", value: head => said.has(head.labelerId) ? label(said.get(head.labelerId), 30) : "–" },
    ],
  });
  if (heads.length > mostHeads) {
    fill(more, h("button", { type: "button", onclick: () => { fill(more, rows(heads.slice(mostHeads))); } }, `Show the other ${count(heads.length - mostHeads)} heads`));
  }

  return h("div", null, rows(heads.slice(0, mostHeads)), more);
}
