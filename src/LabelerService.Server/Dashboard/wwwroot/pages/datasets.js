// All datasets: what they are, how much they hold, and making a new one.
import { get, idOf, post, requestId } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { ago, count, words } from "../lib/format.js";
import { to } from "../lib/router.js";
import { stateBadge } from "../lib/runs.js";
import { may } from "../lib/session.js";
import { pagedTable } from "../lib/table.js";
import { choice, failure, field, label, section } from "../lib/ui.js";

export const title = () => "Datasets";

/** What its items are, in words. @param {any} type ItemType of the API. */
export const itemType = type => type?.vector ? `vectors of ${count(type.vector.length)}` : type?.image ? `images ${type.image.height} × ${type.image.width}${type.image.channels > 1 ? " in colour" : ""}`
  : type?.sequence ? `sequences of ${count(type.sequence.stepLength)} a step` : "texts";

/** @param {import("../lib/router.js").View} view */
export async function show({ root, signal, session, go }) {
  const admin = may(session, "admin");
  const list = pagedTable({
    caption: "Datasets", signal,
    empty: admin ? "There is no dataset yet: create one below, or let the demo do it (labeler demo)." : "There is no dataset that this key reaches. An admin creates one.",
    columns: [
      { title: "Dataset", value: row => [h("a", { href: to("datasets", idOf(row.name)) }, label(row.displayName || idOf(row.name))), row.displayName && h("small", { class: "interval" }, idOf(row.name))] },
      { title: "Items are", value: row => itemType(row.itemType) },
      { title: "Classes", value: row => h("span", { title: row.classes.slice(0, 100).join(", ") }, `${count(row.classes.length)} ${words(row.labelKind, "LABEL_KIND_")}`) },
      { title: "Items", value: row => count(row.counts?.items), number: true },
      { title: "Labelers", value: row => count(row.counts?.labelers), number: true },
      { title: "Annotations", value: row => count(row.counts?.annotations), number: true },
      ...(may(session, "read") ? [{ title: "Last run", value: (/** @type {any} */ row) => row.run ? [stateBadge(row.run.state), h("small", { class: "interval" }, ago(row.run.endTime ?? row.run.createTime))] : "none" }] : []),
      { title: "Created", value: row => ago(row.createTime) },
    ],
    load: async pageToken => {
      const page = await get("/v1/datasets", { pageToken, pageSize: 20 }, signal);
      const rows = await Promise.all((page.datasets ?? []).map(async (/** @type {any} */ row) => {
        const [whole, runs] = await Promise.all([
          get(`/v1/${row.name}`, {}, signal),
          may(session, "read") ? get(`/v1/${row.name}/trainingRuns`, { pageSize: 1 }, signal) : null,
        ]);
        return { ...whole, run: runs?.trainingRuns?.[0] };
      }));
      return { rows, next: page.nextPageToken };
    },
  });
  root.append(h("h1", null, "Datasets"), h("section", { class: "card" }, list));
  if (admin) {
    root.append(section("Create a dataset", form(path => {
      // Whoever has gone elsewhere meanwhile stays there.
      if (!signal.aborted) {
        go(path);
      }
    })));
  } else if (session.role === "LABELER") {
    root.append(h("p", { class: "quiet" }, "Choose the dataset to label."));
  }
}

function form(/** @type {(path: string) => void} */ go) {
  const id = h("input", { required: true, pattern: "[a-z0-9\\-]{1,63}", autocomplete: "off", spellcheck: "false" });
  const name = h("input", { autocomplete: "off" });
  const classes = h("textarea", { required: true, rows: 3, spellcheck: "false" });
  const kind = choice([["", "by their number"], ["LABEL_KIND_BINARY", "two classes"], ["LABEL_KIND_MULTI_CLASS", "several, without an order"], ["LABEL_KIND_ORDINAL", "several, from least to most"]]);
  const type = choice([["vector", "vectors of numbers"], ["image", "images"], ["text", "texts"], ["sequence", "sequences"]], "vector");
  const number = (/** @type {string} */ value, /** @type {number} */ most) => h("input", { type: "number", min: 1, max: most, required: true, value });
  const length = number("512", 65_536), height = number("28", 4096), width = number("28", 4096), step = number("16", 4096);
  const channels = choice([["1", "grey"], ["3", "colour"]], "1");
  const sizes = h("div", { class: "fields level" });
  const fields = /** @type {Record<string, () => any[]>} */ ({
    vector: () => [field("Numbers a vector", length)],
    image: () => [field("Height", height), field("Width", width), field("Colours", channels)],
    text: () => [], sequence: () => [field("Numbers a step", step)],
  });
  const said = h("div");
  let request = requestId();
  type.addEventListener("change", () => fill(sizes, fields[type.value]()));
  fill(sizes, fields.vector());
  const button = h("button", { type: "submit", class: "primary" }, "Create");

  function wanted() {
    switch (type.value) {
      case "vector": return { vector: { length: Number(length.value) } };
      case "image": return { image: { height: Number(height.value), width: Number(width.value), channels: Number(channels.value) } };
      case "sequence": return { sequence: { stepLength: Number(step.value) } };
      default: return { text: {} };
    }
  }

  return h("form", {
    // Another form is another request; the same one that is sent again after a failure creates one dataset.
    oninput: () => { request = requestId(); },
    onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      fill(said);
      button.disabled = true;
      const query = new URLSearchParams({ datasetId: id.value, requestId: request });
      try {
        await post(`/v1/datasets?${query}`, {
          displayName: name.value.trim(), labelKind: kind.value || undefined, itemType: wanted(),
          classes: classes.value.split("\n").map((/** @type {string} */ line) => line.trim()).filter((/** @type {string} */ line) => line),
        });
        go(to("datasets", id.value).slice(1));
      } catch (error) {
        fill(said, failure(error));
      } finally {
        button.disabled = false;
      }
    },
  },
  h("div", { class: "fields level" }, field("Id", id, "Small letters, digits and hyphens; it stays."), field("Name", name, "For people; may be left out.")),
  h("div", { class: "fields level" }, field("Classes, one a line", classes, "At least two; from least to most where they have an order."), field("Answers are", kind)),
  h("div", { class: "fields level" }, field("Items are", type), sizes), said, button);
}
