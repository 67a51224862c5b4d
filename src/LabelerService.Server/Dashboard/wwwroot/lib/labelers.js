// What is said of labelers, in words.
import { h } from "./dom.js";
import { duration, isNumber, percent, words } from "./format.js";
import { to } from "./router.js";
import { badge, label } from "./ui.js";

const meanings = /** @type {Record<string, string>} */ ({
  KIND_SPAMMER: "The answers do not depend on the class of the item: they tell nothing.",
  KIND_CONSTANT: "Nearly always the same class, whatever the item is.",
  KIND_ADVERSARY: "Worse than chance: the answers are systematically wrong, by intent or because classes were mixed up.",
  KIND_DRIFTED: "Became better or worse at some time.",
  KIND_HASTY: "Much faster than people can look.",
  KIND_LOOK_ALIKE: "Shares errors with another labeler more than chance allows: copied, or one person with two names.",
});

/** Of a flag, what it means. @param {any} flag LabelerFlag of the API. */
export const meaning = flag => meanings[flag.kind] ?? "";

/** @param {any} flag */
export const flagBadge = flag => badge(words(flag.kind, "KIND_"), flag.kind === "KIND_DRIFTED" || flag.kind === "KIND_HASTY" ? "warn" : "bad");

// Short keys stay on one line; long ones may break anywhere.
const shape = (/** @type {string} */ key) => key.length <= 24 ? "key" : null;

/** A link to a labeler's page. @param {string} dataset Its id. @param {string} key */
export const labelerLink = (dataset, key) => h("a", { class: shape(key), href: to("datasets", dataset, "labelers", key) }, label(key, 40));

/** A link to an item's page. @param {string} dataset Its id. @param {string} key Empty where the item is gone. */
export const itemLink = (dataset, key) => key ? h("a", { class: shape(key), href: to("datasets", dataset, "items", key) }, label(key, 40)) : h("span", { class: "quiet" }, "deleted");

/** How fast. @param {any} speed LabelerSpeed of the API. */
export const pace = speed => speed && Number(speed.count) > 0 ? duration(speed.median) : "–";

/** What is taken for what most often. @param {any} insight LabelerInsight of the API. */
export const confused = insight => insight.confusedClass
  ? [label(insight.confusedClass, 24), " as ", label(insight.confusedWith, 24), ` (${percent(insight.confusedShare, 0)})`] : "–";

/** An Estimate of the API in two lines: value, and interval. @param {any} estimate */
export const measured = estimate => !isNumber(estimate?.value) ? "–" : [percent(estimate.value),
  isNumber(estimate.low) && isNumber(estimate.high) && h("small", { class: "interval" }, `${(100 * estimate.low).toFixed(1)}–${(100 * estimate.high).toFixed(1)}`)];

/** A probability of chance, however small. @param {any} value */
export const chance = value => !isNumber(value) ? "–" : Number(value) < 0.0001 ? "< 0.0001" : Number(value).toFixed(4);
