// Annotations on their way to the service. Each is kept in this browser until the service has acknowledged it, and sent under a request id,
// so that it can be sent again after any failure: nothing is lost, nothing is stored twice.
import { ApiError, events, get, post } from "./api.js";
import * as sessions from "./session.js";

/**
 * @typedef {object} Entry One annotation, or its retraction.
 * @property {string} requestId
 * @property {any} annotation Annotation of the API.
 * @property {any} known What the labeler was believed to have said before, an Annotation of the API; null for nothing.
 * @property {number} at When, in milliseconds since 1970.
 * @property {"waiting" | "sending" | "stored" | "refused" | "old"} state
 * @property {boolean} tried Whether it may have reached the service.
 * @property {ApiError | null} problem Why it was refused.
 */

// The service knows request ids for seven days: what is older is sent only if its labeler says so.
const longest = 6 * 24 * 3600 * 1000;
const pauses = [1000, 2000, 5000, 10_000];

/** Fires `change` when an entry has changed, `conflict` when another window spoke for the labeler too, `elsewhere` when another window of this browser has labelled something. */
export class LabelQueue extends EventTarget {
  /** @type {Entry[]} In the order of their making; without those that are stored. */
  entries = [];
  /** Why nothing is sent just now; empty while it is. */
  pausedFor = "";
  /** Whether entries outlive this window. */
  isKept = true;
  #session;
  #dataset;
  #prefix;
  #running = false;
  /** @type {Map<string, any>} What was stored last, by item and labeler. */
  #stored = new Map();

  /** @param {import("./session.js").Session} session @param {any} dataset */
  constructor(session, dataset) {
    super();
    this.#session = session;
    this.#dataset = dataset;
    this.#prefix = `label ${identity(session)} ${dataset.uid} `;
    this.#readKept();
    addEventListener("storage", event => this.#onStorage(event));
  }

  /** Takes an annotation, and sends it when those before it are sent. @param {any} annotation @param {any} known @returns {Entry} */
  add(annotation, known) {
    // What was refused of the same item is out of date.
    for (const other of this.entries.filter(entry => isStuck(entry) && keyOf(entry.annotation) === keyOf(annotation))) {
      this.#remove(other);
    }

    /** @type {Entry} */
    const entry = { requestId: uuid(), annotation, known, at: Date.now(), state: "waiting", tried: false, problem: null };
    this.entries.push(entry);
    this.#keep(entry);
    this.#changed();
    void this.run();
    return entry;
  }

  /** Takes an entry back that has not left yet. @param {Entry} entry @returns {boolean} Whether it could. */
  withdraw(entry) {
    if (entry.state !== "refused" && (entry.tried || entry.state !== "waiting")) {
      return false;
    }

    this.#remove(entry);
    return true;
  }

  /** Forgets an entry that the service refused, or that is too old. @param {Entry} entry */
  discard(entry) {
    this.#remove(entry);
  }

  /** Sends such an entry once more. @param {Entry} entry */
  again(entry) {
    entry.state = "waiting";
    entry.problem = null;
    if (entry.at < Date.now() - longest) {
      // As something said now: the service has forgotten the old request.
      this.#forget(entry);
      [entry.requestId, entry.at] = [uuid(), Date.now()];
      this.#keep(entry);
    }

    this.#changed();
    void this.run();
  }

  /** Number of entries that are not stored yet and will be sent. */
  get waiting() {
    return this.entries.filter(entry => entry.state === "waiting" || entry.state === "sending").length;
  }

  /** Names of labels that wait in this browser for a key that is not signed in. Who speaks for others can send them, too. @returns {string[]} */
  get foreign() {
    if (this.#session.labelerId) {
      return [];
    }

    try {
      return Object.keys(localStorage).filter(name => name.startsWith("label ") && name.includes(` ${this.#dataset.uid} `) && !name.startsWith(this.#prefix));
    } catch {
      return [];
    }
  }

  /** Takes such labels over, under the request ids that they have. */
  adopt() {
    for (const name of this.foreign) {
      const entry = kept(name);

      // Where there is room for one only, it is for the new one.
      localStorage.removeItem(name);
      if (entry) {
        this.entries.push(entry);
        this.#keep(entry);
      }
    }

    this.#changed();
    void this.run();
  }

  /** Forgets such labels. */
  abandon() {
    for (const name of this.foreign) {
      localStorage.removeItem(name);
    }

    this.#changed();
  }

  /** Sends what waits, one after the other, for as long as it takes. */
  async run() {
    if (this.#running) {
      return;
    }

    this.#running = true;
    let failures = 0;
    try {
      for (let entry = this.#next(); entry; entry = this.#next()) {
        entry.state = "sending";
        entry.tried = true;
        this.#changed();
        try {
          const { counts } = await post(`/v1/${this.#dataset.name}/annotations:batchCreate`, {
            annotations: [entry.annotation], unknownLabelers: "UNKNOWN_LABELERS_REGISTER", requestId: entry.requestId,
          });
          failures = 0;
          this.pausedFor = "";
          await this.#acknowledged(entry, counts ?? {});
        } catch (error) {
          entry.state = "waiting";
          await this.#failed(entry, error, failures++);
        }
      }
    } finally {
      this.#running = false;
      this.#changed();
    }
  }

  #next() {
    return this.entries.find(entry => entry.state === "waiting");
  }

  async #acknowledged(/** @type {Entry} */ entry, /** @type {any} */ counts) {
    entry.state = "stored";
    this.#remove(entry);
    const of = keyOf(entry.annotation);
    const before = this.#stored.get(of) ?? entry.known;
    this.#stored.set(of, entry.annotation);
    if (Number(counts.revised ?? 0) + Number(counts.retracted ?? 0) > 0) {
      // It replaced something: what this window believed, or what another one said meanwhile?
      await this.#compare(entry, before).catch(error => {
        // The annotation is stored; only the comparison could not be made. Its history is on the item's page.
        if (!(error instanceof ApiError)) {
          throw error;
        }
      });
    }
  }

  async #compare(/** @type {Entry} */ entry, /** @type {any} */ before) {
    const { itemId, labelerId } = entry.annotation;
    const { annotations: [current] = [] } = await get(`/v1/${this.#dataset.name}/annotations`, { itemId, labelerId, showRetracted: true });
    if (!current) {
      return;
    }

    const { annotations: revisions = [] } = await get(`/v1/${current.name}:listRevisions`, { pageSize: 20 });
    const mine = revisions.findIndex((/** @type {any} */ revision) => saysTheSame(revision, entry.annotation));
    const replaced = revisions[mine + 1];
    if (mine >= 0 && replaced && !replaced.retracted && !(before && saysTheSame(replaced, before))) {
      this.dispatchEvent(new CustomEvent("conflict", { detail: { entry, replaced, current: revisions[0] } }));
    }
  }

  async #failed(/** @type {Entry} */ entry, /** @type {any} */ error, /** @type {number} */ failures) {
    if (!(error instanceof ApiError)) {
      entry.state = "refused";
      entry.problem = new ApiError(0, String(error?.message ?? error));
      return;
    }

    if (error.isAway || error.status === 429 && error.reason !== "QUOTA_EXCEEDED" && error.reason !== "KEY_QUOTA_EXCEEDED" || error.status === 408 || error.status === 500) {
      this.#pause(error.isAway ? "The service does not answer." : error.message);
      await untilBack(pauses[Math.min(failures, pauses.length - 1)]);
      return;
    }

    if (error.status === 401 || error.status === 403) {
      if (await this.#isOther(error.status)) {
        this.#pause("The session has ended: whoever made these labels must sign in again.");
        while (await this.#isOther(401)) {
          await untilBack(5000);
        }

        return;
      }

      if (error.status === 401) {
        // Another window has signed in meanwhile.
        await untilBack(pauses[0]);
        return;
      }
    }

    if (entry.annotation.annotateTime && error.violations.some(violation => violation.field.endsWith("annotate_time"))) {
      // This machine's clock is wrong; the service's own time of receipt is as good.
      this.#forget(entry);
      delete entry.annotation.annotateTime;
      entry.requestId = uuid();
      this.#keep(entry);
      return;
    }

    entry.state = "refused";
    entry.problem = error;
    this.#changed();
  }

  /** Whether somebody else is signed in, or nobody. @param {number} status */
  async #isOther(status) {
    const now = await sessions.read().catch(() => null);
    return now ? !now.authenticated || identity(now) !== identity(this.#session) : status === 401;
  }

  #pause(/** @type {string} */ why) {
    this.pausedFor = why;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  #remove(/** @type {Entry} */ entry) {
    this.entries = this.entries.filter(other => other !== entry);
    this.#forget(entry);
    this.#changed();
  }

  // Each entry has a place of its own, so that windows do not write over each other's.
  #keep(/** @type {Entry} */ { requestId, annotation, known, at }) {
    try {
      localStorage.setItem(this.#prefix + requestId, JSON.stringify({ requestId, annotation, known, at }));
    } catch {
      this.isKept = false;
    }
  }

  #forget(/** @type {Entry} */ entry) {
    try {
      localStorage.removeItem(this.#prefix + entry.requestId);
    } catch {
      this.isKept = false;
    }
  }

  /** What was not acknowledged when the last window closed. What another open window is sending too has the same request id: no harm. */
  #readKept() {
    try {
      for (const key of Object.keys(localStorage).filter(name => name.startsWith(this.#prefix))) {
        const entry = kept(key);
        if (entry) {
          this.entries.push(entry);
        }
      }
    } catch {
      this.isKept = false;
    }

    this.entries.sort((a, b) => a.at - b.at);
    void this.run();
  }

  #onStorage(/** @type {StorageEvent} */ { key, newValue }) {
    if (!key?.startsWith(this.#prefix)) {
      return;
    }

    if (newValue) {
      this.dispatchEvent(new CustomEvent("elsewhere", { detail: JSON.parse(newValue).annotation }));
    } else {
      this.entries = this.entries.filter(entry => entry.state !== "waiting" || key !== this.#prefix + entry.requestId);
      this.#changed();
    }
  }
}

/** An entry that this browser has kept; null for somebody else's text under our name. @param {string} name @returns {Entry | null} */
function kept(name) {
  try {
    const entry = JSON.parse(localStorage.getItem(name) ?? "null");
    return entry?.requestId && entry.annotation?.itemId ? { ...entry, state: entry.at < Date.now() - longest ? "old" : "waiting", tried: true, problem: null } : null;
  } catch {
    return null;
  }
}

const isStuck = (/** @type {Entry} */ entry) => entry.state === "refused" || entry.state === "old";

/** @type {Map<string, LabelQueue>} */
const queues = new Map();

/** The queue of whoever is signed in: it goes on sending while other pages are looked at. @param {import("./session.js").Session} session @param {any} dataset */
export function queueOf(session, dataset) {
  const key = `${identity(session)} ${dataset.uid}`;
  const queue = queues.get(key) ?? new LabelQueue(session, dataset);
  queues.set(key, queue);
  return queue;
}

/** A labeler is the same with another key. */
export const identity = (/** @type {import("./session.js").Session} */ session) => session.labelerId ? `labeler ${session.labelerId}` : `${session.name}`;

const keyOf = (/** @type {any} */ annotation) => `${annotation.labelerId}\n${annotation.itemId}`;

/** Whether two annotations of an item name the same class, or both take it back. @param {any} a @param {any} b */
const saysTheSame = (a, b) => Boolean(a.retracted) === Boolean(b.retracted) && (a.className ?? "") === (b.className ?? "");

/** Waits until the service is back, at most so long. @param {number} most Milliseconds. */
const untilBack = most => new Promise(resolve => {
  const done = () => {
    clearTimeout(timer);
    events.removeEventListener("back", done);
    resolve(undefined);
  };
  const timer = setTimeout(done, most);
  events.addEventListener("back", done);
});

/** A random UUID; the browser's own is for encrypted pages only. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = bytes[6] & 0x0f | 0x40;
  bytes[8] = bytes[8] & 0x3f | 0x80;
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
