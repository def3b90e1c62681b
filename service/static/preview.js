// Shows a customer's own picture beside the search that it is part of. Only this browser has it, and only until its
// tab is closed; whoever got the address from someone else sees a drawing in its place.
const SIDE_PX = 96;

/** Remember the small copy of `picture`, an ImageBitmap, under its text in the address. */
export function keep(text, picture) {
  const scale = SIDE_PX / Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE_PX;
  const drawing = canvas.getContext("2d");
  drawing.fillStyle = "#fff";
  drawing.fillRect(0, 0, SIDE_PX, SIDE_PX);
  const [width, height] = [picture.width * scale, picture.height * scale];
  drawing.drawImage(picture, (SIDE_PX - width) / 2, (SIDE_PX - height) / 2, width, height);
  try {
    sessionStorage.setItem(text, canvas.toDataURL("image/jpeg", 0.8));
  } catch {
    sessionStorage.clear(); // full of earlier ones
  }
  show();
}

function show() {
  for (const place of document.querySelectorAll("[data-picture]")) {
    const address = sessionStorage.getItem(place.dataset.picture);
    if (!address) continue;
    const image = new Image(40, 40);
    image.alt = "";
    image.src = address;
    place.replaceChildren(image);
  }
}

document.addEventListener("shown", show);
show();
