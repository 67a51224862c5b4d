// Policies that train by themselves, in words.
import { h } from "./dom.js";
import { ago, count, decimal, duration, isNumber, percent, time, words } from "./format.js";
import { idOf } from "./api.js";
import { versionLink } from "./models.js";
import { runLink } from "./runs.js";
import { table } from "./table.js";
import { badge, label } from "./ui.js";

/** What starts its runs. @param {any} policy */
function triggers(policy) {
  const { minNewAnnotations = "0", schedule, labelerDrift } = policy.triggers ?? {};
  return [
    Number(minNewAnnotations) > 0 && `${count(policy.state?.newAnnotations)} of ${count(minNewAnnotations)} new annotations`,
    schedule && `at ${schedule.cron} (${schedule.timeZone || "UTC"})`, labelerDrift && "a labeler who has become worse",
  ].filter(entry => entry).join("; ");
}

/** @param {any[]} policies */
export const policyTable = policies => table({
  caption: "Retraining policies", rows: policies,
  columns: [
    { title: "Policy", value: row => [label(idOf(row.name), 30), " ", row.paused && badge("paused", "warn")] },
    { title: "Trains", value: row => label(`${row.algorithm} → ${row.modelId || row.algorithm}`, 40) },
    { title: "When", value: row => [triggers(row), row.minInterval && h("small", { class: "interval" }, `not within ${duration(row.minInterval)}`)] },
    { title: "Next by schedule", value: row => time(row.state?.nextScheduledTime) },
    { title: "Promotes", value: row => row.promotion?.mode === "MODE_IF_BETTER" ? `if better, at ${percent(row.promotion.level || 0.95, 0)}` : "never" },
    { title: "Last run", value: row => row.state?.lastTrainingRun ? [runLink(row.state.lastTrainingRun), " ", ago(row.state.lastTriggerTime), h("small", { class: "interval" }, label(row.state.lastTriggerReason ?? "", 120))] : "none yet" },
  ],
});

const outcomes = /** @type {Record<string, "good" | "warn" | "bad" | "plain">} */ ({ OUTCOME_PROMOTED: "good", OUTCOME_FIRST: "good", OUTCOME_NOT_COMPARED: "warn", OUTCOME_NO_CANDIDATE: "bad" });

/** @param {any[]} decisions */
export const decisionTable = decisions => table({
  caption: "Decisions on what serves", rows: decisions, empty: "No decision yet.",
  columns: [
    { title: "When", value: row => h("span", { title: time(row.decideTime ?? row.createTime) }, ago(row.decideTime ?? row.createTime)) },
    { title: "Decision", value: row => badge(words(row.outcome, "OUTCOME_"), outcomes[row.outcome] ?? "plain") },
    { title: "Candidate", value: row => versionLink(row.candidateVersion) },
    { title: "Champion then", value: row => versionLink(row.championVersion) },
    { title: "Difference", number: true, value: row => isNumber(row.comparison?.difference)
      ? [decimal(100 * row.comparison.difference, 1), h("small", { class: "interval" }, `${decimal(100 * row.comparison.lower, 1)} to ${decimal(100 * row.comparison.upper, 1)}`)] : "–",
    hint: "Candidate minus champion, in hundredths of the metric that decides, with its interval" },
    { title: "Why", value: row => label(row.reason ?? "", 160) },
  ],
});
