// Searching by words, filters, chips and "more like this": each is a form or a link that works without this module.
import { visit } from "./visit.js";

const form = document.getElementById("search");

/** The address that sending the form leads to; an empty box asks for nothing. */
export function asked() {
  const pairs = [...new FormData(form)].filter(([, value]) => value.trim());
  return `${form.action}?${new URLSearchParams(pairs)}`;
}

async function go(address, scroll) {
  if (await visit(address)) scroll();
}

function toTop() {
  scrollTo({ top: 0 });
}

/** Whoever narrows a search further down wants to see it from its beginning, but keeps the filters in sight. */
function toResults() {
  const results = document.getElementById("results");
  if (results.getBoundingClientRect().top < 0) results.scrollIntoView();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  // On a phone the keyboard would cover what was found.
  if (matchMedia("(pointer: coarse)").matches) document.activeElement.blur();
  go(asked(), toTop);
});

document.addEventListener("change", (event) => {
  if (event.target.form === form && event.target.closest("#filters")) go(asked(), toResults);
});

// The second click of a double one would fall on whatever lies there by now.
document.addEventListener("click", (event) => {
  if (event.detail > 1 && event.target.closest("main a")) event.preventDefault();
}, { capture: true });

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  const isOurs = link && link.origin === location.origin && link.pathname === new URL(form.action).pathname;
  const wantsAnotherTab = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!isOurs || link.hash || wantsAnotherTab || event.defaultPrevented) return;
  event.preventDefault();
  go(link.href, toTop);
});
