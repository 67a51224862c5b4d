// The items of a dataset, page by page: which there are, what labelers make of them, and where they are unsure.
import { get, idOf } from "../lib/api.js";
import { consensusClass, consensusOf, wrongBar } from "../lib/consensus.js";
import { fill, h } from "../lib/dom.js";
import { count, decimal, shorten, words } from "../lib/format.js";
import { query, read } from "../lib/insight.js";
import { filterOf, find, keepList, keptList, pageOf, partsOf, pictureOf } from "../lib/items.js";
import { itemLink } from "../lib/labelers.js";
import { to } from "../lib/router.js";
import { may } from "../lib/session.js";
import { pagedTable } from "../lib/table.js";
import { choice, failure, field, label, notice, section, whenBack } from "../lib/ui.js";

export const title = () => "Items";

const pageSize = 25;
// A page of larger images would take longer than it is worth; an item's own page shows them.
const mostPictureValues = 256 * 256 * 3;
const orders = [
  ["", "All items, as they came"], ["ITEM_CONSENSUS_ORDER_UNSPECIFIED", "Annotated items, as they came"],
  ["ITEM_CONSENSUS_ORDER_PROBABILITY_WRONG", "Annotated items, the least sure first"], ["ITEM_CONSENSUS_ORDER_DIFFICULTY", "Annotated items, the hardest first"],
];

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, dataset, session, signal } = view;
  const id = idOf(dataset.name);
  const reads = may(session, "read");
  const chosen = Object.fromEntries(view.query);
  const order = choice(orders, chosen.order ?? "");
  const split = choice([["", "Any"], ["TRAIN", "train"], ["VALIDATION", "validation"], ["TEST", "test"]], chosen.split);
  const gold = choice([["", "With or without"], ["true", "With"], ["false", "Without"], ...dataset.classes.map((/** @type {string} */ name) => [`=${name}`, shorten(name, 40)])], chosen.gold);
  const content = choice([["", "Any"], ["true", "With a file or text"], ["false", "Without"]], chosen.content);
  const key = h("input", { type: "search", value: chosen.key ?? "", maxlength: "256", spellcheck: "false" });
  const exact = h("div", { role: "status" });
  const list = h("div");
  const filters = h("div", { class: "fields" },
    field("Split", split), reads && field("Gold class", gold), !dataset.itemType.vector && field("Content", content), field("Key begins with", key));
  /** @type {AbortController} */
  let mine = new AbortController();

  function apply(/** @type {string[]} */ start) {
    mine.abort();
    mine = new AbortController();
    const now = AbortSignal.any([signal, mine.signal]);
    filters.hidden = order.value !== "";
    const options = { order: order.value, split: split.value, gold: gold.value, content: content.value, key: key.value };
    const address = `${to("datasets", id, "items")}${addressQuery(options)}`;
    // The address is the list: it can be kept, sent to others and come back to.
    history.replaceState(null, "", address);
    fill(exact);
    if (order.value === "" && key.value) {
      void offerExact(dataset, key.value, exact, now);
    }

    fill(list, table(view, options, address, start, now));
  }

  const form = h("form", { class: "card", onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); apply([""]); } },
    h("div", { class: "fields" }, reads && field("Show", order), filters, h("button", { type: "submit" }, "Show")), exact);
  for (const input of [order, split, gold, content]) {
    input.addEventListener("change", () => apply([""]));
  }

  root.append(h("h1", null, "Items"), h("p", { class: "quiet" }, totals(dataset)), form, section("Items", list));
  const kept = keptList(dataset);
  // Whoever comes back from an item finds the page it was on.
  apply(kept && kept.address === `${to("datasets", id, "items")}${addressQuery(chosen)}` ? kept.tokens : [""]);
}

function totals(/** @type {any} */ dataset) {
  const counts = dataset.counts ?? {};
  return `${count(counts.items)} items (${count(counts.trainItems)} train, ${count(counts.validationItems)} validation, ${count(counts.testItems)} test), `
    + `${count(counts.goldItems)} with a gold class, ${count(counts.annotations)} annotations.`;
}

function addressQuery(/** @type {Record<string, string>} */ options) {
  const text = new URLSearchParams(Object.entries(options).filter(([, value]) => value)).toString();
  return text ? `?${text}` : "";
}

/** Of many keys that begin alike, the one that is just so. */
async function offerExact(/** @type {any} */ dataset, /** @type {string} */ key, /** @type {any} */ place, /** @type {AbortSignal} */ signal) {
  try {
    const item = await find(dataset, key, signal);
    if (item && !signal.aborted) {
      fill(place, item.itemId === key ? "The item with exactly this key: " : "The item with this number: ", itemLink(idOf(dataset.name), item.itemId));
    }
  } catch (error) {
    if (!signal.aborted) {
      fill(place, failure(error));
    }
  }
}

function table(/** @type {import("../lib/router.js").View} */ view, /** @type {Record<string, string>} */ options, /** @type {string} */ address, /** @type {string[]} */ start, /** @type {AbortSignal} */ signal) {
  const { dataset, session } = view;
  const id = idOf(dataset.name);
  const reads = may(session, "read");
  const settings = { ...read(dataset), intervals: false };
  const kind = options.order ? "consensus" : "items";
  const gold = options.gold ?? "";
  const parameters = kind === "consensus" ? { ...query(settings), order: options.order, pageSize } : {
    pageSize, filter: filterOf({ ...options, gold: gold.startsWith("=") ? "" : gold, goldClass: gold.startsWith("=") ? gold.slice(1) : "" }),
  };
  const kept = keptList(dataset);
  if (kept && JSON.stringify(kept.query) !== JSON.stringify(parameters)) {
    // Its pages are those of another list: by another method of the consensus, say.
    start = [""];
  }

  const note = h("div");
  /** @type {Map<string, {class: any, wrong: any, difficulty: any, count: any}>} */
  let cells = new Map();
  const cell = (/** @type {any} */ row, /** @type {"class" | "wrong" | "difficulty" | "count"} */ name) => cells.get(row.itemId)?.[name];
  const { image, text } = dataset.itemType;
  const pictures = image && image.width * image.height * image.channels <= mostPictureValues;

  async function tell(/** @type {any[]} */ rows) {
    const mine = cells;
    try {
      const consensus = kind === "consensus" ? new Map(rows.map(row => [row.itemId, row])) : await consensusOf(dataset, rows.map(row => row.itemId), settings, signal);
      for (const [key, places] of mine) {
        const item = consensus.get(key);
        places.class.className = "";
        fill(places.class, consensusClass(dataset, item));
        fill(places.wrong, wrongBar(item));
        fill(places.difficulty, Number(item?.probability?.count ?? 0) > 0 ? decimal(item.difficulty, 2) : "–");
        fill(places.count, count(item?.probability?.count ?? 0));
      }

      fill(note);
    } catch (error) {
      if (!signal.aborted && mine === cells) {
        fill(note, failure(error, () => void tell(rows)));
        whenBack(error, signal, () => void tell(rows));
      }
    }
  }

  const place = pagedTable({
    caption: "Items", signal, start, empty: kind === "consensus" ? "No item is annotated yet." : parameters.filter ? "No item meets the filter." : "There are no items yet.",
    columns: [
      ...(pictures || text ? [{ title: text ? "Text" : "Image", value: (/** @type {any} */ row) => preview(dataset, row, signal) }] : []),
      { title: "Item", value: row => itemLink(id, row.itemId) },
      ...(kind === "items" ? [{ title: "Split", value: (/** @type {any} */ row) => words(row.split, "SPLIT_") }] : []),
      ...(reads ? [
        ...(kind === "items" ? [{ title: "Gold", value: (/** @type {any} */ row) => row.goldClass ? label(row.goldClass, 30) : "–" }] : []),
        { title: "Consensus", value: (/** @type {any} */ row) => cell(row, "class"), hint: "The class that labelers agree on, as the method weighs them" },
        { title: "Wrong", value: (/** @type {any} */ row) => cell(row, "wrong"), hint: "Probability that the consensus is wrong" },
        { title: "Difficulty", value: (/** @type {any} */ row) => cell(row, "difficulty"), number: true, hint: "How hard the item is for labelers, 0 to 1" },
        { title: "Annotations", value: (/** @type {any} */ row) => cell(row, "count"), number: true },
      ] : []),
      ...(session.role === "READER" ? [] : [{ title: "Label", value: (/** @type {any} */ row) =>
        h("a", { href: `${to("datasets", id, "label")}?item=${encodeURIComponent(row.itemId)}`, "aria-label": `Label ${shorten(row.itemId, 60)}` }, "label") }]),
    ],
    load: async (pageToken, tokens) => {
      const { rows, next } = await pageOf(dataset, { kind, query: parameters }, pageToken, signal).catch(error => {
        if (error.reason === "STATE_GONE" && pageToken) {
          // The list is of a state that the server no longer has: it begins anew, and says so.
          fill(note, notice("warn", "Annotations have changed since this list was begun: it begins anew."));
          queueMicrotask(() => void place.reload());
          return { rows: [], next: "" };
        }

        throw error;
      });
      cells = new Map(rows.map(row => [row.itemId, { class: h("span", { class: "quiet" }, "…"), wrong: h("span"), difficulty: h("span"), count: h("span") }]));
      keepList(dataset, { address, kind, query: parameters, tokens, keys: rows.map(row => row.itemId), next });
      if (reads && rows.length > 0) {
        void tell(rows);
      }

      return { rows, next };
    },
  });
  return [note, place];
}

/** Shows the item itself, small, when its row comes into sight. */
function preview(/** @type {any} */ dataset, /** @type {any} */ row, /** @type {AbortSignal} */ signal) {
  const place = h("div", { class: "preview" });
  const observer = new IntersectionObserver(async entries => {
    if (!entries.some(entry => entry.isIntersecting)) {
      return;
    }

    observer.disconnect();
    try {
      // Of an item of the consensus it is not known what is stored.
      const item = await get(`/v1/${row.name ?? row.item}`, row.name ? partsOf(dataset, row) : { includeContents: true, includeFeatures: !dataset.itemType.text }, signal);
      fill(place, item.text ? h("bdi", null, shorten(item.text, 90)) : item.image || item.features?.data ? h("img", { alt: "", src: pictureOf(dataset, item) }) : "–");
    } catch (error) {
      // The row is there without it; what failed is told by the shell, or comes with the next look.
      if (!signal.aborted) {
        fill(place, h("small", null, /** @type {any} */ (error).message));
      }
    }
  });
  observer.observe(place);
  signal.addEventListener("abort", () => observer.disconnect());
  return place;
}
