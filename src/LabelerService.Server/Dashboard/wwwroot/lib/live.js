// What goes on while a page is open: streams that are taken up again, and looking again from time to time.
import { ApiError, events, stream } from "./api.js";

/** @typedef {"connecting" | "live" | "waiting" | "ended" | "failed"} Liveness */

const longestWait = 15;

/**
 * Reads a stream to its end, however often the connection is lost: with growing pauses while the service is away, at once when it is
 * back, and after somebody signs in where the session has ended. What the service refuses for good is thrown.
 * @param {string} path
 * @param {{query?: () => Record<string, any>, signal: AbortSignal, onMessage: (message: any) => void, onState?: (state: Liveness) => void, ended?: () => boolean}} options
 *   query: asked for each time, so that a stream may go on after the last message; ended: whether an end of the stream is the end of what
 *   is watched (if not given, it is).
 */
export async function follow(path, { query, signal, onMessage, onState = () => {}, ended = () => true }) {
  for (let wait = 1; ;) {
    onState("connecting");
    try {
      await stream(path, {
        query: query?.(), signal, onMessage,
        onOpen: () => {
          wait = 1;
          onState("live");
        },
      });
      if (ended()) {
        onState("ended");
        return;
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }

      const expired = error instanceof ApiError && error.status === 401;
      if (!expired && !(error instanceof ApiError && (error.isAway || error.status === 429))) {
        onState("failed");
        throw error;
      }

      if (expired) {
        onState("waiting");
        await until("renewed", signal);
        continue;
      }
    }

    if (signal.aborted) {
      return;
    }

    onState("waiting");
    await pause(wait * (0.75 + Math.random() / 2), signal);
    wait = Math.min(longestWait, 2 * wait);
    if (signal.aborted) {
      return;
    }
  }
}

/**
 * Does something again and again while the page is open and seen; a failure waits for the next time, since the shell says that the service is away.
 * @param {number} seconds @param {AbortSignal} signal @param {() => Promise<any>} act
 */
export async function repeat(seconds, signal, act) {
  for (;;) {
    await pause(seconds, signal);
    if (signal.aborted) {
      return;
    }

    if (document.visibilityState === "visible") {
      try {
        await act();
      } catch (error) {
        if (!(error instanceof ApiError) && !signal.aborted) {
          throw error;
        }

        if (error instanceof ApiError && error.status === 401) {
          await until("renewed", signal);
        }
      }
    }
  }
}

/** Runs at most every so many milliseconds, the last time at the end. @param {number} milliseconds @param {() => void} act */
export function calmly(milliseconds, act) {
  let waiting = false;
  return () => {
    if (!waiting) {
      waiting = true;
      setTimeout(() => {
        waiting = false;
        act();
      }, milliseconds);
    }
  };
}

/** Ends early when the service is heard of again. */
function pause(/** @type {number} */ seconds, /** @type {AbortSignal} */ signal) {
  return Promise.race([
    new Promise(resolve => {
      const timer = setTimeout(resolve, 1000 * seconds);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve(undefined);
      }, { once: true });
    }),
    until("back", signal),
  ]);
}

function until(/** @type {string} */ event, /** @type {AbortSignal} */ signal) {
  return new Promise(resolve => {
    events.addEventListener(event, () => resolve(undefined), { once: true, signal });
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
