"""Tells a want of memory, in whatever way Python says it, from a fault of ours."""

import errno
import traceback

from service.errors import OutOfMemory


def out_of_memory(error: BaseException) -> OutOfMemory | None:
    """What is told instead of `error`; None if that is no want of memory.

    What the failed call still holds is let go first, such as the pixels of half a picture: the answer needs
    some memory, too.
    """
    if not _is_shortage(error):
        return None
    traceback.clear_frames(error.__traceback__)
    return OutOfMemory(f"{type(error).__name__}: {error}".rstrip(": "))


def _is_shortage(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    # A thread needs a stack; Python has no class of its own for it.
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and str(error) == "can't start new thread"
    )
