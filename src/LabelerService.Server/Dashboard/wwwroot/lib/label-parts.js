// Parts of the labelling page: what waits for the service, what was said, and where another window said something else.
import { idOf } from "./api.js";
import { h } from "./dom.js";
import { count, shorten, time } from "./format.js";
import { to } from "./router.js";
import { table } from "./table.js";
import { badge, label, notice } from "./ui.js";

const shownPast = 8;

/** What has not reached the service, and why. @param {import("./label-queue.js").LabelQueue} queue */
export function waitingNotice(queue) {
  const waiting = queue.waiting;
  const stuck = queue.entries.filter(entry => entry.state === "refused" || entry.state === "old");
  const labels = (/** @type {number} */ n) => `${count(n)} ${n === 1 ? "label" : "labels"}`;
  const foreign = queue.foreign.length;
  return [
    foreign > 0 && notice("warn", `${labels(foreign)} that ${foreign === 1 ? "was" : "were"} given with another key ${foreign === 1 ? "waits" : "wait"} in this browser. `,
      h("button", { type: "button", onclick: () => queue.adopt() }, "Send with this key"), " ", h("button", { type: "button", onclick: () => queue.abandon() }, "Discard")),
    waiting > 0 && queue.pausedFor && notice("warn", `${queue.pausedFor} ${labels(waiting)} ${waiting === 1 ? "waits" : "wait"} here and will be sent once it can be`,
      queue.isKept ? ", even if this page is closed and opened again later." : ". This browser keeps nothing: leave this page open until then."),
    stuck.length > 0 && notice("bad", h("p", null, `${labels(stuck.length)} could not be stored.`), h("ul", null, stuck.map(entry => h("li", null,
      label(entry.annotation.itemId, 40), ": ", entry.annotation.retracted ? "taken back" : label(entry.annotation.className, 40), " – ",
      entry.state === "old" ? `kept since ${time(new Date(entry.at).toISOString())}; it may have been stored then` : entry.problem?.message, " ",
      ...(entry.problem?.violations ?? []).map(violation => h("small", null, violation.description, " ")),
      h("button", { type: "button", onclick: () => queue.again(entry) }, "Send again"), " ", h("button", { type: "button", onclick: () => queue.discard(entry) }, "Discard"))))),
  ];
}

/**
 * What was said on this page, the last first.
 * @param {any} dataset @param {{item: any, known: any, entry: import("./label-queue.js").Entry}[]} done @param {(line: any) => void} change
 */
export function history(dataset, done, change) {
  const states = /** @type {Record<string, any>} */ ({ waiting: badge("waits", "warn"), sending: badge("being sent"), stored: badge("stored", "good"), refused: badge("not stored", "bad"), old: badge("kept", "warn") });
  return done.length > 0 && h("section", { class: "card" }, h("h2", null, "What you said"), table({
    caption: "What you said", rows: done.slice(0, shownPast),
    columns: [
      { title: "Item", value: line => h("a", { href: to("datasets", idOf(dataset.name), "items", line.item.itemId) }, label(line.item.itemId, 40)) },
      { title: "Class", value: line => line.entry.annotation.retracted ? badge("taken back", "warn") : label(line.entry.annotation.className, 40) },
      { title: "State", value: line => states[line.entry.state]?.cloneNode(true) },
      { title: "Change", value: line => h("button", { type: "button", "aria-label": `Change ${shorten(line.item.itemId, 60)}`, onclick: () => change(line) }, "Change") },
    ],
  }));
}

/**
 * Says that an answer replaced what another window or program had said for the labeler.
 * @param {any} dataset @param {{entry: import("./label-queue.js").Entry, replaced: any, current: any}} conflict @param {(annotation: any) => void} say
 */
export function conflictNotice(dataset, { entry, replaced, current }, say) {
  const { itemId, labelerId, className, retracted } = entry.annotation;
  const what = h("div", { class: "notice warn", role: "alert" },
    h("p", null, "Another window or program spoke for this labeler, too: of ", h("a", { href: to("datasets", idOf(dataset.name), "items", itemId) }, label(itemId, 40)), " it had said ",
      h("strong", null, label(replaced.className, 40)), ` at ${time(replaced.receiveTime)}. `,
      retracted ? "You have taken that back." : ["Your ", h("strong", null, label(className, 40)), " has replaced it."], ` Both are in the item's history; this is revision ${count(current.revision)}.`),
    h("button", { type: "button", onclick: () => {
      say({ itemId, labelerId, className: replaced.className, confidence: replaced.confidence, duration: replaced.duration, annotateTime: replaced.annotateTime });
      what.remove();
    } }, "Make it ", label(replaced.className, 24), " again"), " ",
    h("button", { type: "button", onclick: () => what.remove() }, "Leave it"));
  return what;
}
