// The items that a labeler is shown, one after the other: the next ones are fetched while it looks at one.
import { get } from "./api.js";
import { filterOf, partsOf } from "./items.js";

const ahead = 20;
const readAhead = 3;

export class LabelList {
  /** Items that the labeler has annotated, as the service last said; null until it has. @type {number | null} */
  annotated = null;
  /** Keys of items that were put off. @type {Set<string>} */
  skipped = new Set();
  /** @type {any[]} */
  #upcoming = [];
  /** @type {Set<string>} Keys of items that are not to come again. */
  #seen = new Set();
  /** @type {Map<string, Promise<any>>} What items are, by name. */
  #contents = new Map();
  #token = "";
  #ended = false;
  #dataset;
  #choice;
  #signal;

  /** @param {any} dataset @param {{labelerId: string, order: string, split: string}} choice @param {AbortSignal} signal */
  constructor(dataset, choice, signal) {
    this.#dataset = dataset;
    this.#choice = choice;
    this.#signal = signal;
  }

  /** The next item; null where none is left that was not skipped. @returns {Promise<any>} */
  async next() {
    while (this.#upcoming.length === 0 && !this.#ended) {
      await this.#fetch();
    }

    const item = this.#upcoming.shift() ?? null;
    if (item) {
      this.#seen.add(item.itemId);
    }

    if (this.#upcoming.length < readAhead && !this.#ended) {
      // Meanwhile; if it fails, whoever needs it tries again.
      void this.#fetch().catch(() => {});
    }

    for (const other of this.#upcoming.slice(0, readAhead)) {
      void this.contentOf(other).catch(() => {});
    }

    return item;
  }

  /** Puts an item in front of the others. @param {any} item */
  putBack(item) {
    this.#upcoming = [item, ...this.#upcoming.filter(other => other.itemId !== item.itemId)];
  }

  /** An item is not to be shown: it is labelled, or gone. @param {string} key @returns {void} */
  drop(key) {
    this.#seen.add(key);
    this.#upcoming = this.#upcoming.filter(item => item.itemId !== key);
  }

  /** Shows those again that were put off. */
  showSkipped() {
    for (const key of this.skipped) {
      this.#seen.delete(key);
    }

    this.skipped.clear();
    this.#token = "";
    this.#ended = false;
  }

  /** An item with what it is. @param {any} item @returns {Promise<any>} */
  contentOf(item) {
    const known = this.#contents.get(item.name);
    if (known) {
      return known;
    }

    const coming = item.hasContent || item.hasFeatures ? get(`/v1/${item.name}`, partsOf(this.#dataset, item), this.#signal) : Promise.resolve(item);
    this.#contents.set(item.name, coming);
    coming.catch(() => this.#contents.delete(item.name));
    if (this.#contents.size > 2 * readAhead + 4) {
      this.#contents.delete(/** @type {string} */ (this.#contents.keys().next().value));
    }

    return coming;
  }

  /** Asks how many are annotated. */
  async count() {
    const { annotatedCount } = await get(`/v1/${this.#dataset.name}/itemsToAnnotate`, { labelerId: this.#choice.labelerId, pageSize: 1 }, this.#signal);
    this.annotated = Number(annotatedCount ?? 0);
  }

  /** @type {Promise<void> | null} */
  #fetching = null;

  #fetch() {
    this.#fetching ??= this.#fetchOnce().finally(() => { this.#fetching = null; });
    return this.#fetching;
  }

  async #fetchOnce() {
    const { labelerId, order, split } = this.#choice;
    // What is most useful has one page, which begins with those that are known here already until they are stored.
    const page = await get(`/v1/${this.#dataset.name}/itemsToAnnotate`, {
      labelerId, order, filter: filterOf({ split }), pageSize: Math.min(1000, order ? ahead + this.#seen.size + this.#upcoming.length : ahead), pageToken: this.#token,
    }, this.#signal);
    const items = page.items ?? [];
    const more = items.filter((/** @type {any} */ item) => !this.#seen.has(item.itemId) && !this.#upcoming.some(other => other.itemId === item.itemId));
    this.#upcoming.push(...more);
    this.#token = page.nextPageToken ?? "";
    this.#ended = order ? more.length === 0 : !this.#token;
    this.annotated ??= Number(page.annotatedCount ?? 0);
  }
}
