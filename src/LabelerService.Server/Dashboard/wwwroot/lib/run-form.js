// Starting a training run: what can be set comes from the service's list of algorithms.
import { get, idOf, list, post, requestId } from "./api.js";
import { fill, h } from "./dom.js";
import { isNumber } from "./format.js";
import { choice, failure, field } from "./ui.js";

/**
 * The form.
 * @param {any} dataset @param {AbortSignal} signal
 * @param {(run: any) => void} started
 */
export async function runForm(dataset, signal, started) {
  const [{ algorithms = [] }, models] = await Promise.all([get("/v1/algorithms", {}, signal), list(`/v1/${dataset.name}/models`, "models", {}, signal, 1000)]);
  const makes = (/** @type {string} */ purpose) => algorithms.filter((/** @type {any} */ entry) => entry.purpose === purpose)
    .map((/** @type {any} */ entry) => h("option", { value: entry.algorithmId, selected: entry.algorithmId === "wdn" }, `${entry.displayName} (${entry.algorithmId})`));
  const algorithm = h("select", null, h("optgroup", { label: "Make a model" }, makes("PURPOSE_MODEL")), h("optgroup", { label: "Make a backbone without labels" }, makes("PURPOSE_BACKBONE")));
  const about = h("p", { class: "quiet" });
  const id = h("input", { pattern: "[a-z0-9\\-]{1,63}", autocomplete: "off", spellcheck: "false" });
  const seed = h("input", { type: "number", step: 1, value: "0", required: true });
  const priority = h("input", { type: "number", min: -100, max: 100, step: 1, value: "0", required: true });
  const versions = models.filter(model => model.latestVersion).map(model => [model.latestVersion, `${idOf(model.name)} v${idOf(model.latestVersion)}`]);
  const warm = choice([["", "nothing"], ...versions], "");
  const warmField = field("Start from the weights of", warm, "Its net, and heads by labeler.");
  const settings = h("div", { class: "fields level settings" });
  const changed = h("span", { class: "quiet" });
  const said = h("div");
  const button = h("button", { type: "submit", class: "primary" }, "Start");
  /** @type {Map<string, {input: any, standard: string}>} */
  let inputs = new Map();
  let request = requestId();

  function fieldsOf() {
    const chosen = algorithms.find((/** @type {any} */ entry) => entry.algorithmId === algorithm.value);
    const isModel = chosen?.purpose === "PURPOSE_MODEL";
    fill(about, chosen?.description, " ", h("small", null, chosen?.reference));
    id.placeholder = algorithm.value;
    warmField.hidden = !isModel;
    inputs = new Map((chosen?.settings ?? []).map((/** @type {any} */ setting) => [setting.key, { input: inputOf(setting), standard: setting.defaultValue ?? "" }]));
    fill(settings, (chosen?.settings ?? []).map((/** @type {any} */ setting) => field(setting.key.replaceAll("_", " "), inputs.get(setting.key)?.input, setting.description)));
    tell();
  }

  const different = () => [...inputs].filter(([, { input, standard }]) => input.value.trim() !== standard);
  function tell() {
    const number = different().length;
    fill(changed, number > 0 ? `${number} changed` : "all as usual");
  }

  algorithm.addEventListener("change", fieldsOf);
  fieldsOf();
  return h("form", {
    oninput: () => {
      request = requestId();
      tell();
    },
    onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      fill(said);
      button.disabled = true;
      try {
        const run = await post(`/v1/${dataset.name}/trainingRuns?requestId=${request}`, {
          algorithm: algorithm.value, modelId: id.value || undefined, seed: seed.value, priority: Number(priority.value),
          warmStartVersion: warmField.hidden ? undefined : warm.value || undefined,
          settings: Object.fromEntries(different().map(([key, { input }]) => [key, input.value.trim()])),
        });
        if (!signal.aborted) {
          started(run);
        }
      } catch (error) {
        fill(said, failure(error));
        refused(error, inputs);
      } finally {
        button.disabled = false;
      }
    },
  },
  h("div", { class: "fields level" }, field("Algorithm", algorithm), field("Name of what it makes", id, "If left out, the algorithm's."), warmField,
    field("Seed", seed), field("Priority", priority, "−100 to 100.")), about,
  h("details", null, h("summary", null, "Settings: ", changed), settings), said, button);
}

/** An input of a setting: only what it may be can be given. */
function inputOf(/** @type {any} */ setting) {
  const value = setting.defaultValue ?? "";
  if ((setting.choices ?? []).length > 0) {
    return choice(setting.choices.map((/** @type {string} */ word) => [word, word.replaceAll("_", " ")]), value);
  }

  const bounds = isNumber(setting.minimum) ? { min: setting.minimum, max: setting.maximum } : {};
  switch (setting.type) {
    case "integer": return h("input", { type: "number", step: 1, required: true, ...bounds, value });
    case "number": return h("input", { type: "number", step: "any", required: true, ...bounds, value });
    case "integers": return h("input", { pattern: "\\s*\\d+(\\s*,\\s*\\d+)*\\s*", required: true, value, title: "Whole numbers, separated by commas" });
    default: return h("input", { value, spellcheck: "false", autocomplete: "off" });
  }
}

/** Marks the settings that were refused, and goes to the first. */
function refused(/** @type {any} */ error, /** @type {Map<string, {input: any}>} */ inputs) {
  const fields = (error.violations ?? []).map((/** @type {any} */ violation) => /settings\[([^\]]+)\]/.exec(violation.field)?.[1]);
  for (const [key, { input }] of inputs) {
    input.setAttribute("aria-invalid", String(fields.includes(key)));
  }

  const first = inputs.get(fields.find((/** @type {any} */ key) => inputs.has(key)))?.input;
  if (first) {
    first.closest("details").open = true;
    first.focus();
  }
}
