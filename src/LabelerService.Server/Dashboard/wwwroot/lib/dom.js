// Elements from data. Texts become text nodes, never markup: a labeler may be called <img onerror=…>.

/**
 * Makes an element.
 * @param {string} tag
 * @param {Record<string, any> | null} [properties] Attributes; `class`, `style` as an object, `on…` handlers, `dataset`; null, undefined and false are left out.
 * @param {...any} children Elements, texts, numbers, arrays of these; null, undefined and false are left out.
 * @returns {any}
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) {
      continue;
    }

    if (name.startsWith("on") && typeof value === "function") {
      element.addEventListener(name.slice(2), value);
    } else if (name === "dataset" || name === "style") {
      for (const [key, entry] of Object.entries(value)) {
        if (name === "dataset") {
          element.dataset[key] = String(entry);
        } else {
          element.style.setProperty(key, String(entry));
        }
      }
    } else if (name === "value" || name === "checked" || name === "disabled" || name === "selected") {
      /** @type {any} */ (element)[name] = value;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }

  append(element, children);
  return element;
}

/** Replaces an element's children. @param {Element} element @param {...any} children */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** @param {Element} element @param {any[]} children */
function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : String(child));
    }
  }
}

/** Says something to screen readers. @param {string} text */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  if (announcer) {
    announcer.textContent = text;
  }
}
