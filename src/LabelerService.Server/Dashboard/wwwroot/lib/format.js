// Numbers and times for people.
const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** @param {any} value */
export const count = value => whole.format(Number(value ?? 0));
/** @param {any} value */
export const compact = value => short.format(Number(value ?? 0));
/** What is not certain is never shown as if it were. @param {number | undefined | null} value 0 to 1. @param {number} [digits] */
export function percent(value, digits = 1) {
  if (!isNumber(value)) {
    return "–";
  }

  const [share, least] = [Number(value), 10 ** -digits];
  const text = (100 * share).toFixed(digits);
  return share < 1 && Number(text) === 100 ? `> ${(100 - least).toFixed(digits)} %`
    : share > 0 && Number(text) === 0 ? `< ${least.toFixed(digits)} %`
    : `${text} %`;
}

/** @param {number | undefined | null} value @param {number} [digits] */
export const decimal = (value, digits = 3) => isNumber(value) ? Number(value).toFixed(digits).replace(/^-(?=[0.]+$)/, "") : "–";
/** A difference of shares in hundredths. @param {number | undefined | null} value */
export const points = value => isNumber(value) ? `${decimal(100 * Number(value), 1)} points` : "–";

/** An Estimate of the API: value and interval. @param {any} estimate @param {number} [digits] */
export function estimate(estimate, digits = 1) {
  if (!isNumber(estimate?.value)) {
    return "–";
  }

  return isNumber(estimate.low) && isNumber(estimate.high)
    ? `${percent(estimate.value, digits)} (${(100 * estimate.low).toFixed(digits)}–${(100 * estimate.high).toFixed(digits)})`
    : percent(estimate.value, digits);
}

/** @param {string | undefined} text RFC 3339. */
export const time = text => text ? new Date(text).toLocaleString() : "–";

/** @param {string | undefined} text RFC 3339. */
export function ago(text) {
  if (!text) {
    return "–";
  }

  const seconds = (Date.now() - Date.parse(text)) / 1000;
  return seconds < 60 ? "just now" : `${duration(seconds)} ago`;
}

/** @param {number | string | undefined} seconds A number, or a Duration of the API such as "3.2s". */
export function duration(seconds) {
  const value = typeof seconds === "string" ? Number.parseFloat(seconds) : seconds;
  if (!isNumber(value)) {
    return "–";
  }

  const total = Number(value);
  if (total < 60) {
    return `${total < 10 ? total.toFixed(1) : Math.round(total)} s`;
  }

  const [unit, size] = total < 3600 ? ["min", 60] : total < 86_400 ? ["h", 3600] : ["d", 86_400];
  return `${Math.floor(total / Number(size))} ${unit}`;
}

/** TITLE_CASE words of an enum without its prefix. @param {string | undefined} value @param {string} prefix */
export const words = (value, prefix) => (value ?? "").replace(prefix, "").toLowerCase().replaceAll("_", " ");

/** @param {any} value */
export const isNumber = value => value !== undefined && value !== null && value !== "" && Number.isFinite(Number(value));

/** Shortens what is too long for a table; the whole text goes into the title. @param {string} text @param {number} [most] */
export const shorten = (text, most = 60) => text.length > most ? text.slice(0, most - 1) + "…" : text;
