// Adds the next page of products when the end of the list comes near, and finds the place again on the way back.
import { announce, note, read } from "./visit.js";

// So early that whoever scrolls at leisure never sees the end.
const AHEAD = "900px";
const MOST_AT_ONCE = 20;

let adding = null;
let pages = 1;

const observer = new IntersectionObserver(
  (entries) => { if (entries.some((entry) => entry.isIntersecting)) add(); },
  { rootMargin: AHEAD },
);

/** Add the next page, one at a time. Answers whether there is one more now. */
function add() {
  const link = document.getElementById("more");
  if (!link || adding) return adding;
  const ours = (adding = append(link.href).finally(() => {
    if (adding === ours) adding = null;
  }));
  return ours;
}

async function append(address) {
  const grid = document.getElementById("grid");
  try {
    const page = await read(address);
    if (!grid.isConnected) return false; // another search has come in between
    grid.append(...page.querySelectorAll("#grid > li"));
    document.getElementById("onwards").replaceWith(page.getElementById("onwards"));
  } catch {
    observer.disconnect(); // the link stays, and can be followed
    return false;
  }
  note({ pages: ++pages });
  announce(`${grid.children.length} products shown`);
  watch();
  return true;
}

function watch() {
  observer.disconnect();
  const link = document.getElementById("more");
  if (link) observer.observe(link);
}

/** As many pages as were there, and the same place in them. */
async function restore() {
  const { pages: wanted = 1, scroll = 0 } = history.state ?? {};
  while (pages < Math.min(wanted, MOST_AT_ONCE) && (await add()));
  scrollTo({ top: scroll });
}

document.addEventListener("click", async (event) => {
  if (event.target.id !== "more" || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const { href } = event.target;
  const before = document.getElementById("grid").children.length;
  if (await add()) document.getElementById("grid").children[before]?.querySelector("a")?.focus();
  else location.assign(href);
}, { capture: true });

document.addEventListener("shown", () => {
  pages = 1;
  adding = null;
  watch();
});
document.addEventListener("returned", restore);
for (const name of ["scrollend", "pagehide"]) addEventListener(name, () => note({ scroll: scrollY }));
watch();
if (history.state) restore();
