// The service itself: its trainers, and who may call.
import { get } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { ago, time } from "../lib/format.js";
import { may } from "../lib/session.js";
import { pagedTable, table } from "../lib/table.js";
import { badge, label, load, section } from "../lib/ui.js";

export const title = () => "Service";

/** @param {import("../lib/router.js").View} view */
export async function show({ root, signal, session }) {
  const trainers = h("div");
  root.append(h("h1", null, "Service"), section("Trainers", trainers));
  void load(trainers, signal, async () => {
    const { trainers: running = [] } = await get("/v1/trainers", {}, signal);
    return table({
      caption: "Trainers", rows: running, empty: "No trainer is running: runs wait until one starts.",
      columns: [
        { title: "Trainer", value: row => label(row.displayName || row.name) },
        { title: "State", value: row => row.alive ? badge("alive", "good") : badge("not heard of", "bad") },
        { title: "Busy", value: row => `${row.busySlots ?? 0} of ${row.slots ?? 0}`, number: true },
        { title: "Last heard of", value: row => ago(row.lastSeenTime) },
        { title: "Version", value: row => label(row.codeVersion ?? "", 16) },
      ],
    });
  });
  if (may(session, "admin")) {
    root.append(section("API keys", pagedTable({
      caption: "API keys", signal,
      columns: [
        { title: "Key", value: row => label(row.displayName || row.name) },
        { title: "Role", value: row => badge((row.role ?? "").replace("ROLE_", "").toLowerCase()) },
        { title: "Labeler", value: row => row.labelerId ? label(row.labelerId) : "–" },
        { title: "Last used", value: row => row.lastUseTime ? ago(row.lastUseTime) : "never" },
        { title: "Expires", value: row => row.expireTime ? time(row.expireTime) : "never" },
      ],
      load: async pageToken => {
        const page = await get("/v1/apiKeys", { pageToken }, signal);
        return { rows: page.apiKeys ?? [], next: page.nextPageToken };
      },
    })));
  }
}
