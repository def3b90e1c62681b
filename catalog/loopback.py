"""Tells this machine's own addresses from those that others can reach."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=1024)
def on_loopback(address: str | None) -> bool:
    """Whether this is an IP address that only this machine can have."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:  # a name, or a Unix socket, which usually has a proxy before it
        return False
    mapped = getattr(ip, "ipv4_mapped", None)  # ::ffff:127.0.0.1, which a dual-stack socket says
    return bool((mapped or ip).is_loopback)
