"""Which hosts and ports the shop lets pictures come from."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.errors import ImageAddressRefused
from catalog.settings import Settings
from ingest.fetch.locations import PORTS, Location


@dataclass(frozen=True)
class HostRules:
    """`hosts`: the only ones to be asked; if empty, any public one. `private_hosts`: asked wherever they are.

    Both hold names, IP addresses, or `*.name` for every host below a name.
    """

    hosts: tuple[str, ...] = ()
    private_hosts: tuple[str, ...] = ()
    ports: frozenset[int] = frozenset(PORTS.values())

    @classmethod
    def of(cls, settings: Settings) -> "HostRules":
        ports = frozenset({*PORTS.values(), *settings.image_ports})
        return cls(_canonical(settings.image_hosts), _canonical(settings.image_private_hosts), ports)

    def check(self, location: Location) -> None:
        """Raises ImageAddressRefused if the settings do not let it be asked."""
        if location.port not in self.ports:
            raise ImageAddressRefused(f"{location.authority}: port {location.port} is not in IMAGE_PORTS.")
        if self.hosts and not (_matches(location.host, self.hosts) or self.may_be_private(location.host)):
            raise ImageAddressRefused(f"{location.host}: is not in IMAGE_HOSTS.")

    def may_be_private(self, host: str) -> bool:
        return _matches(host, self.private_hosts)


def _matches(host: str, patterns: Iterable[str]) -> bool:
    return any(host.endswith(p[1:]) if p.startswith("*.") else host == p for p in patterns)


def _canonical(patterns: Iterable[str]) -> tuple[str, ...]:
    return tuple(_canonical_one(pattern.lower().strip("[]")) for pattern in patterns)


def _canonical_one(pattern: str) -> str:
    try:
        return str(ipaddress.ip_address(pattern))  # ::1 has many spellings
    except ValueError:
        return pattern.removesuffix(".")
