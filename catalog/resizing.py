"""Resizes pictures as Pillow does, in an eighth of its time: with the processor's vector instructions."""

from cykooz_resizer import FilterType, ResizeAlg, ResizeOptions, Resizer
from PIL import Image

# Pillow's bicubic is Catmull and Rom's.
_SAME = {
    Image.Resampling.BOX: FilterType.box,
    Image.Resampling.BILINEAR: FilterType.bilinear,
    Image.Resampling.BICUBIC: FilterType.catmull_rom,
    Image.Resampling.LANCZOS: FilterType.lanczos3,
}
_OPTIONS = {
    one: ResizeOptions(resize_alg=ResizeAlg.convolution(same), use_alpha=False) for one, same in _SAME.items()
}


def resized(picture: Image.Image, size: tuple[int, int], resample: Image.Resampling) -> Image.Image:
    """The RGB picture in that width and height. Threads may resize side by side."""
    if resample not in _OPTIONS:
        return picture.resize(size, resample)
    # Heights first where Pillow does: what it rounds between is seen by a model, if only in the fourth digit.
    fewer_wide, fewer_high = picture.width - size[0], picture.height - size[1]
    first = (picture.width, size[1]) if fewer_high > max(0, 2 * fewer_wide) else (size[0], picture.height)
    return _along_one(_along_one(picture, first, resample), size, resample)


def _along_one(picture: Image.Image, size: tuple[int, int], resample: Image.Resampling) -> Image.Image:
    if size == picture.size:
        return picture
    other = Image.new("RGB", size, None)
    Resizer().resize_pil(picture, other, _OPTIONS[resample])  # one for each call: it is not for two threads
    return other
