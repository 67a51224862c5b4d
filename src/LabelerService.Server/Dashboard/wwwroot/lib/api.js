// The JSON API, as anybody else may call it. Who calls is in the session's cookie; this header shows that the call is the dashboard's
// own: a page from elsewhere cannot send it.
const own = { "x-labeler-dashboard": "1" };

/** What the service answered instead of a result, or that it did not answer. */
export class ApiError extends Error {
  /**
   * @param {number} status HTTP status; 0 if nobody answered.
   * @param {string} message
   * @param {string} [reason] Such as DATASET_NOT_FOUND.
   * @param {{field: string, description: string}[]} [violations]
   */
  constructor(status, message, reason = "", violations = []) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.reason = reason;
    this.violations = violations;
  }

  /** Whether nobody answered, or only to say that it cannot now: trying again may help. */
  get isAway() {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** Fires `expired` when the session has ended, `renewed` when somebody has signed in again (its detail: the session), `away` when nobody answers, `back` with the first answer after that. */
export const events = new EventTarget();
let away = false;

/** @param {string} path Such as /v1/datasets. @param {Record<string, any>} [query] Parameters; empty ones are left out, arrays repeat. @param {AbortSignal} [signal] */
export const get = (path, query, signal) => call("GET", path + queryText(query), undefined, signal);
/** @param {string} path @param {any} [body] @param {AbortSignal} [signal] */
export const post = (path, body, signal) => call("POST", path, body ?? {}, signal);
/** @param {string} path @param {any} body @param {Record<string, any>} [query] @param {AbortSignal} [signal] */
export const patch = (path, body, query, signal) => call("PATCH", path + queryText(query), body, signal);
/** @param {string} path @param {Record<string, any>} [query] @param {AbortSignal} [signal] */
export const remove = (path, query, signal) => call("DELETE", path + queryText(query), undefined, signal);

/**
 * Reads a stream of the service, message by message, until it ends.
 * @param {string} path
 * @param {{query?: Record<string, any>, body?: any, signal?: AbortSignal, onOpen?: () => void, onMessage: (message: any) => void}} options With a body it is a POST.
 */
export async function stream(path, { query, body, signal, onOpen, onMessage }) {
  const response = await send(body === undefined ? "GET" : "POST", path + queryText(query), body, signal);
  onOpen?.();
  if (!response.body) {
    return;
  }

  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch(error => {
      throw signal?.aborted ? error : noAnswer();
    });
    rest += value ?? "";
    const lines = rest.split("\n");
    rest = done ? "" : /** @type {string} */ (lines.pop());
    for (const line of lines.filter(text => text.trim().length > 0)) {
      const message = JSON.parse(line);
      if (message.code && message.message !== undefined && message.details !== undefined) {
        throw noted(failureOf({ 14: 503, 16: 401 }[/** @type {number} */ (message.code)] ?? 500, message), path);
      }

      onMessage(message);
    }

    if (done) {
      return;
    }
  }
}

/** Has the browser keep a file of the service's. @param {string} path @param {string} name Of the file. @param {Record<string, any>} [query] @param {AbortSignal} [signal] */
export async function download(path, name, query, signal) {
  const response = await send("GET", path + queryText(query), undefined, signal);
  const address = URL.createObjectURL(await response.blob().catch(error => {
    throw signal?.aborted ? error : noAnswer();
  }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** All pages of a list. @param {string} path @param {string} field Where the entries are. @param {Record<string, any>} [query] @param {AbortSignal} [signal] @param {number} [most] */
export async function list(path, field, query, signal, most = 10_000) {
  const entries = [];
  let token = "";
  do {
    const page = await get(path, { pageSize: 1000, ...query, pageToken: token }, signal);
    entries.push(...(page[field] ?? []));
    token = page.nextPageToken ?? "";
  } while (token && entries.length < most);
  return entries;
}

/** A UUID for `request_id`: a call that is sent again with the same one is done once. (crypto.randomUUID is missing where the page came without TLS.) */
export function requestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = bytes[6] & 0x0f | 0x40;
  bytes[8] = bytes[8] & 0x3f | 0x80;
  return Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The last segment of a resource name. @param {string} name */
export const idOf = name => name.slice(name.lastIndexOf("/") + 1);

async function call(/** @type {string} */ method, /** @type {string} */ path, /** @type {any} */ body, /** @type {AbortSignal | undefined} */ signal) {
  const response = await send(method, path, body, signal);
  const text = await response.text().catch(error => {
    throw signal?.aborted ? error : noAnswer();
  });
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    throw new ApiError(502, "Something else than the service answered: is there a proxy in between?");
  }
}

async function send(/** @type {string} */ method, /** @type {string} */ path, /** @type {any} */ body, /** @type {AbortSignal | undefined} */ signal) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? own : { ...own, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch (error) {
    throw signal?.aborted ? error : noAnswer();
  }

  if (response.status === 502 || response.status === 503 || response.status === 504) {
    mark(true);
  } else {
    mark(false);
  }

  if (response.ok) {
    return response;
  }

  throw noted(failureOf(response.status, await response.json().catch(() => null)), path);
}

/** Tells the shell of a session that has ended. */
function noted(/** @type {ApiError} */ failure, /** @type {string} */ path) {
  if (failure.status === 401 && !path.startsWith("/session")) {
    events.dispatchEvent(new CustomEvent("expired", { detail: failure }));
  }

  return failure;
}

function failureOf(/** @type {number} */ status, /** @type {any} */ body) {
  const details = body?.details ?? [];
  const reason = details.find((/** @type {any} */ entry) => entry["@type"]?.endsWith("ErrorInfo"))?.reason ?? "";
  const violations = details.find((/** @type {any} */ entry) => entry["@type"]?.endsWith("BadRequest"))?.fieldViolations ?? [];
  return new ApiError(status, body?.message ?? `The service answered ${status}.`, reason, violations);
}

function noAnswer() {
  mark(true);
  return new ApiError(0, "The service does not answer. It may be starting again; nothing that it acknowledged is lost.");
}

function mark(/** @type {boolean} */ isAway) {
  if (isAway !== away) {
    away = isAway;
    events.dispatchEvent(new Event(isAway ? "away" : "back"));
    if (isAway) {
      void ask();
    }
  }
}

/** Asks until somebody answers again: a page that waits need not be touched. */
async function ask() {
  while (away) {
    await new Promise(resolve => setTimeout(resolve, 2000));
    await send("GET", "/session", undefined, undefined).catch(() => null);
  }
}

function queryText(/** @type {Record<string, any> | undefined} */ query) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const entry of Array.isArray(value) ? value : [value]) {
      if (entry !== undefined && entry !== null && entry !== "") {
        parameters.append(name, String(entry));
      }
    }
  }

  const text = parameters.toString();
  return text ? "?" + text : "";
}
