// The dashboard: finds out who is there, and shows the page of the address.
import { ApiError, events, get } from "./lib/api.js";
import { announce, fill, h } from "./lib/dom.js";
import { match, sections, to } from "./lib/router.js";
import * as sessions from "./lib/session.js";
import { ask, form } from "./lib/sign-in.js";
import { remember } from "./lib/storage.js";
import { failure, label, notice, whenBack } from "./lib/ui.js";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
/** @type {import("./lib/session.js").Session} */
let session = { authenticated: false };
/** @type {AbortController | null} */
let leaving = null;
let asking = false;
// When somebody signed in under a page, in milliseconds since 1970.
let renewed = 0;
const soon = 10_000;

addEventListener("hashchange", () => void show());
document.getElementById("skip")?.addEventListener("click", event => {
  event.preventDefault();
  main.focus();
});
events.addEventListener("away", () => connection("The service does not answer. This page shows what came before; it goes on when the service is back."));
events.addEventListener("back", () => connection(""));
events.addEventListener("expired", () => void expired());
addEventListener("focus", () => void compare());
addEventListener("pageshow", event => {
  if (event.persisted) {
    void compare();
  }
});
await start();

async function start() {
  try {
    session = await sessions.read();
    if (session.ended) {
      // Its cookie would be refused with every call, even where callers without a key are let in.
      await sessions.signOut();
      session = await sessions.read();
    }
  } catch (error) {
    fill(main, failure(error, () => void start()));
    whenBack(error, new AbortController().signal, () => void start());
    return;
  }

  await show();
}

async function show() {
  leaving?.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  who();
  if (!session.authenticated) {
    navigation(null, "");
    title("Sign in");
    fill(main, h("h1", null, "Sign in"), form(next => {
      session = next;
      void show();
    }));
    return;
  }

  const page = match(location.hash);
  if (!page) {
    navigation(null, "");
    title("Not found");
    fill(main, h("h1", null, "There is no such page"), h("p", null, h("a", { href: "#/" }, "All datasets")));
    return;
  }

  main.setAttribute("aria-busy", "true");
  try {
    const dataset = page.params.dataset ? await get(`/v1/datasets/${encodeURIComponent(page.params.dataset)}`, {}, signal) : null;
    if (signal.aborted) {
      return;
    }

    navigation(dataset, page.section);
    const root = h("div", { class: "page" });
    const module = await import(`./pages/${page.module}`).catch(() => {
      throw new ApiError(0, "This page's code did not come: the service does not answer, or has just been updated. Try again, or load the dashboard anew.");
    });
    if (signal.aborted) {
      return;
    }

    fill(main, root);
    const name = module.title(page.params);
    title(dataset ? `${name} · ${dataset.displayName || page.params.dataset}` : name);
    announce(name);
    await module.show({ root, params: page.params, query: page.query, signal, session, dataset, go: (/** @type {string} */ path) => { location.hash = path; } });
  } catch (error) {
    if (!signal.aborted) {
      if (page.params.dataset) {
        navigation(null, "");
      }

      fill(main, h("h1", null, "This page cannot be shown"), failure(error, () => void show()), h("p", null, h("a", { href: "#/" }, "All datasets")));
      whenBack(error, signal, () => void show());
    }
  } finally {
    if (!signal.aborted) {
      main.removeAttribute("aria-busy");
    }
  }
}

/** The session has ended under a page: the page stays, with what was typed into it. */
async function expired() {
  if (asking || !session.authenticated) {
    return;
  }

  asking = true;
  const before = session;
  // What was refused may have been on its way since before the last sign-in.
  const now = Date.now() - renewed < soon ? await sessions.read().catch(() => null) : null;
  session = now?.authenticated ? now : await ask("The session has ended, or its key was revoked. Nothing on this page is lost; sign in to go on.");
  [asking, renewed] = [false, now?.authenticated ? renewed : Date.now()];
  events.dispatchEvent(new CustomEvent("renewed", { detail: session }));
  who();
  if (before.role !== session.role || before.labelerId !== session.labelerId) {
    // Somebody who may do other things: the page is another one.
    await show();
  } else {
    // What failed meanwhile is asked for again.
    events.dispatchEvent(new Event("back"));
  }
}

/** Another window of this browser may have signed somebody else in: the page is that one's then. */
async function compare() {
  const now = session.authenticated && !asking ? await sessions.read().catch(() => null) : null;
  if (now?.authenticated && !asking && (now.name !== session.name || now.role !== session.role || now.labelerId !== session.labelerId)) {
    session = now;
    await show();
  }
}

function title(/** @type {string} */ text) {
  document.title = `${text} · LabelerService`;
}

function connection(/** @type {string} */ text) {
  const place = /** @type {HTMLElement} */ (document.getElementById("connection"));
  fill(place, text && notice("warn", text));
}

function navigation(/** @type {any} */ dataset, /** @type {string} */ current) {
  const id = dataset?.name.slice("datasets/".length);
  fill(/** @type {HTMLElement} */ (document.getElementById("where")), dataset && h("a", { href: to("datasets", id) }, label(dataset.displayName || id, 40)));
  const nav = /** @type {HTMLElement} */ (document.getElementById("sections"));
  nav.hidden = !dataset;
  fill(nav, dataset && sections.filter(([, , labelers]) => labelers || sessions.may(session, "read")).map(([name, text]) =>
    h("a", { href: name === "overview" ? to("datasets", id) : to("datasets", id, name), "aria-current": name === current ? "page" : null }, text)));
}

function who() {
  const place = /** @type {HTMLElement} */ (document.getElementById("who"));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const theme = h("button", {
    type: "button", class: "ghost", "aria-pressed": String(isDark()),
    onclick: () => {
      const next = isDark() ? "light" : "dark";
      document.documentElement.dataset.theme = next;
      remember("theme", next);
      theme.setAttribute("aria-pressed", String(isDark()));
    },
  }, "Dark");
  fill(place,
    session.authenticated && h("span", { class: "quiet" }, label(session.labelerId ?? session.name ?? "", 30), " · ", (session.role ?? "").toLowerCase()),
    session.authenticated && session.role !== "LABELER" && h("a", { href: "#/service" }, "Service"),
    theme,
    session.authenticated && !session.anonymous && h("button", {
      type: "button", class: "ghost",
      onclick: async () => {
        try {
          await sessions.signOut();
          session = { authenticated: false };
          location.hash = "#/";
          await show();
        } catch (error) {
          fill(/** @type {HTMLElement} */ (document.getElementById("connection")), failure(error));
        }
      },
    }, "Sign out"));
}
