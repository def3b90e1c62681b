// Shows the page anew while something is being done; without this script the browser's own button does.
const EVERY_MS = 3000;
const main = document.querySelector("main[data-busy]");

function takeOver(section, fresh) {
  if (section.contains(document.activeElement)) return; // nothing moves under a hand
  const open = [...section.querySelectorAll("details")].map((one) => one.open);
  section.replaceChildren(...fresh.childNodes);
  section.querySelectorAll("details").forEach((one, number) => (one.open = open[number] ?? false));
}

async function look() {
  if (document.hidden) return;
  let answer;
  try {
    answer = await fetch(location.pathname, { cache: "no-store" });
  } catch {
    return; // the service is being started anew, perhaps
  }
  if (answer.status === 401 || answer.status === 403) location.reload(); // to sign in again
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  for (const section of main.querySelectorAll("section")) {
    const other = fresh.querySelector(`#${section.id}`);
    if (other.innerHTML !== section.innerHTML) takeOver(section, other);
  }
  main.dataset.busy = fresh.dataset.busy;
}

async function follow() {
  await look();
  if (main.dataset.busy === "yes") setTimeout(follow, EVERY_MS);
}

if (main?.dataset.busy === "yes") setTimeout(follow, EVERY_MS);
