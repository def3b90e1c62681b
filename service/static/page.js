// The search page's modules, each of which makes one thing quicker that works without it.
import "./search.js";
import "./picture.js";
import "./preview.js";
import "./price.js";
import "./scroll.js";

// A picture that cannot be had leaves its product's name to be read, not a broken sign.
document.addEventListener(
  "error",
  (event) => event.target instanceof HTMLImageElement && event.target.classList.add("absent"),
  true,
);
