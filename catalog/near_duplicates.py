"""When the pictures of two items are taken for the same one."""

from typing import Final

# The cosine from which 99 of 100 pairs are one picture in two forms rather than two products that look
# alike. Measured with models/compact on 1,000 product pictures and 500 photos: variants of each (JPEG at
# quality 60, scaled, cropped by 3 %, brighter, with a border) against its nearest other product. It finds .44
# of the variants; those with a border or of very small pictures least. Perceptual hashes find most of those:
# docs/duplicates.md.
SAME_PICTURE: Final = 0.995
