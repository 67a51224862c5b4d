// What this browser remembers, where it lets us: it may be full, or switched off.

/** @param {string} key @param {"localStorage" | "sessionStorage"} [place] @returns {string | null} */
export function recall(key, place = "localStorage") {
  try {
    return window[place].getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} value @param {"localStorage" | "sessionStorage"} [place] @returns {boolean} Whether it will be remembered. */
export function remember(key, value, place = "localStorage") {
  try {
    window[place].setItem(key, value);
    return true;
  } catch {
    return false;
  }
}
