// The training runs of a dataset, as they go on, and starting one.
import { get, idOf } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { ago, count, time } from "../lib/format.js";
import { allowed } from "../lib/insight.js";
import { repeat } from "../lib/live.js";
import { to } from "../lib/router.js";
import { runForm } from "../lib/run-form.js";
import { hasEnded, made, purpose, runLink, standing, stateBadge, taken } from "../lib/runs.js";
import { may } from "../lib/session.js";
import { pagedTable } from "../lib/table.js";
import { label, load, notice, section } from "../lib/ui.js";

export const title = () => "Runs";

/** @param {import("../lib/router.js").View} view */
export async function show(view) {
  const { root, signal, session, dataset, go } = view;
  if (!allowed(view, "Training runs")) {
    return;
  }

  const shown = new LiveRows();
  let first = true;
  let idle = 0;
  const list = pagedTable({
    caption: "Training runs", signal, empty: "Nothing has been trained yet.",
    columns: [
      { title: "Run", value: row => runLink(row.name) },
      { title: "State", value: row => shown.cell(row, run => stateBadge(run.state)) },
      { title: "Algorithm", value: row => label(row.algorithm, 30) },
      { title: "For", value: row => label(purpose(row), 30) },
      { title: "How far", value: row => shown.cell(row, standing) },
      { title: "Made", value: row => shown.cell(row, made) },
      { title: "Took", value: row => shown.cell(row, taken), number: true },
      { title: "Created", value: row => h("span", { title: time(row.createTime) }, ago(row.createTime)) },
    ],
    load: async pageToken => {
      const page = await get(`/v1/${dataset.name}/trainingRuns`, { pageToken, pageSize: 25 }, signal);
      first = !pageToken;
      shown.clear();
      return { rows: page.trainingRuns ?? [], next: page.nextPageToken };
    },
  });

  const trainers = h("div");
  root.append(h("h1", null, "Training runs"), trainers);
  if (may(session, "write")) {
    const place = h("div");
    root.append(section("Train", Number(dataset.counts?.annotations ?? 0) === 0 && notice("plain", "There are no annotations yet to train models on; backbones can be made of items alone."), place));
    void load(place, signal, () => runForm(dataset, signal, run => go(to("datasets", idOf(dataset.name), "runs", idOf(run.name)).slice(1))));
  }

  root.append(h("section", { class: "card" }, h("h2", null, "Runs"), list));
  void repeat(2, signal, async () => {
    // What has ended stays as it is; a look for new runs every so often does.
    if (shown.isIdle() && ++idle % 5 !== 0) {
      return;
    }

    const page = await get(`/v1/${dataset.name}/trainingRuns`, { pageSize: 25 }, signal);
    if (shown.update(page.trainingRuns ?? []) && first) {
      await list.reload();
    }
  });
  await load(trainers, signal, async () => {
    const { trainers: all = [] } = await get("/v1/trainers", {}, signal);
    const alive = all.filter((/** @type {any} */ trainer) => trainer.alive);
    const sum = (/** @type {string} */ field) => alive.reduce((/** @type {number} */ total, /** @type {any} */ trainer) => total + (trainer[field] ?? 0), 0);
    return alive.length === 0
      ? notice("warn", "No trainer is running: runs wait until one starts.")
      : h("p", { class: "quiet" }, `${count(alive.length)} ${alive.length === 1 ? "trainer takes" : "trainers take"} ${count(sum("slots"))} ${sum("slots") === 1 ? "run" : "runs"} at a time, ${count(sum("busySlots"))} now, over all datasets.`);
  });
}

/** Cells of the rows that are shown, so that they change in place: whoever reads or has the focus in a row keeps it. */
class LiveRows {
  /** @type {Map<string, {run: any, cells: [any, (run: any) => any][]}>} */
  #rows = new Map();

  clear() {
    this.#rows.clear();
  }

  /** @param {any} run @param {(run: any) => any} content */
  cell(run, content) {
    const place = h("span", null, content(run));
    const row = this.#rows.get(run.name) ?? { run, cells: [] };
    row.cells.push([place, content]);
    this.#rows.set(run.name, row);
    return place;
  }

  isIdle() {
    return [...this.#rows.values()].every(row => hasEnded(row.run));
  }

  /** @param {any[]} runs @returns {boolean} Whether there are others than those shown. */
  update(runs) {
    let others = false;
    for (const run of runs) {
      const row = this.#rows.get(run.name);
      others ||= !row;
      if (row && !hasEnded(row.run)) {
        row.run = run;
        row.cells.forEach(([place, content]) => fill(place, content(run)));
      }
    }

    return others;
  }
}
