// The price slider: two handles over the histogram that write into the two boxes below them.
const scaleOf = (element) => {
  const scale = element.closest(".scale");
  const [low, high] = scale.querySelectorAll("input");
  return { scale, low, high, edges: JSON.parse(scale.dataset.edges), labels: JSON.parse(scale.dataset.labels) };
};

/** Neither handle passes the other: there is always a band between them. */
function keepApart(moved, { low, high, edges }) {
  if (moved === low) low.value = Math.min(low.valueAsNumber, high.valueAsNumber - 1);
  else high.value = Math.max(high.valueAsNumber, low.valueAsNumber + 1);
  // An end of the scale is no bound.
  const last = edges.length - 1;
  document.getElementById("price-gte").value = low.valueAsNumber > 0 ? edges[low.valueAsNumber] : "";
  document.getElementById("price-lte").value = high.valueAsNumber < last ? edges[high.valueAsNumber] : "";
}

function paint({ scale, low, high, labels }) {
  for (const handle of [low, high]) handle.setAttribute("aria-valuetext", labels[handle.valueAsNumber]);
  scale.querySelectorAll("rect").forEach((bar, n) => {
    bar.classList.toggle("out", n < low.valueAsNumber || n >= high.valueAsNumber);
  });
}

document.addEventListener("input", (event) => {
  if (!event.target.matches(".scale input")) return;
  const parts = scaleOf(event.target);
  keepApart(event.target, parts);
  paint(parts);
});
