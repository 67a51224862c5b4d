// What labelers make of items together: looked up for a handful of items, and shown.
import { get } from "./api.js";
import { query } from "./insight.js";
import { percent } from "./format.js";
import { badge, bar, label } from "./ui.js";

// Addresses have an end: servers take 8 KiB of a request's first line.
const mostCharacters = 6000;

/**
 * Consensus of some items.
 * @param {any} dataset @param {string[]} keys At most 1,000. @param {import("./insight.js").Settings} settings @param {AbortSignal} signal
 * @returns {Promise<Map<string, any>>} ItemConsensus of the API by the item's key; items without annotations too.
 */
export async function consensusOf(dataset, keys, settings, signal) {
  /** @type {Map<string, any>} */
  const found = new Map();
  for (let from = 0; from < keys.length;) {
    let length = 0;
    const some = [];
    while (from < keys.length && (some.length === 0 || length + encodeURIComponent(keys[from]).length < mostCharacters)) {
      length += encodeURIComponent(keys[from]).length + 9;
      some.push(keys[from++]);
    }

    const { items = [] } = await get(`/v1/${dataset.name}/itemConsensus`, { ...query(settings), itemIds: some, pageSize: 1000 }, signal);
    for (const item of items) {
      found.set(item.itemId, item);
    }
  }

  return found;
}

/** The class that labelers agree on, and whether that is the gold class. @param {any} dataset @param {any} item ItemConsensus of the API. */
export const consensusClass = (dataset, item) => !item || Number(item.probability?.count ?? 0) === 0 ? "–" : [
  label(item.className, 30), " ",
  item.goldClassIndex !== undefined && (item.goldClassIndex === item.classIndex ? badge("is gold", "good") : badge(`gold: ${shortened(dataset.classes[item.goldClassIndex])}`, "bad")),
];

/** @param {any} item ItemConsensus of the API. */
export const wrongBar = item => !item || Number(item.probability?.count ?? 0) === 0 ? "–" : bar(item.probabilityWrong, percent(item.probabilityWrong));

const shortened = (/** @type {string} */ name) => name.length > 20 ? name.slice(0, 19) + "…" : name;
