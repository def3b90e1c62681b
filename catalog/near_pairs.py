"""All pairs of near perceptual hashes among very many, in blocks of numpy rather than one by one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from catalog.picture_hash import NEAR_SHADE, NEAR_SIGNS, SIGN_BYTES, Bytes, are_near

Pairs = npt.NDArray[np.int64]

# Hashes that are compared with each other at once: what that takes fits the cache of a core.
_BLOCK = 256


def near_pairs(hashes: Bytes, signs: int = NEAR_SIGNS) -> Iterator[Pairs]:
    """Rows of hashes that are near, each pair once; int64 `(n, 2)`. `hashes`: uint8 `(n, HASH_BYTES)`.

    In the order of their shades, so that each is compared with those of about its shade only. Half of the
    signs leave few pairs to look at further: those that differ more in a part differ more in all.
    """
    order = np.argsort(hashes[:, SIGN_BYTES], kind="stable")
    ordered = hashes[order]
    blocks = range(0, len(ordered), _BLOCK)
    with ThreadPoolExecutor(thread_name_prefix="pairs") as pool:  # numpy lets other threads run meanwhile
        for found in pool.map(lambda start: _near_in_block(ordered, start, signs), blocks):
            if len(found):
                yield order[found]


def _near_in_block(hashes: Bytes, start: int, signs: int) -> Pairs:
    words = hashes[:, : SIGN_BYTES // 2]
    block = np.ascontiguousarray(words[start : start + _BLOCK]).view(np.uint64).T
    furthest = int(hashes[min(start + _BLOCK, len(hashes)) - 1, SIGN_BYTES]) + NEAR_SHADE
    end = int(np.searchsorted(hashes[:, SIGN_BYTES], furthest, side="right"))
    found = []
    for other in range(start, end, _BLOCK):
        others = np.ascontiguousarray(words[other : other + _BLOCK]).view(np.uint64).T
        differing = np.bitwise_count(block[0][:, None] ^ others[0])
        differing += np.bitwise_count(block[1][:, None] ^ others[1])
        i, j = np.divmod(np.flatnonzero(differing <= signs), others.shape[1])
        pairs = np.stack([i + start, j + other], axis=1)
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        found.append(pairs[are_near(hashes[pairs[:, 0]], hashes[pairs[:, 1]], signs)])
    return np.concatenate(found)
