"""Which IP addresses a stranger may have us connect to: those of the public internet, and no others."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

# Public by the registries, and yet not servers of a shop.
_NOT_SERVERS = [
    ip_network(text)
    for text in (
        "168.63.129.16/32",  # Azure's agent of the virtual machine
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "2001::/23",  # IETF protocol assignments; Teredo, which wraps an IPv4 address
        "2002::/16",  # 6to4, which does too
        "3fff::/20",  # documentation
    )
]
# All that is handed out of IPv6 for the public internet; what wraps IPv4 or stays local lies outside.
_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")

# What a host in IMAGE_PRIVATE_HOSTS may have.
_PRIVATE = [
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8")
] + [ip_network(text) for text in ("fc00::/7", "::1/128")]
# Where clouds hand out credentials to whoever asks from the machine; others of them are link-local.
_METADATA = frozenset(ip_address(text) for text in ("100.100.100.200", "fd00:ec2::254", "fd20:ce::254"))


def may_connect(address: Address, private_allowed: bool = False) -> bool:
    """Whether `address` is public, or private where that is allowed; never link-local, multicast, metadata.

    An IPv4 address that is mapped into IPv6 or reached by NAT64 counts as itself.
    """
    meant = _meant(address)
    if private_allowed and any(meant in network for network in _PRIVATE):
        return meant not in _METADATA
    return _is_public(meant)


def _meant(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address


def _is_public(address: Address) -> bool:
    # Python calls some multicast and reserved addresses global, and which ones depends on its version.
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _NOT_SERVERS)
