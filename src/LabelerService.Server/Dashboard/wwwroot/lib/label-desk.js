// Where a labeler works: the item, the answers, what was said, and what has not reached the service.
import { get, idOf } from "./api.js";
import { announce, fill, h } from "./dom.js";
import { count, shorten } from "./format.js";
import { content, find } from "./items.js";
import { digitsOf, filterClasses, onKey, stopwatch } from "./label-keys.js";
import { LabelList } from "./label-list.js";
import { conflictNotice, history as historyOf, waitingNotice } from "./label-parts.js";
import { queueOf } from "./label-queue.js";
import { to } from "./router.js";
import { recall, remember } from "./storage.js";
import { check, choice, failure, field, label, notice, whenBack } from "./ui.js";

// With more classes than these a field finds them.
const fewClasses = 12;
// Working out what is most useful goes over all annotations: beyond this it is left to the labeler to ask for it.
const mostForUseful = 200_000;

/** Where one labeler works. */
export async function desk(/** @type {import("./router.js").View} */ view, /** @type {string} */ labelerId, /** @type {string} */ wanted) {
  const { root, dataset, session, signal } = view;
  const id = idOf(dataset.name);
  const queue = queueOf(session, dataset);
  const order = choice([["ITEMS_TO_ANNOTATE_ORDER_MOST_USEFUL", "Where your answer tells most"], ["", "As the items came"]],
    recall(`order ${dataset.uid}`) ?? (Number(dataset.counts?.annotations ?? 0) <= mostForUseful ? "ITEMS_TO_ANNOTATE_ORDER_MOST_USEFUL" : ""));
  const split = choice([["", "Any"], ["TRAIN", "train"], ["VALIDATION", "validation"], ["TEST", "test"]]);
  const keys = h("input", { type: "checkbox", checked: true });
  const [said, waiting, conflicts, clash, stage, past] = [h("p", { class: "quiet", role: "status" }), h("div"), h("div"), h("div"), h("div", { class: "stage" }), h("div")];
  const meter = h("progress", { max: "1", "aria-label": "Items that are labelled" });
  const sure = choice([["", "not said"], ["1", "certain"], ["0.9", "90 %"], ["0.75", "75 %"], ["0.5", "50 %"], ["0.25", "25 %: a guess"]]);
  const digits = digitsOf(dataset.classes);
  const buttons = dataset.classes.map((/** @type {string} */ name, /** @type {number} */ index) => h("button", {
    type: "button", class: "answer", "aria-keyshortcuts": digits[index], onclick: () => void answer(name),
  }, digits[index] && h("kbd", { "aria-hidden": "true" }, digits[index]), label(name, 60)));
  const skip = h("button", { type: "button", "aria-keyshortcuts": "s", onclick: () => void putOff() }, h("kbd", { "aria-hidden": "true" }, "S"), "Skip");
  const undo = h("button", { type: "button", "aria-keyshortcuts": "u", disabled: true, onclick: () => void takeBack() }, h("kbd", { "aria-hidden": "true" }, "U"), "Undo");
  const finder = h("input", { type: "search", spellcheck: "false", maxlength: "128" });

  let list = new LabelList(dataset, { labelerId, order: order.value, split: split.value }, signal);
  /** @type {{item: any, known: any, owed: boolean, watch: ReturnType<typeof stopwatch>} | null} What is shown, once it is. */
  let current = null;
  /** @type {{item: any, known: any, entry: import("./label-queue.js").Entry}[]} What was said here, the last first. */
  let done = [];
  /** Labels that the service had not counted yet when it was asked. */
  let ahead = 0;
  /** Whether that number may be wrong: a label was on its way when the service counted, or another window labels too. */
  let unsure = false;
  let asked = 0;
  /** @type {any} An item that is owed an answer, as it is not labelled, and that is not shown yet. */
  let coming = null;
  /** What the item on the screen, and the one on its way to it, hold on to. */
  let [shown, asking] = [new AbortController(), new AbortController()];

  /**
   * Shows an item, or the next one of the list. One that is owed an answer goes back to the list when another takes its place, on the
   * screen or on its way there: it is passed over only by who skips it.
   */
  async function go(/** @type {any} */ item = null, /** @type {any} */ known = null, owed = item === null) {
    const turn = ++asked;
    const from = list;
    const isLate = () => turn !== asked || signal.aborted;
    // What waits to be tried again is overtaken.
    asking.abort();
    asking = new AbortController();
    for (const left of [coming, current?.owed && current.item]) {
      if (left && left !== item) {
        list.putBack(left);
      }
    }

    coming = owed ? item : null;
    current = null;
    sure.value = "";
    enable(false);
    stage.setAttribute("aria-busy", "true");
    let next = item;
    try {
      next ??= await from.next();
      if (isLate()) {
        if (next && next !== item) {
          from.putBack(next);
        }

        return;
      }

      if (!next) {
        fill(stage, nothingLeft());
        progress();
        return;
      }

      coming = owed ? next : null;
      const whole = await from.contentOf(next);
      if (isLate()) {
        return;
      }

      shown.abort();
      shown = new AbortController();
      const here = AbortSignal.any([signal, shown.signal]);
      fill(clash);
      fill(stage, h("h2", null, h("a", { href: to("datasets", id, "items", next.itemId) }, label(next.itemId, 80))),
        known && notice("plain", known.retracted ? "You took back what you said of this item." : ["You said ", h("strong", null, label(known.className, 60)), " of this item. Another class revises that. "],
          !known.retracted && h("button", { type: "button", onclick: () => void retract(next, known) }, "Take it back")),
        content(dataset, whole, here, { large: true }));
      current = { item: next, known, owed, watch: stopwatch(here) };
      coming = null;
      enable(true);
      progress();
      announce(`Item ${shorten(next.itemId, 60)}`);
    } catch (error) {
      if (isLate()) {
        return;
      }

      if (/** @type {any} */ (error).status === 404 && next) {
        // Deleted since it was listed, or since it was labelled.
        coming = null;
        void go();
        return;
      }

      const again = () => void go(next, known, owed);
      fill(stage, failure(error, again), next && h("button", { type: "button", onclick: () => putOff(next) }, "Leave this item for now"));
      whenBack(error, AbortSignal.any([signal, asking.signal]), again);
    } finally {
      if (turn === asked) {
        stage.removeAttribute("aria-busy");
      }
    }
  }

  async function answer(/** @type {string} */ className) {
    if (!current) {
      return;
    }

    const { item, known, watch } = current;
    current = null;
    /** @type {any} */
    const annotation = { itemId: item.itemId, labelerId, className, duration: `${(watch.read() / 1000).toFixed(3)}s`, annotateTime: new Date().toISOString() };
    if (sure.value) {
      annotation.confidence = Number(sure.value);
    }

    say(item, known, annotation);
    announce(`${shorten(className, 60)}.`);
    await go();
  }

  function say(/** @type {any} */ item, /** @type {any} */ known, /** @type {any} */ annotation) {
    ahead += Number(!annotation.retracted) - Number(known !== null && !known.retracted);
    list.drop(item.itemId);
    const entry = queue.add(annotation, known);
    done = [{ item, known, entry }, ...done].slice(0, 100);
    showPast();
  }

  async function retract(/** @type {any} */ item, /** @type {any} */ known) {
    current = null;
    say(item, known, { itemId: item.itemId, labelerId, retracted: true });
    announce("Taken back.");
    await go();
  }

  /** Takes the last answer back, and shows its item again. */
  async function takeBack() {
    const last = done[0];
    if (!last) {
      return;
    }

    const was = last.known && !last.known.retracted ? last.known : null;
    done = done.slice(1);
    ahead += Number(was !== null) - Number(!last.entry.annotation.retracted);
    if (!queue.withdraw(last.entry)) {
      const { itemId } = last.item;
      queue.add(was ? { itemId, labelerId, className: was.className, confidence: was.confidence, duration: was.duration, annotateTime: was.annotateTime } : { itemId, labelerId, retracted: true },
        last.entry.annotation);
    }

    showPast();
    announce(`Undone: ${shorten(last.item.itemId, 60)}.`);
    await go(last.item, was, was === null);
  }

  async function putOff(item = current?.item) {
    if (item) {
      list.skipped.add(item.itemId);
      current = coming = null;
      announce("Skipped.");
      await go();
    }
  }

  function nothingLeft() {
    return h("div", { class: "done" }, h("h2", null, list.skipped.size > 0 ? "Only what you skipped is left" : "Nothing is left to label"),
      list.skipped.size > 0 && h("button", { type: "button", class: "primary", onclick: () => { list.showSkipped(); void go(); } }, `Show the ${count(list.skipped.size)} skipped`),
      h("p", null, "Items that come later show when the page is opened anew."));
  }

  function enable(/** @type {boolean} */ on) {
    for (const button of [...buttons, skip]) {
      button.setAttribute("aria-disabled", String(!on));
    }
  }

  function progress() {
    const items = Number(dataset.counts?.items ?? 0);
    if (list.annotated !== null) {
      const labelled = list.annotated + ahead;
      meter.value = items > 0 ? Math.min(1, labelled / items) : 0;
      const text = `${count(labelled)} of ${count(items)} items labelled, ${count(Math.max(0, items - labelled))} left`;
      if (said.textContent !== text) {
        said.textContent = text;
      }
    }
  }

  function showPast() {
    undo.disabled = done.length === 0;
    fill(past, historyOf(dataset, done, line => void go(line.item, line.entry.annotation)));
    progress();
  }

  function restart() {
    current = coming = null;
    unsure = queue.entries.some(entry => entry.state === "sending");
    ahead = queue.entries.filter(entry => entry.state !== "refused" && entry.annotation.labelerId === labelerId)
      .reduce((sum, { annotation, known }) => sum + Number(!annotation.retracted) - Number(known !== null && !known.retracted), 0);
    list = new LabelList(dataset, { labelerId, order: order.value, split: split.value }, signal);
    for (const entry of queue.entries) {
      list.drop(entry.annotation.itemId);
    }

    void go();
  }

  const onQueue = () => {
    fill(waiting, waitingNotice(queue));
    showPast();
    if (unsure && queue.waiting === 0) {
      unsure = false;
      list.count().then(() => {
        unsure = queue.waiting > 0;
        ahead = 0;
        progress();
      }, () => { unsure = true; });
    }
  };
  queue.addEventListener("change", onQueue, { signal });
  queue.addEventListener("conflict", event => {
    const { detail } = /** @type {CustomEvent} */ (event);
    if (detail.entry.annotation.labelerId === labelerId) {
      unsure = true;
      conflicts.append(conflictNotice(dataset, detail, annotation => { queue.add(annotation, detail.current); }));
    }
  }, { signal });
  queue.addEventListener("elsewhere", event => {
    const { detail } = /** @type {CustomEvent} */ (event);
    if (detail.labelerId === labelerId) {
      list.drop(detail.itemId);
      unsure = true;
      if (current?.item.itemId === detail.itemId) {
        fill(clash, notice("warn", `Another window has just labelled this item ${detail.retracted ? "and taken it back" : `as ${shorten(detail.className, 60)}`}. Skip it, or answer to revise that.`));
      }
    }
  }, { signal });
  document.addEventListener("keydown", event => onKey(event, { keys, buttons, skip, undo }), { signal });
  order.addEventListener("change", () => {
    remember(`order ${dataset.uid}`, order.value);
    restart();
  });
  split.addEventListener("change", restart);

  finder.addEventListener("input", () => filterClasses(buttons, dataset.classes, finder.value));
  finder.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      buttons.find((/** @type {any} */ button) => !button.hidden)?.focus();
    }
  });
  root.append(
    h("div", null, said, meter), waiting, conflicts, clash,
    h("div", { class: "card" }, stage, buttons.length > fewClasses && field("Find a class", finder, "Enter goes to the first that is found."),
      h("div", { class: "answers", role: "group", "aria-label": "Classes" }, buttons),
      h("div", { class: "fields" }, field("How sure are you? (optional)", sure), h("div", { class: "tools" }, skip, undo))),
    past, h("details", { class: "card" }, h("summary", null, "Settings and keys"),
      h("div", { class: "fields" }, field("Order", order), field("Split", split), check("Single keys", keys)),
      h("p", { class: "quiet" }, "The digit on a class: answer. Arrows go from class to class, Enter or space answers. S skips, U undoes.")));
  onQueue();
  if (wanted) {
    await begin(dataset, signal, labelerId, wanted, { stage, go, rest: restart, isIdle: () => asked === 0 });
  } else {
    restart();
  }
}

/**
 * Begins with one item that was asked for, whether or not the labeler has said something of it.
 * @param {any} dataset @param {AbortSignal} signal @param {string} labelerId @param {string} wanted
 * @param {{stage: any, go: (item: any, known: any) => Promise<void>, rest: () => void, isIdle: () => boolean}} desk isIdle: whether nothing else was asked for meanwhile.
 */
async function begin(dataset, signal, labelerId, wanted, { stage, go, rest, isIdle }) {
  try {
    const item = await find(dataset, wanted, signal);
    if (!isIdle()) {
      return;
    }

    if (!item) {
      fill(stage, notice("warn", "There is no item ", h("code", null, label(wanted, 80)), ". ", h("button", { type: "button", onclick: rest }, "Go on with the list")));
      return;
    }

    const { annotations = [] } = await get(`/v1/${dataset.name}/annotations`, { itemId: item.itemId, labelerId, showRetracted: true }, signal);
    if (isIdle()) {
      await go(item, annotations[0] ?? null);
    }
  } catch (error) {
    if (!signal.aborted && isIdle()) {
      const again = () => {
        if (isIdle()) {
          void begin(dataset, signal, labelerId, wanted, { stage, go, rest, isIdle });
        }
      };
      fill(stage, failure(error, again));
      whenBack(error, signal, again);
    }
  }
}
