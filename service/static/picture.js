// Searching by a picture: chosen, taken with the camera, pasted or dropped. It is made small before it is sent.
import { keep } from "./preview.js";
import { asked } from "./search.js";
import { announce, visit } from "./visit.js";

// Models look at a few hundred pixels; a phone's photo has twelve million, and a slow way to go.
const SENT_PX = 640;
const QUALITY = 0.9;

const landing = document.getElementById("landing");

async function searchBy(file) {
  announce("Looking at your picture");
  const picture = await decoded(file);
  const form = new FormData();
  form.append("image", picture ? await shrunk(picture) : file, "picture");
  const address = await visit(asked(), { form });
  if (!address) return;
  scrollTo({ top: 0 });
  if (picture) keep(new URL(address).searchParams.get("picture"), picture);
}

/** Null if this browser cannot read it; the service may, or says what is wrong with it. */
async function decoded(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    return null;
  }
}

/** A JPEG that is no larger than need be, on white where the picture is transparent, as the service reads it too. */
function shrunk(picture) {
  const scale = Math.min(1, SENT_PX / Math.min(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const drawing = canvas.getContext("2d");
  drawing.fillStyle = "#fff";
  drawing.fillRect(0, 0, canvas.width, canvas.height);
  drawing.imageSmoothingQuality = "high";
  drawing.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
}

function pictureIn(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/"));
}

for (const input of document.querySelectorAll("#picture input[type=file]")) {
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = ""; // so that the same picture can be chosen again
    if (file) await searchBy(file);
  });
}

document.addEventListener("paste", (event) => {
  const file = pictureIn(event.clipboardData);
  if (!file) return; // words, for the box
  event.preventDefault();
  searchBy(file);
});

document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  landing.hidden = false;
});

document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) landing.hidden = true; // it left the window
});

document.addEventListener("drop", (event) => {
  landing.hidden = true;
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  const file = pictureIn(event.dataTransfer) ?? event.dataTransfer.files[0]; // the service says why it is none
  if (file) searchBy(file);
});
