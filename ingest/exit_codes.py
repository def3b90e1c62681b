"""How the commands end; 0 if all went in."""

# Something of the feed failed; nothing could be done; somebody interrupted it.
FAILED_IN_PART, FAILED, INTERRUPTED = 1, 2, 130
