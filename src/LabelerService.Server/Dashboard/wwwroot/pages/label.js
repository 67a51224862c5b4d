// Labelling: one item after the other, by keyboard or pointer, as the labeler that is signed in.
import { events, get, idOf } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { desk } from "../lib/label-desk.js";
import { identity } from "../lib/label-queue.js";
import { to } from "../lib/router.js";
import { recall, remember } from "../lib/storage.js";
import { field, notice } from "../lib/ui.js";

export const title = () => "Label";

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, dataset, session, signal, query } = view;
  root.append(h("h1", null, "Label"));
  if (session.role === "READER") {
    root.append(notice("warn", "A reader's key only reads. Sign in with a labeler's, an ingester's or an admin's key to label."));
    return;
  }

  // Whoever signs in here next is somebody else.
  const remembered = `labeler ${identity(session)} ${dataset.uid}`;
  const labelerId = session.labelerId ?? recall(remembered) ?? "";
  const place = h("div");
  if (session.role !== "LABELER") {
    const labeler = h("input", { value: labelerId, maxlength: "256", required: true, spellcheck: "false", list: "labelers-known" });
    const known = h("datalist", { id: "labelers-known" });
    root.append(h("form", {
      class: "card fields", onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        remember(remembered, labeler.value);
        begin(labeler.value);
      },
    }, field("Labels are those of the labeler", labeler, "Its key; a new one is registered with its first label."), known, h("button", { type: "submit" }, "Label as this one")));
    void get(`/v1/${dataset.name}/labelers`, { pageSize: 1000 }, signal).then(
      page => { fill(known, (page.labelers ?? []).map((/** @type {any} */ entry) => h("option", { value: entry.labelerId }, entry.displayName ?? ""))); },
      () => { /* Keys can be typed without suggestions, too. */ });
  }

  let mine = new AbortController();
  let [signedIn, speaking] = [session, ""];
  events.addEventListener("renewed", event => {
    const { detail } = /** @type {CustomEvent} */ (event);
    if (identity(detail) !== identity(signedIn)) {
      // What is said from now on goes with the new key.
      signedIn = detail;
      if (speaking) {
        begin(speaking);
      }
    }
  }, { signal });

  function begin(/** @type {string} */ who) {
    speaking = who;
    mine.abort();
    mine = new AbortController();
    fill(place);
    void desk({ ...view, session: signedIn, root: place, signal: AbortSignal.any([signal, mine.signal]) }, who, query.get("item") ?? "");
    query.delete("item");
    // Loaded again, the page goes on with the list.
    history.replaceState(null, "", to("datasets", idOf(dataset.name), "label"));
  }

  root.append(place);
  if (labelerId) {
    begin(labelerId);
  } else {
    fill(place, h("p", { class: "quiet" }, "Choose for whom you speak."));
  }
}
