// The search page's modules, each of which makes one thing quicker that works without it.
import "./search.js";
import "./picture.js";
import "./preview.js";
import "./price.js";
import "./scroll.js";

// In the place of a picture that cannot be had the page says so; the browser would draw a broken sign.
const absent = (image) => image.classList.add("absent");
document.addEventListener("error", ({ target }) => target instanceof HTMLImageElement && absent(target), true);
[...document.images].filter((image) => image.complete && !image.naturalWidth).forEach(absent); // before we listened
