"""ingest/fetch: which addresses and hosts may be connected to, and how an address is read."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import ImageAddressRefused
from ingest.fetch.addresses import may_connect
from ingest.fetch.locations import is_address, locate, redirected, without_credentials
from ingest.fetch.rules import HostRules

NEVER = [
    "0.0.0.0",  # noqa: S104 - is not bound to
    "0.1.2.3", "255.255.255.255", "224.0.0.1", "239.1.1.1", "240.0.0.1", "169.254.169.254",
    "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "168.63.129.16", "100.100.100.200",
    "::", "::127.0.0.1", "::8.8.8.8", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "100::1",
    "2001:db8::1", "2001::1", "2001:2::1", "2001:10::1", "2002:7f00:1::", "2002:808:808::", "3fff::1",
    "5f00::1", "64:ff9b:1::8.8.8.8", "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254", "::ffff:0:0", "::ffff:0:127.0.0.1", "4000::1",
]  # fmt: skip
PRIVATE = [
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1", "127.255.255.254",
    "::1", "fc00::1", "fd12:3456::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1",
    "64:ff9b::192.168.1.1",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "169.253.1.1", "223.255.255.255", "192.0.1.1",
    "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
]  # fmt: skip

# Where we are stricter than Python's is_global, which says yes to all of these.
STRICTER = [
    ip_network(text)
    for text in (
        "224.0.0.0/4", "ff00::/8",  # multicast
        "168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24",  # agents, assignments, relays
        "2001::/23", "2002::/16", "3fff::/20",  # assignments, Teredo, 6to4, documentation
        "::/3", "4000::/2", "8000::/1",  # IPv6 outside of 2000::/3: translated, reserved, local
    )
]  # fmt: skip

addresses = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
    # Hypothesis draws from the special ranges itself; these are the ones that wrap an IPv4 address.
    st.ip_addresses(v=4).map(lambda a: IPv6Address(0xFFFF << 32 | int(a))),
    st.ip_addresses(v=4).map(lambda a: IPv6Address(int(a))),
    st.ip_addresses(v=4).map(lambda a: IPv6Address(0x64FF9B << 96 | int(a))),
    st.ip_addresses(v=4).map(lambda a: IPv6Address(0x2002 << 112 | int(a) << 80)),
)


@pytest.mark.parametrize("address", NEVER)
def test_special_addresses_are_never_connected_to(address: str) -> None:
    assert not may_connect(ip_address(address))
    assert not may_connect(ip_address(address), private_allowed=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_for_hosts_that_may_have_them(address: str) -> None:
    assert not may_connect(ip_address(address))
    assert may_connect(ip_address(address), private_allowed=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_connected_to(address: str) -> None:
    assert may_connect(ip_address(address))


def wrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv6Address):
        if address in ip_network("64:ff9b::/96"):
            return IPv4Address(int(address) & 0xFFFF_FFFF)
        return address.ipv4_mapped or address
    return address


@given(addresses)
def test_no_address_is_connected_to_that_is_not_global(address: IPv4Address | IPv6Address) -> None:
    meant = wrapped(address)
    if may_connect(address):
        assert meant.is_global
        assert not meant.is_multicast
    elif meant.is_global:
        assert any(meant in network for network in STRICTER), f"{address} is global and refused"


@given(addresses)
def test_what_a_private_host_may_have_beside_public_addresses_is_private(
    address: IPv4Address | IPv6Address,
) -> None:
    if may_connect(address, private_allowed=True) and not may_connect(address):
        meant = wrapped(address)
        assert meant.is_private or meant in ip_network("100.64.0.0/10")
        assert not (meant.is_link_local or meant.is_multicast or meant.is_unspecified)


@pytest.mark.parametrize(
    ("address", "host", "port", "target"),
    [
        ("http://shop.example/a.jpg", "shop.example", 80, "/a.jpg"),
        ("HTTPS://Shop.Example.:8443/a b.jpg?x=ä#top", "shop.example", 8443, "/a%20b.jpg?x=%C3%A4"),
        ("https://bücher.example/ü.jpg", "xn--bcher-kva.example", 443, "/%C3%BC.jpg"),
        ("http://8.8.8.8/", "8.8.8.8", 80, "/"),
        ("http://[2001:DB8:0::1]:8080/", "2001:db8::1", 8080, "/"),
        ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", 80, "/"),
        ("http://1.cdn_2.example", "1.cdn_2.example", 80, "/"),
    ],
)
def test_an_address_is_read_into_what_is_asked(address: str, host: str, port: int, target: str) -> None:
    location = locate(address)
    if ":" in host:
        host = str(ip_address(host))
    assert (location.host, location.port, location.target) == (host, port, target.encode())


@pytest.mark.parametrize(
    "address",
    [
        "file:/etc/passwd", "file:///etc/passwd", "ftp://shop.example/a.jpg", "data:image/png;base64,AAAA",
        "gopher://shop.example/", "unix://run/docker.sock", "http:///a.jpg", "http:a.jpg", "http:/a.jpg",
        "http://user:secret@shop.example/", "http://user@shop.example/", "http://a\\@shop.example/",
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/",
        "http://127.0.0.0x1/", "http://1.2.3.4.5/", "http://256.1.1.1/", "http://017700000001/",
        "http://127%2e0.0.1/", "http://%31%32%37.0.0.1/", "http://shop%00.example/", "http://[fe80::1%25eth0]/",
        "http://[::1/", "http://[::1]x/", "http://[v1.x]/", "http://shop..example/", "http://.shop.example/",
        "http://shop.example:port/", "http://shop.example:99999/", "http://*.example/", "http://☃.example/",
        "http://①②⑦.0.0.1/", "http://shop.example／a", "http://sh op.example/",
        "http://shop.example/\t", "http://shop.example\r\nX: y/", f"http://{'a' * 64}.example/",
        f"http://{'a.' * 127}example/",
    ],
)  # fmt: skip
def test_what_is_not_a_plain_address_is_refused(address: str) -> None:
    with pytest.raises(ImageAddressRefused):
        HostRules().check(locate(address))


def test_other_dots_and_digits_are_read_before_they_are_judged() -> None:
    assert locate("http://127。0。0。1/").host == "127.0.0.1"
    assert locate("http://127.0.0.1./").host == "127.0.0.1"


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://", "http://[", "http://a@"]))
def test_any_text_is_read_or_refused(text: str, start: str) -> None:
    try:
        location = locate(start + text)
    except ImageAddressRefused:
        return
    assert location.host.isascii()
    assert location.target.isascii()
    assert locate(str(location)).host == location.host
    assert not set(location.host) & set("%@/\\?# ")


@given(st.text(max_size=60))
def test_any_redirect_is_read_or_refused(reference: str) -> None:
    try:
        assert redirected(locate("https://shop.example/a/b.jpg"), reference).scheme == "https"
    except ImageAddressRefused:
        pass


def test_a_redirect_may_be_relative_and_not_lose_its_encryption() -> None:
    here = locate("https://shop.example/a/b.jpg")
    assert str(redirected(here, "../c.jpg?x=1")) == "https://shop.example/c.jpg?x=1"
    assert str(redirected(here, "//cdn.example/c.jpg")) == "https://cdn.example/c.jpg"
    for reference in ("http://shop.example/a", "file:///etc/passwd", "https://u:p@shop.example/"):
        with pytest.raises(ImageAddressRefused):
            redirected(here, reference)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("http://a/b", True), ("HTTPS://a/b", True), ("ftp://a/b", True), ("data:x", True), ("file:/x", True),
        ("a/b.jpg", False), ("/a/b.jpg", False), ("C:\\a.jpg", False), ("look:1.jpg", False),
        ("a/http://b", False),
    ],
)  # fmt: skip
def test_addresses_are_told_from_files(source: str, expected: bool) -> None:
    assert is_address(source) is expected


def test_credentials_are_not_shown() -> None:
    assert without_credentials("http://user:p@ss@shop.example/a@b") == "http://shop.example/a@b"
    signed = "https://shop.example/f.csv?shop=7&Access_Token=a%3D1&X-Amz-Signature=b#c"
    shown = "https://shop.example/f.csv?shop=7&Access_Token=***&X-Amz-Signature=***#c"
    assert without_credentials(signed) == shown
    assert without_credentials("a@b.jpg") == "a@b.jpg"


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("shop.example", True), ("a.cdn.example", True), ("b.a.cdn.example", True), ("lan.example", True),
        ("192.168.1.7", True), ("[fd00::7]", True), ("cdn.example", False), ("evilshop.example", False),
        ("shop.example.evil.example", False), ("a.shop.example", False), ("xcdn.example", False),
        ("192.168.1.8", False),
    ],
)  # fmt: skip
def test_only_hosts_of_the_settings_are_asked(host: str, allowed: bool) -> None:
    rules = HostRules(("shop.example", "*.cdn.example"), ("lan.example", "192.168.1.7", "fd00::7"))
    if allowed:
        rules.check(locate(f"http://{host}/"))
    else:
        with pytest.raises(ImageAddressRefused, match="IMAGE_HOSTS"):
            rules.check(locate(f"http://{host}/"))


def test_only_ports_of_the_settings_are_asked() -> None:
    rules = HostRules(ports=frozenset({80, 443, 8080}))
    rules.check(locate("http://shop.example:8080/"))
    rules.check(locate("http://shop.example:443/"))
    for port in (0, 22, 6333, 8081):
        with pytest.raises(ImageAddressRefused, match="IMAGE_PORTS"):
            rules.check(locate(f"http://shop.example:{port}/"))
