// Goes to another state of the page without loading it anew: fetches that state's address, which the service renders
// whole, and puts the parts that differ in place. Where that fails, the browser goes there by itself.
const PARTS = ["filters", "results"];

const box = document.getElementById("text");

let fetching = new AbortController();
let shown = addressOf(location);

/** Show the state at `address`; with `form`, what sending that form there leads to. Answers the state's address,
 *  or null if there is nothing to show: then `form` was refused, and the page says why. Without `remember` it is the
 *  browser that went there. */
export async function visit(address, { form = null, remember = true } = {}) {
  fetching.abort();
  const ours = (fetching = new AbortController());
  const words = box.value;
  busy(true);
  try {
    const response = await fetch(address, { method: form ? "POST" : "GET", body: form, signal: ours.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!page.getElementById("results")) throw new Error("no page of ours");
    if (form && !response.ok) return tell(page.querySelector("#results p").textContent);
    if (remember) leaveFor(response.url);
    else if (addressOf(location) !== addressOf(new URL(response.url))) return null; // gone on meanwhile
    shown = addressOf(new URL(response.url));
    put(page, words);
    return response.url;
  } catch (error) {
    if (error.name === "AbortError") return null;
    if (form) return tell("The picture could not be sent. Please try again.");
    location.assign(address);
    return null;
  } finally {
    if (ours === fetching) busy(false);
  }
}

/** Another page of the service, as a document, for what is added to this one. */
export async function read(address, signal) {
  const response = await fetch(address, { signal });
  if (!response.ok) throw new Error(`${response.status} of ${address}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** Say something to those who listen to the page. */
export function announce(text) {
  document.getElementById("status").textContent = text;
}

/** Keep `facts` with the state that is shown, for when someone comes back to it. */
export function note(facts) {
  // On the way back the address is already that of a state which is still being fetched.
  if (addressOf(location) === shown) history.replaceState({ ...history.state, ...facts }, "");
}

function tell(text) {
  document.getElementById("trouble").textContent = text;
  return null;
}

function leaveFor(address) {
  note({ scroll: scrollY });
  history.pushState({}, "", address);
}

/** `words`: what was in the box when this page was asked for; what is typed since then stays there. */
function put(page, words) {
  const focused = document.activeElement?.id;
  const open = [...document.querySelectorAll("details[open][id]")].map((each) => each.id);
  const row = document.querySelector(".category .row")?.scrollLeft ?? 0;
  for (const id of PARTS) document.getElementById(id).replaceWith(page.getElementById(id));
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  document.querySelector(".category .row")?.scrollTo({ left: row });
  document.title = page.title;
  const theirs = page.getElementById("text");
  if (box.value === words) box.value = theirs.value;
  box.placeholder = theirs.placeholder;
  tell("");
  refocus(focused);
  announce(document.getElementById("tally")?.textContent ?? document.querySelector("h1").textContent);
  document.dispatchEvent(new Event("shown"));
}

/** What had the focus keeps it; if it is gone, the heading of what is there now gets it. */
function refocus(id) {
  if (document.activeElement !== document.body) return;
  const target = (id && document.getElementById(id)) || document.querySelector("h1");
  target.focus({ preventScroll: true });
}

function busy(is) {
  document.getElementById("results").ariaBusy = String(is);
  document.body.classList.toggle("busy", is);
}

function addressOf({ pathname, search }) {
  return pathname + search;
}

history.scrollRestoration = "manual"; // what was scrolled to may have to be fetched first: see scroll.js
addEventListener("popstate", async () => {
  if (addressOf(location) === shown) return; // only the part after # is another, or it was left and came back to
  if (await visit(location.href, { remember: false })) document.dispatchEvent(new Event("returned"));
});
