"""When two pictures are the same one."""

SAME_PICTURE = 0.97
