// Who is signed in. The key itself is never kept here: the service answers it with a cookie that scripts cannot read.
import { get, post, remove } from "./api.js";

/**
 * @typedef {object} Session
 * @property {boolean} authenticated
 * @property {boolean} [ended] Whether this browser still holds the cookie of a session that has ended.
 * @property {string} [name] Of the key, or `anonymous`.
 * @property {"ADMIN" | "INGESTER" | "LABELER" | "READER" | "TRAINER"} [role]
 * @property {string} [labelerId] The labeler that a labeler's key speaks for.
 * @property {string[]} [datasets] Ids of the datasets that it reaches; absent for all.
 * @property {boolean} [anonymous] Whether it was let in without a key.
 * @property {string} [expireTime]
 */

/** @returns {Promise<Session>} */
export const read = () => get("/session");
/** @param {string} credential @returns {Promise<Session>} */
export const signIn = credential => post("/session", { credential });
export const signOut = () => remove("/session");

/** Whether a role may: write (annotations, runs, promotions), read insight, administer. @param {Session} session @param {"write" | "read" | "admin"} what */
export function may(session, what) {
  switch (what) {
    case "admin": return session.role === "ADMIN";
    case "write": return session.role === "ADMIN" || session.role === "INGESTER";
    default: return session.role !== "LABELER";
  }
}
