// Sends a chosen or dropped picture at once. Without this script the form works by its button.
const form = document.querySelector(".picture");
const input = form.querySelector("input");

document.documentElement.classList.add("scripted");
input.addEventListener("change", () => input.files.length && form.requestSubmit());

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) {
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  }
});
