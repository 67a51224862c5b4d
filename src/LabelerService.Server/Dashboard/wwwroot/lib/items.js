// What an item is: an image, a text, a sequence or a vector, and where it stands in the list that it was chosen from.
import { get } from "./api.js";
import { bars, lines } from "./charts.js";
import { h } from "./dom.js";
import { count } from "./format.js";
import { recall, remember } from "./storage.js";

/** A filter's literal: what stands in it means itself. @param {string} text */
const quoted = text => `"${text.replace(/[\\"*]/g, character => "\\" + character)}"`;

/**
 * The filter of ListItems.
 * @param {{split?: string, gold?: string, goldClass?: string, content?: string, key?: string}} wanted
 *   gold and content: `true`, `false` or empty; key: what item keys begin with.
 */
export const filterOf = ({ split, gold, goldClass, content, key }) => [
  split && `split = ${split}`, gold && `has_gold = ${gold}`, goldClass && `gold_class = ${quoted(goldClass)}`,
  content && `has_content = ${content}`, key && `item_id = "${quoted(key).slice(1, -1)}*"`,
].filter(condition => condition).join(" AND ");

/**
 * Finds an item by its key; what looks like a number may also be the service's own number.
 * @param {any} dataset @param {string} item @param {AbortSignal} signal
 * @returns {Promise<any>} Item of the API without contents; null where there is none.
 */
export async function find(dataset, item, signal) {
  const { items = [] } = new TextEncoder().encode(item).length > 256 ? {} : await get(`/v1/${dataset.name}/items`, { itemId: item, pageSize: 1 }, signal);
  if (items.length > 0 || !/^\d{1,18}$/.test(item)) {
    return items[0] ?? null;
  }

  return await get(`/v1/${dataset.name}/items/${item}`, {}, signal).catch(error => {
    if (error.status === 404) {
      return null;
    }

    throw error;
  });
}

/** The parts of an item that show what it is. @param {any} _ Its dataset. @param {any} item @returns {Record<string, any>} Query of GetItem. */
export const partsOf = (_, item) => item.hasContent ? { includeContents: true } : { includeFeatures: true };

/**
 * What the item is.
 * @param {any} dataset
 * @param {any} item Item of the API with the parts of partsOf.
 * @param {AbortSignal} signal
 * @param {{large?: boolean}} [options]
 */
export function content(dataset, item, signal, { large = false } = {}) {
  if (item.text) {
    // A paragraph of its own direction; what would turn the text around it stays inside.
    return h("div", { class: large ? "text large" : "text", dir: "auto", tabindex: "0", role: "group", "aria-label": "Text of the item" }, h("bdi", null, item.text));
  }

  if (item.image || item.features?.data && dataset.itemType.image) {
    const { width, height } = dataset.itemType.image;
    const scale = Math.max(1, Math.floor((large ? 420 : 280) / Math.max(width, height)));
    return h("img", { class: "picture", alt: `Image ${item.itemId}`, width: width * scale, height: height * scale, src: pictureOf(dataset, item) });
  }

  if (item.features?.data) {
    const values = numbers(item.features);
    return dataset.itemType.sequence ? sequence(values, item.features.shape.map(Number), signal) : vector(values, signal);
  }

  return h("p", { class: "quiet" }, "Nothing of the item itself is stored: only its key.");
}

/** Address of an item's image: the file as it was sent, else drawn from its features. @param {any} dataset @param {any} item */
export function pictureOf(dataset, item) {
  if (item.image) {
    return `data:${item.mediaType};base64,${item.image}`;
  }

  const { width, height, channels } = dataset.itemType.image;
  const values = numbers(item.features);
  const most = item.features.dataType === "DATA_TYPE_UINT8" ? 255 : 1;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const pixels = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++) {
      pixels.data[4 * i + channel] = 255 * values[i * channels + Math.min(channel, channels - 1)] / most;
    }

    pixels.data[4 * i + 3] = 255;
  }

  context.putImageData(pixels, 0, 0);
  return canvas.toDataURL();
}

/** The numbers of a Tensor of the API. @param {any} tensor @returns {ArrayLike<number>} */
export function numbers(tensor) {
  const bytes = Uint8Array.from(atob(tensor.data), character => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  switch (tensor.dataType) {
    case "DATA_TYPE_FLOAT32": return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
    case "DATA_TYPE_FLOAT16": return Float32Array.from({ length: bytes.length / 2 }, (_, i) => half(view.getUint16(2 * i, true)));
    case "DATA_TYPE_INT32": return Int32Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(4 * i, true));
    default: return bytes;
  }
}

/** IEEE 754 binary16; browsers' own way of reading it is too new to count on. */
function half(/** @type {number} */ bits) {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, bits >> 10 & 31, bits & 1023];
  return exponent === 31 ? (fraction ? NaN : sign * Infinity) : sign * (exponent === 0 ? fraction / 1024 * 2 ** -14 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

// More points than these no screen shows apart.
const mostPoints = 1500;
const mostBars = 512;
const mostLines = 8;

function sequence(/** @type {ArrayLike<number>} */ values, /** @type {number[]} */ [steps, width], /** @type {AbortSignal} */ signal) {
  const shown = Math.min(width, mostLines);
  const data = Array.from({ length: shown }, (_, column) => ({ name: `value ${column + 1}`, points: thin(steps, step => values[step * width + column]) }));
  return h("div", null,
    h("p", { class: "quiet" }, `${count(steps)} steps of ${count(width)} values`, shown < width ? `; the first ${shown} are shown` : "", "."),
    lines({ label: "The sequence", xName: "Step", yName: "Value", signal, height: 320, data }).element);
}

/** Points of a line: of many, the least and the greatest of each stretch, so that no peak is lost. @returns {[number, number][]} */
function thin(/** @type {number} */ length, /** @type {(index: number) => number} */ at) {
  if (length <= mostPoints) {
    return Array.from({ length }, (_, i) => [i, at(i)]);
  }

  /** @type {[number, number][]} */
  const points = [];
  const stretch = Math.ceil(2 * length / mostPoints);
  for (let from = 0; from < length; from += stretch) {
    let [low, high] = [from, from];
    for (let i = from; i < Math.min(length, from + stretch); i++) {
      low = at(i) < at(low) ? i : low;
      high = at(i) > at(high) ? i : high;
    }

    for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
      points.push([i, at(i)]);
    }
  }

  return points;
}

function vector(/** @type {ArrayLike<number>} */ values, /** @type {AbortSignal} */ signal) {
  // Neighbours share a bar where there are too many: the one that is farthest from 0 stands for them.
  const stretch = Math.ceil(values.length / mostBars);
  const heights = Array.from({ length: Math.ceil(values.length / stretch) }, (_, bar) => {
    let farthest = bar * stretch;
    for (let i = farthest; i < Math.min(values.length, (bar + 1) * stretch); i++) {
      farthest = Math.abs(values[i]) > Math.abs(values[farthest]) ? i : farthest;
    }

    return values[farthest];
  });
  const names = heights.map((_, bar) => stretch === 1 ? String(bar) : `${bar * stretch} to ${Math.min(values.length, (bar + 1) * stretch) - 1}`);
  return h("div", null,
    h("p", { class: "quiet" }, `${count(values.length)} values`, stretch > 1 ? `; ${stretch} share a bar, which shows the one that is farthest from 0` : "", "."),
    bars({ label: "The vector", name: "Index", valueName: "Value", percent: false, signal, height: 240, names, data: [{ name: "value", values: heights }] }).element);
}

/**
 * @typedef {object} ItemList The list that a page of items shows, kept for the pages of its items.
 * @property {string} address Of the page of items.
 * @property {"items" | "consensus"} kind
 * @property {Record<string, any>} query Of ListItems or ListItemConsensus, without the token.
 * @property {string[]} tokens Of the pages up to the one that is shown.
 * @property {string[]} keys Of the items of that page.
 * @property {string} next Token of the page after it; empty at the end.
 */

const place = (/** @type {any} */ dataset) => `items ${dataset.uid}`;

/** Keeps the list for as long as the tab is there. @param {any} dataset @param {ItemList} list */
export const keepList = (dataset, list) => remember(place(dataset), JSON.stringify(list), "sessionStorage");

/** @param {any} dataset @returns {ItemList | null} */
export function keptList(dataset) {
  try {
    return JSON.parse(recall(place(dataset), "sessionStorage") ?? "null");
  } catch {
    // Somebody else's text under our name: as if there were none.
    return null;
  }
}

/** A page of a list. @param {any} dataset @param {Pick<ItemList, "kind" | "query">} list @param {string} pageToken @param {AbortSignal} signal @returns {Promise<{rows: any[], next: string}>} */
export async function pageOf(dataset, { kind, query }, pageToken, signal) {
  const page = await get(`/v1/${dataset.name}/${kind === "items" ? "items" : "itemConsensus"}`, { ...query, pageToken }, signal);
  return { rows: (page.items ?? []).filter((/** @type {any} */ row) => row.itemId), next: page.nextPageToken ?? "" };
}

/**
 * The keys before and after an item in the list that is kept, across its pages.
 * @param {any} dataset @param {string} key @param {AbortSignal} signal
 * @returns {Promise<{list: ItemList, previous: string, next: string} | null>} Null where the item is not in the list; texts are empty at the ends.
 */
export async function neighbours(dataset, key, signal) {
  const list = keptList(dataset);
  if (!list) {
    return null;
  }

  let at = list.keys.indexOf(key);
  if (at < 0) {
    // It was reached over the end of a page: that page is where the list is now.
    for (const tokens of [[...list.tokens, list.next], list.tokens.slice(0, -1)]) {
      if (at < 0 && tokens.length > 0 && (tokens.length === 1 || tokens.at(-1))) {
        const { rows, next } = await pageOf(dataset, list, /** @type {string} */ (tokens.at(-1)), signal);
        const keys = rows.map(row => row.itemId);
        at = keys.indexOf(key);
        if (at >= 0) {
          Object.assign(list, { tokens, keys, next });
          keepList(dataset, list);
        }
      }
    }
  }

  if (at < 0) {
    return null;
  }

  const first = async (/** @type {string} */ token) => (await pageOf(dataset, list, token, signal)).rows;
  const previous = list.keys[at - 1] ?? (list.tokens.length > 1 ? (await first(/** @type {string} */ (list.tokens.at(-2)))).at(-1)?.itemId : "") ?? "";
  const next = list.keys[at + 1] ?? (list.next ? (await first(list.next))[0]?.itemId : "") ?? "";
  return { list, previous, next };
}
