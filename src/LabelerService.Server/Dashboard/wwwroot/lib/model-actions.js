// What can be done with a version: it may become what serves, give way again, or be tried on a share of the predictions.
import { idOf, post } from "./api.js";
import { h } from "./dom.js";
import { percent } from "./format.js";
import { aliased, versionName } from "./models.js";
import { action, confirm, field } from "./ui.js";

/**
 * Buttons for what is possible with a version now.
 * @param {any} model @param {any} version @param {any} previous Name of the version that a rollback goes back to; empty if there is none.
 * @param {() => void} reload Shows the model as it is.
 */
export function modelActions(model, version, previous, reload) {
  const champion = aliased(model, "champion");
  const alias = (model.aliases ?? []).find((/** @type {any} */ entry) => entry.alias === "champion");
  const usable = version.state !== "STATE_DELETED";
  const onTrial = model.canary?.version === version.name;
  const reason = () => h("input", { maxlength: 400, autocomplete: "off" });
  const why = (/** @type {any} */ input) => field("Why", input, "For the history; may be left out.");
  // What is sent says what was seen: if anybody moved the alias meanwhile, nothing is done.
  const act = (/** @type {string} */ text, /** @type {() => Promise<any>} */ what, /** @type {string} */ kind = "") => action(text, async () => {
    if (await what()) {
      reload();
    }
  }, { kind, reload });
  return h("div", { class: "fields actions" },
    usable && version.name !== champion && act(champion ? `Promote v${idOf(version.name)} to champion` : "Make it champion", async () => {
      const input = reason();
      return await confirm(`Predictions that name no version go to ${versionName(version.name)} from now on, on every server${champion ? `, instead of to ${versionName(champion)}` : ""}.`, "Promote", why(input))
        && post(`/v1/${version.name}:promote`, { reason: input.value, etag: alias?.etag, expectedChampion: champion || undefined });
    }, "primary"),
    champion && previous && act(`Roll back to ${versionName(previous)}`, async () => {
      const input = reason();
      return await confirm(`${versionName(previous)} becomes the champion again, instead of ${versionName(champion)}.`, "Roll back", why(input))
        && post(`/v1/${model.name}:rollback`, { reason: input.value, etag: alias?.etag });
    }),
    usable && champion && version.name !== champion && act(onTrial ? "Change its share" : `Try v${idOf(version.name)} on a share`, async () => {
      const [input, share] = [reason(), h("input", { type: "number", min: 1, max: 99, step: 1, required: true, value: String(Math.round(100 * (onTrial ? model.canary.share : 0.1))) })];
      return await confirm(`${versionName(version.name)} answers a share of the predictions that name no version, instead of ${versionName(champion)}.`, "Begin", field("Share in percent", share), why(input))
        && post(`/v1/${model.name}:setCanary`, { version: version.name, share: Number(share.value) / 100, reason: input.value, etag: model.etag });
    }),
    model.canary && act(`End the trial of ${versionName(model.canary.version)} (${percent(model.canary.share, 0)})`, async () => {
      const input = reason();
      return await confirm(`${versionName(champion)} answers all predictions again.`, "End the trial", why(input))
        && post(`/v1/${model.name}:setCanary`, { share: 0, reason: input.value, etag: model.etag });
    }));
}
