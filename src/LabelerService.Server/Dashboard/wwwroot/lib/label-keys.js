// Labelling by keyboard: which key answers what, how long an answer took, and how a class is found among many.

/** The digit that answers with each class: its own where classes are digits, else 1 for the first up to 0 for the tenth. @param {string[]} classes */
export const digitsOf = classes => classes.every(name => /^[0-9]$/.test(name)) ? classes : classes.map((_, index) => index < 10 ? String((index + 1) % 10) : null);

/** Milliseconds since now, without the time that the window was hidden. */
export function stopwatch(/** @type {AbortSignal} */ signal) {
  let [sum, since] = [0, document.hidden ? null : performance.now()];
  document.addEventListener("visibilitychange", () => {
    sum += since === null ? 0 : performance.now() - since;
    since = document.hidden ? null : performance.now();
  }, { signal });
  return { read: () => sum + (since === null ? 0 : performance.now() - since) };
}

/** Keys of the desk: digits answer, letters act, arrows go from class to class. */
export function onKey(/** @type {KeyboardEvent} */ event, /** @type {{keys: any, buttons: any[], skip: any, undo: any}} */ { keys, buttons, skip, undo }) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || target.closest("input, select, textarea, dialog, [contenteditable]") || document.querySelector("dialog[open]")) {
    return;
  }

  const shown = buttons.filter(button => !button.hidden);
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (step && (target === document.body || target.id === "main" || buttons.includes(target))) {
    const at = shown.indexOf(target);
    shown[at < 0 ? (step > 0 ? 0 : shown.length - 1) : (at + step + shown.length) % shown.length]?.focus();
    event.preventDefault();
  } else if (keys.checked && /^[0-9]$/.test(event.key)) {
    buttons.find(button => button.getAttribute("aria-keyshortcuts") === event.key)?.click();
  } else if (keys.checked && event.key.toLowerCase() === "s") {
    skip.click();
  } else if (keys.checked && event.key.toLowerCase() === "u") {
    undo.click();
  }
}

/** Leaves only classes whose name has the text. */
export function filterClasses(/** @type {any[]} */ buttons, /** @type {string[]} */ classes, /** @type {string} */ text) {
  const wanted = text.toLowerCase();
  buttons.forEach((button, index) => { button.hidden = !classes[index].toLowerCase().includes(wanted); });
}
