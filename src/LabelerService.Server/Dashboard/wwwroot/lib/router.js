// Addresses of pages: what follows # in the address. Segments are decoded: keys may hold anything.
/**
 * @typedef {object} View
 * @property {any} root Where the page shows itself; empty.
 * @property {Record<string, string>} params From the address, decoded.
 * @property {URLSearchParams} query After the ? of the address.
 * @property {AbortSignal} signal Aborted when the page is left: give it to every call, stop every timer.
 * @property {import("./session.js").Session} session
 * @property {any} dataset The dataset of the address, as the API gives it; null outside datasets.
 * @property {(path: string) => void} go Goes to another page.
 */

/** @type {[string, string, string][]} Pattern, module, section of the dataset's navigation. */
const pages = [
  ["/", "datasets.js", ""],
  ["/service", "service.js", ""],
  ["/datasets/:dataset", "overview.js", "overview"],
  ["/datasets/:dataset/items", "items.js", "items"],
  ["/datasets/:dataset/items/:item", "item.js", "items"],
  ["/datasets/:dataset/label", "label.js", "label"],
  ["/datasets/:dataset/labelers", "labelers.js", "labelers"],
  ["/datasets/:dataset/labelers/:labeler", "labeler.js", "labelers"],
  ["/datasets/:dataset/agreement", "agreement.js", "agreement"],
  ["/datasets/:dataset/suspects", "suspects.js", "suspects"],
  ["/datasets/:dataset/next", "next.js", "next"],
  ["/datasets/:dataset/runs", "runs.js", "runs"],
  ["/datasets/:dataset/runs/:run", "run.js", "runs"],
  ["/datasets/:dataset/models", "models.js", "models"],
  ["/datasets/:dataset/models/:model", "model.js", "models"],
  ["/datasets/:dataset/compare", "compare.js", "models"],
];

/** Sections of a dataset: name, title, whether labelers see it. @type {[string, string, boolean][]} */
export const sections = [
  ["overview", "Overview", true], ["items", "Items", true], ["label", "Label", true], ["labelers", "Labelers", false], ["agreement", "Agreement", false],
  ["suspects", "Suspects", false], ["next", "What next", false], ["runs", "Runs", false], ["models", "Models", false],
];

/** An address. @param {...string} segments Not encoded yet. */
export const to = (...segments) => "#/" + segments.map(encodeURIComponent).join("/");

/** The page of an address. @param {string} hash */
export function match(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?", 2);
  const segments = split(path || "/");
  for (const [pattern, module, section] of pages) {
    const wanted = split(pattern);
    if (wanted.length !== segments.length) {
      continue;
    }

    /** @type {Record<string, string>} */
    const params = {};
    if (wanted.every((part, index) => part.startsWith(":") ? (params[part.slice(1)] = segments[index]) !== "" : part === segments[index])) {
      return { module, section, params, query: new URLSearchParams(query) };
    }
  }

  return null;
}

function split(/** @type {string} */ path) {
  return path.split("/").filter(part => part.length > 0).map(part => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}
