// What labelers' answers say: by which method and model it is worked out, how far that is, and of which data it is.
import { ApiError, get, idOf, list, stream } from "./api.js";
import { fill, h } from "./dom.js";
import { count, duration, estimate, time } from "./format.js";
import { may } from "./session.js";
import { recall, remember } from "./storage.js";
import { check, choice, failure, field, notice, whenBack } from "./ui.js";

/**
 * @typedef {object} Settings InsightSettings of the API.
 * @property {string} method Empty for the service's choice.
 * @property {string} model Name of a model that votes as well; empty for none.
 * @property {boolean} useGold
 * @property {boolean} intervals
 *
 * @typedef {object} Part What a page shows when it has been worked out.
 * @property {Settings} settings
 * @property {AbortSignal} signal Aborted when the page is left, or something else is to be shown: charts and calls belong to it.
 * @property {any} state InsightState of the API.
 * @property {() => void} again Works everything out anew.
 */

// Sampling intervals goes over all annotations some hundred times: beyond this it is left to the user to ask for them.
const mostForIntervals = 200_000;
const phases = /** @type {Record<string, string>} */ ({
  reading: "Reading annotations", model: "Asking the model", consensus: "Working out the consensus", items: "Looking at items", intervals: "Sampling intervals",
  labelers: "Looking at labelers", suspects: "Looking for wrong annotations", agreement: "Measuring agreement", suggestions: "Choosing annotations",
});

/** Parameters of a GET. @param {Settings} settings @returns {Record<string, any>} */
export const query = settings => ({
  "settings.method": settings.method, "settings.model.model": settings.model, "settings.useGold": settings.useGold || null, "settings.intervals": settings.intervals || null,
});

/** The settings in a POST. @param {Settings} settings */
export const body = settings => ({ method: settings.method, model: settings.model ? { model: settings.model } : undefined, useGold: settings.useGold, intervals: settings.intervals });

/**
 * Says plainly that a page is not for whoever is signed in. @param {import("./router.js").View} view @param {string} heading
 * @returns {boolean} Whether it is for them.
 */
export function allowed({ root, session }, heading) {
  if (may(session, "read")) {
    return true;
  }

  root.append(h("h1", null, heading), notice("warn", "This page tells of labelers by name, so a labeler's key does not open it. Sign in with a reader's, an ingester's or an admin's key."));
  return false;
}

/** The settings of a dataset, as this browser tab last had them. @param {any} dataset @returns {Settings} */
export function read(dataset) {
  const usual = { method: "", model: "", useGold: false, intervals: Number(dataset.counts?.annotations ?? 0) <= mostForIntervals };
  try {
    return { ...usual, ...JSON.parse(recall(place(dataset), "sessionStorage") ?? "{}") };
  } catch {
    // Somebody else's text under our name: as if there were none.
    return usual;
  }
}

const place = (/** @type {any} */ dataset) => `insight ${dataset.uid}`;

/**
 * The frame of a page of insight: settings that can be changed, progress while it is worked out, of which data it is, and what the page shows of it.
 * @param {import("./router.js").View} view
 * @param {{parts: string[], uses?: ("settings" | "intervals")[], request?: () => Record<string, any>, produce: (part: Part) => Promise<any>}} options
 *   parts: INSIGHT_PART_… that the page needs; uses: which settings matter to it; request: more for RefreshInsights.
 * @returns {{element: any, run: () => Promise<void>}}
 */
export function frame(view, { parts, uses = ["settings", "intervals"], request, produce }) {
  const { dataset, signal } = view;
  const settings = read(dataset);
  const form = h("div");
  const about = h("div");
  const content = h("div", { class: "insight" });
  const element = h("div", null, form, about, content);
  let mine = new AbortController();

  async function run() {
    mine.abort();
    mine = new AbortController();
    const now = AbortSignal.any([signal, mine.signal]);
    const whole = { ...settings, intervals: settings.intervals && uses.includes("intervals") };
    const meter = progress();
    const first = new AbortController();
    content.setAttribute("aria-busy", "true");
    // What is there already comes at once: no flicker of a meter. And where only intervals take long, the rest is shown meanwhile.
    const slow = setTimeout(() => fill(content, meter.element), content.firstChild ? 150 : 0);
    const long = setTimeout(() => whole.intervals && void before(), 700);
    let busy = false;

    async function before() {
      const plain = { ...whole, intervals: false };
      try {
        const shown = AbortSignal.any([now, first.signal]);
        const state = await refresh(dataset, { settings: body(plain), parts, ...request?.() }, shown, () => { });
        const made = await produce({ settings: plain, signal: shown, state, again: () => void run() });
        if (!shown.aborted) {
          fill(about, ofWhat(state));
          fill(content, meter.element, made);
          content.addEventListener("pointerdown", () => { busy = true; }, { once: true, signal: shown });
          content.addEventListener("keydown", () => { busy = true; }, { once: true, signal: shown });
        }
      } catch (error) {
        // The whole fails for the same reason, and says so.
        if (!(error instanceof ApiError) && !now.aborted && !first.signal.aborted) {
          throw error;
        }
      }
    }

    try {
      const state = await refresh(dataset, { settings: body(whole), parts, ...request?.() }, now, meter.show);
      clearTimeout(long);
      if (busy) {
        // Nothing is taken away under the user's hands.
        await new Promise(resolve => fill(meter.element, h("p", null, "The intervals are there. "), h("button", { type: "button", onclick: resolve }, "Show them")));
      }

      first.abort();
      const made = await produce({ settings: whole, signal: now, state, again: () => void run() });
      if (!now.aborted) {
        fill(about, ofWhat(state), since(dataset, state, now, () => void run()));
        fill(content, made);
      }
    } catch (error) {
      first.abort();
      if (!now.aborted) {
        fill(content, failure(error, () => void run()));
        whenBack(error, now, () => void run());
      }
    } finally {
      clearTimeout(slow);
      clearTimeout(long);
      if (!now.aborted) {
        content.removeAttribute("aria-busy");
      }
    }
  }

  return {
    element,
    run: async () => {
      if (uses.includes("settings")) {
        try {
          fill(form, await settingsForm(dataset, settings, uses, signal, () => {
            remember(place(dataset), JSON.stringify(settings), "sessionStorage");
            void run();
          }));
        } catch (error) {
          if (!signal.aborted) {
            fill(form, failure(error));
          }
        }
      }

      await run();
    },
  };
}

/**
 * Works out what is needed, or finds it there. @param {any} dataset @param {any} request RefreshInsightsRequest without its parent. @param {AbortSignal} signal
 * @param {(phase: string, fraction: number) => void} show @returns {Promise<any>} The state.
 */
export async function refresh(dataset, request, signal, show) {
  /** @type {any} */
  let state = null;
  await stream(`/v1/${dataset.name}:refreshInsights`, {
    body: request, signal,
    onMessage: message => {
      state = message.state ?? state;
      show(phases[message.phase] ?? message.phase, message.fraction ?? 0);
    },
  });
  return state;
}

function progress() {
  const text = h("p", null, "Asking the service…");
  const meter = h("progress", { max: "1", "aria-label": "Progress" });
  return {
    element: h("div", { class: "card" }, text, meter, h("p", { class: "quiet" }, "The first look at many annotations takes a while; the service keeps what it found.")),
    show: (/** @type {string} */ phase, /** @type {number} */ fraction) => {
      text.textContent = `${phase}…`;
      meter.value = fraction;
    },
  };
}

/** Of which data an insight is, and what to know before trusting it. @param {any} state */
function ofWhat(state) {
  const model = state.modelVersion ? ` with ${state.modelVersion.split("/").slice(3).join("/").replace("/versions/", " version ")}` : "";
  return [
    h("p", { class: "quiet" },
      `${count(state.annotationCount)} annotations of ${count(state.annotatedItemCount)} items by ${count(state.labelerCount)} labelers, as of ${time(state.readTime)}`,
      state.method ? ` · ${state.method}${model}, ${state.converged ? "settled after" : "not settled after"} ${count(state.iterations)} iterations` : "",
      ` · worked out in ${duration(state.computeDuration)}`,
      state.goldAccuracy?.count > 0 ? ` · the consensus is right on ${estimate(state.goldAccuracy)} of ${count(state.goldAccuracy.count)} gold items` : ""),
    (state.warnings ?? []).length > 0 && notice("warn", h("ul", null, state.warnings.map((/** @type {any} */ warning) => h("li", { title: warning.code }, warning.text)))),
  ];
}

/** Tells when annotations have come since. */
function since(/** @type {any} */ dataset, /** @type {any} */ state, /** @type {AbortSignal} */ signal, /** @type {() => void} */ again) {
  const place = h("div");
  const timer = setInterval(async () => {
    if (document.hidden) {
      return;
    }

    // A call that fails is told of by the frame of the page; the next one may do better.
    const now = await get(`/v1/${dataset.name}`, {}, signal).catch(() => null);
    const more = Number(now?.counts?.annotations ?? state.annotationCount) - Number(state.annotationCount);
    if (more !== 0 && !signal.aborted && !place.firstChild) {
      fill(place, notice("plain", "Annotations have changed since this was worked out. ", h("button", { type: "button", onclick: again }, "Work it out anew")));
    }
  }, 10_000);
  signal.addEventListener("abort", () => clearInterval(timer));
  return place;
}

/** What the result rests on, changeable. */
async function settingsForm(/** @type {any} */ dataset, /** @type {Settings} */ settings, /** @type {string[]} */ uses, /** @type {AbortSignal} */ signal, /** @type {() => void} */ changed) {
  const [{ aggregators: all = [] }, models] = await Promise.all([
    get("/v1/aggregators", {}, signal), list(`/v1/${dataset.name}/models`, "models", {}, signal, 1000)]);
  const usable = models.filter(model => model.latestVersion);
  const aggregators = all.filter((/** @type {any} */ entry) => (!entry.ordinal || dataset.labelKind !== "LABEL_KIND_MULTI_CLASS") && (!entry.needsModel || usable.length > 0));
  const named = (/** @type {string} */ method) => aggregators.find((/** @type {any} */ entry) => entry.method === method);
  if (settings.method && !named(settings.method)) {
    settings.method = "";
  }

  if (settings.model && !usable.some(model => model.name === settings.model)) {
    settings.model = "";
  }

  const method = choice([["", "The service's choice"], ...aggregators.map((/** @type {any} */ entry) => [entry.method, entry.title])], settings.method);
  const model = choice([["", "None: annotations alone"], ...usable.map(entry => [entry.name, entry.displayName || idOf(entry.name)])], settings.model);
  const gold = h("input", { type: "checkbox", checked: settings.useGold });
  const intervals = h("input", { type: "checkbox", checked: settings.intervals });
  const hint = h("p", { class: "quiet" });
  const summary = h("summary");

  function tell() {
    const chosen = named(settings.method || (settings.model ? "model" : "hierarchical"));
    fill(hint, chosen ? `${chosen.summary} (${chosen.paper})` : "");
    fill(summary, `By ${chosen?.title ?? settings.method}${settings.model ? `, with the model ${idOf(settings.model)}` : ""}${settings.useGold ? ", gold classes known" : ""}`);
    gold.disabled = chosen?.takesGold === false;
  }

  function apply(/** @type {boolean} */ byMethod) {
    [settings.method, settings.model, settings.useGold, settings.intervals] = [method.value, model.value, gold.checked, intervals.checked];
    const chosen = named(settings.method);
    if (chosen?.needsModel && !settings.model && byMethod) {
      settings.model = model.value = usable[0].name;
    } else if (chosen?.needsModel && !settings.model || chosen && !chosen.takesModel && settings.model && !byMethod) {
      settings.method = method.value = "";
    } else if (chosen && !chosen.takesModel && settings.model) {
      settings.model = model.value = "";
    }

    tell();
    changed();
  }

  method.addEventListener("change", () => apply(true));
  for (const input of [model, gold, intervals]) {
    input.addEventListener("change", () => apply(false));
  }

  tell();
  return h("details", { class: "card" }, summary, h("div", { class: "fields" },
    field("Method", method), field("Model that votes as well", model, usable.length > 0 ? "By out-of-fold predictions on items it was trained on." : "No model is trained yet."),
    Number(dataset.counts?.goldItems ?? 0) > 0 && check("Gold classes are known", gold),
    uses.includes("intervals") && check("Credible intervals", intervals)), hint);
}
