// One item: what it is, who said what of it, what labelers make of it together, and what a model expects each of them to say.
import { get, idOf } from "../lib/api.js";
import { bars } from "../lib/charts.js";
import { fill, h } from "../lib/dom.js";
import { count, decimal, duration, isNumber, percent, shorten, time, words } from "../lib/format.js";
import { frame, query } from "../lib/insight.js";
import { content, find, neighbours, partsOf } from "../lib/items.js";
import { labelerLink } from "../lib/labelers.js";
import { predictionOf } from "../lib/prediction.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { pagedTable, table } from "../lib/table.js";
import { badge, bar, failure, label, load, section, tiles } from "../lib/ui.js";

export const title = (/** @type {Record<string, string>} */ params) => `Item ${shorten(params.item, 60)}`;

const mostClasses = 20;

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, dataset, params, session, signal } = view;
  const id = idOf(dataset.name);
  const item = await find(dataset, params.item, signal);
  if (!item) {
    root.append(h("h1", null, "There is no such item"), h("p", null, "No item of this dataset has the key or number ", h("code", null, label(params.item, 80)), "."),
      h("p", null, h("a", { href: to("datasets", id, "items") }, "All items")));
    return;
  }

  const what = h("div");
  const places = h("nav", { class: "pager", "aria-label": "The list" }, h("a", { href: to("datasets", id, "items") }, "All items"));
  root.append(
    h("h1", null, "Item ", label(item.itemId, 80)), places,
    tiles([
      ["Split", words(item.split, "SPLIT_")], ...(may(session, "read") ? [["Gold class", item.goldClass ? label(item.goldClass, 40) : "–"]] : []),
      ["Stored", item.mediaType || (item.hasFeatures ? "features" : "key only")], ["Number", idOf(item.name)], ["Changed", time(item.updateTime)],
    ].map(entry => /** @type {[string, any]} */ (entry))),
    session.role !== "READER" && h("p", null, h("a", { class: "button", href: `${to("datasets", id, "label")}?item=${encodeURIComponent(item.itemId)}` }, "Label this item")),
    section("The item", what), section(may(session, "read") ? "Who said what" : "What you said", annotationsOf(view, item)));
  void load(what, signal, async () => item.hasContent || item.hasFeatures
    ? content(dataset, await get(`/v1/${item.name}`, partsOf(dataset, item), signal), signal)
    : content(dataset, item, signal));
  void around(view, item.itemId, places);
  if (!may(session, "read")) {
    return;
  }

  const { element, run } = frame(view, { parts: ["INSIGHT_PART_CONSENSUS"], produce: part => consensus(dataset, item, part) });
  const model = h("div");
  root.append(h("h2", { class: "chapter" }, "What labelers make of it together"), element, h("h2", { class: "chapter" }, "What a model makes of it"), model);
  void predictionOf(view, item, model);
  await run();
}

/** Links to the items before and after it in the list that it was chosen from. */
async function around(/** @type {import("../lib/router.js").View} */ { dataset, signal }, /** @type {string} */ key, /** @type {any} */ place) {
  const id = idOf(dataset.name);
  try {
    const found = await neighbours(dataset, key, signal);
    if (found && !signal.aborted) {
      const link = (/** @type {string} */ to_, /** @type {string} */ text, /** @type {string} */ rel) => to_
        ? h("a", { href: to("datasets", id, "items", to_), rel }, `${text}: `, label(to_, 30)) : h("span", { class: "quiet" }, text === "Previous" ? "The first of the list" : "The last of the list");
      fill(place, link(found.previous, "Previous", "prev"), h("a", { href: found.list.address }, "The list"), link(found.next, "Next", "next"));
    }
  } catch (error) {
    // A list that is gone leads nowhere; the page is whole without it.
    if (!signal.aborted && /** @type {any} */ (error).reason !== "STATE_GONE") {
      fill(place, h("a", { href: to("datasets", id, "items") }, "All items"), failure(error));
    }
  }
}

function annotationsOf(/** @type {import("../lib/router.js").View} */ view, /** @type {any} */ item) {
  const { dataset, session, signal } = view;
  const id = idOf(dataset.name);
  return pagedTable({
    caption: "Annotations", signal, empty: may(session, "read") ? "Nobody has annotated this item yet." : "You have not annotated this item yet.",
    columns: [
      ...(may(session, "read") ? [{ title: "Labeler", value: (/** @type {any} */ row) => labelerLink(id, row.labelerId) }] : []),
      { title: "Class", value: row => row.retracted ? badge("taken back", "warn") : [label(row.className, 40), " ",
        item.goldClass && badge(row.className === item.goldClass ? "is gold" : "not gold", row.className === item.goldClass ? "good" : "bad")] },
      { title: "Confidence", value: row => percent(row.confidence, 0), number: true },
      { title: "Took", value: row => duration(row.duration), number: true },
      { title: "Said", value: row => time(row.annotateTime ?? row.receiveTime), hint: "By the labeler's clock where it is known, else when it was received" },
      { title: "Revisions", value: row => row.revision > 1 ? revisions(row, signal) : "1" },
    ],
    load: async pageToken => {
      const page = await get(`/v1/${dataset.name}/annotations`, { itemId: item.itemId, showRetracted: true, pageSize: 25, pageToken }, signal);
      return { rows: page.annotations ?? [], next: page.nextPageToken };
    },
  });
}

/** How an annotation came to be what it is. */
function revisions(/** @type {any} */ annotation, /** @type {AbortSignal} */ signal) {
  const place = h("div");
  const details = h("details", {
    ontoggle: () => {
      if (details.open && !place.firstChild) {
        void load(place, signal, async () => {
          const { annotations = [] } = await get(`/v1/${annotation.name}:listRevisions`, { pageSize: 1000 }, signal);
          return table({
            caption: `Revisions of what ${shorten(annotation.labelerId, 40)} said`, rows: annotations,
            columns: [
              { title: "#", value: row => row.revision, number: true },
              { title: "Class", value: row => row.retracted ? badge("taken back", "warn") : label(row.className, 40) },
              { title: "Confidence", value: row => percent(row.confidence, 0), number: true },
              { title: "Took", value: row => duration(row.duration), number: true },
              { title: "Received", value: row => time(row.receiveTime) },
            ],
          });
        });
      }
    },
  }, h("summary", { "aria-label": `${annotation.revision} revisions of what ${shorten(annotation.labelerId, 40)} said` }, String(annotation.revision)), place);
  return details;
}

async function consensus(/** @type {any} */ dataset, /** @type {any} */ item, /** @type {import("../lib/insight.js").Part} */ part) {
  const { items = [] } = await get(`/v1/${dataset.name}/itemConsensus`, { ...query(part.settings), itemIds: [item.itemId] }, part.signal);
  const found = items[0];
  const annotated = Number(found.probability?.count ?? 0);
  if (annotated === 0 && !part.state.modelVersion) {
    return section("Consensus", h("p", { class: "quiet" }, "Nobody has annotated this item yet: without a model that votes as well there is nothing to go by."));
  }

  const { value, low, high } = found.probability ?? {};
  const probabilities = (found.probabilities ?? []).map(Number);
  const shown = probabilities.map((/** @type {number} */ probability, /** @type {number} */ index) => ({ probability, index }))
    .sort((/** @type {any} */ a, /** @type {any} */ b) => b.probability - a.probability).slice(0, mostClasses).sort((/** @type {any} */ a, /** @type {any} */ b) => a.index - b.index);
  const right = found.goldClassIndex === undefined ? null : found.goldClassIndex === found.classIndex;
  return [
    tiles([
      ["Consensus", label(found.className, 40), right === null ? "no gold class to compare with" : right ? badge("is the gold class", "good") : badge(`gold: ${shorten(dataset.classes[found.goldClassIndex], 24)}`, "bad")],
      ["Its probability, as the method has it", percent(value), isNumber(low) && isNumber(high) ? `credible interval ${percent(low)} to ${percent(high)}` : "no interval worked out"],
      ["The consensus is wrong", bar(found.probabilityWrong, percent(found.probabilityWrong)), "labelers judged without this item"],
      ["Difficulty", decimal(found.difficulty, 2), "0 easy, 1 hard"],
      ["Annotations", count(annotated)],
    ]),
    section("Consensus by class", probabilities.length > mostClasses && h("p", { class: "quiet" }, `The ${mostClasses} likeliest of ${count(probabilities.length)} classes.`),
      bars({
        label: "Probability of each class", name: "Class", valueName: "Probability", signal: part.signal, names: shown.map((/** @type {any} */ entry) => dataset.classes[entry.index]),
        data: [
          { name: "consensus", values: shown.map((/** @type {any} */ entry) => entry.probability) },
          ...(item.goldClass ? [{ name: "gold", values: shown.map((/** @type {any} */ entry) => dataset.classes[entry.index] === item.goldClass ? 1 : 0) }] : []),
        ],
      }).element),
  ];
}
