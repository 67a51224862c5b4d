// Before the first paint: the theme that the user chose. Without a choice the system's counts.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // This browser keeps nothing.
  }

  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.theme = chosen;
  }

  // Charts empty their element by assigning "" to innerHTML; no other text may become markup, whatever it says.
  const types = /** @type {any} */ (window).trustedTypes;
  if (types) {
    types.createPolicy("default", {
      createHTML: (/** @type {string} */ text) => {
        if (text !== "") {
          throw new TypeError("Text must not become markup.");
        }

        return "";
      },
      createScriptURL: (/** @type {string} */ address) => {
        if (address !== "vendor/echarts.js") {
          throw new TypeError("No other code is loaded.");
        }

        return address;
      },
    });
  }
})();
