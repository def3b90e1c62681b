"""The calls on a collection's points and payload indexes, which its shard process answers."""

READS = frozenset(
    {
        "POST points",
        "POST points/scroll",
        "POST points/count",
        "POST facet",
        "POST points/query",
        "POST points/query/batch",
        "POST points/query/groups",
    }
)
WRITES = frozenset(
    {
        "PUT points",
        "POST points/delete",
        "POST points/payload",
        "PUT points/payload",
        "POST points/payload/delete",
        "POST points/payload/clear",
        "PUT points/vectors",
        "POST points/vectors/delete",
        "POST points/batch",
        "PUT index",
    }
)
ONE_POINT = "GET points/"
INDEX_OF_FIELD = "DELETE index/"
# Appended to a write that must survive a power cut before it is answered.
WAIT = "?wait"
FLUSH = "CONTROL flush"
STATUS = "CONTROL status"
STOP = "CONTROL stop"


def is_read(target: str) -> bool:
    return target in READS or (target.startswith(ONE_POINT) and target.count("/") == 1)


def is_write(target: str) -> bool:
    return target in WRITES or target.startswith(INDEX_OF_FIELD)
