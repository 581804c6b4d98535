"""Addresses: where a webhook may lead, by its text and by what its name resolves to.

Whoever names an address that we call could make us call our own network. So the name is resolved once, every
address that it has is checked, and the call goes to a checked one. `ipaddress.is_global` is no such check: it
lets through addresses that carry another one inside (64:ff9b::/96, 2002::/16), and multicast.
"""

import re
import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple
from urllib.parse import urlsplit

URL_CHARS_MAX: Final = 500
"""Characters of an address."""
HTTPS_PORT: Final = 443
HTTP_PORT: Final = 80
PORT_MIN: Final = 1_024
"""Other ports than that of HTTPS begin here: below it, other services live."""
ADDRESSES_MAX: Final = 32
"""Addresses of one name; one with more is no program's that takes webhooks."""

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a name, as text."""

_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_PRINTED: Final = re.compile(r"[\x21-\x7e]+")
_NUMBER: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_LOCAL_NAMES: Final = (
    ".localhost",
    ".local",
    ".internal",
    ".lan",
    ".home.arpa",
    ".arpa",
    ".test",
    ".invalid",
)

_DENIED: Final[tuple[tuple[IPv4Network | IPv6Network, str], ...]] = tuple(
    (ip_network(network), what)
    for network, what in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "a carrier's own"),
        ("127.0.0.0/8", "this machine"),
        ("169.254.0.0/16", "this link"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "for protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.31.196.0/24", "for protocols"),
        ("192.52.193.0/24", "for protocols"),
        ("192.88.99.0/24", "a relay's"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "for protocols"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved or broadcast"),
        # Of IPv6, only what was given out for the open net is called: 2000::/3, without these.
        ("::/3", "not of the open net"),
        ("4000::/2", "not of the open net"),
        ("8000::/1", "not of the open net"),
        ("2001::/23", "for protocols"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "another address inside"),
        ("2620:4f:8000::/48", "for protocols"),
        ("3fff::/20", "for documentation"),
        ("3ffe::/16", "given back"),
    )
)


class NotCalled(Exception):
    """Nothing is sent to this address."""


class Target(NamedTuple):
    """An address by its parts; `path` has the query with it."""

    is_https: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What stands in the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = HTTPS_PORT if self.is_https else HTTP_PORT
        return host if self.port == usual else f"{host}:{self.port}"


class Addresses:
    """Says where a webhook may lead. With `local`, this machine is allowed too, and plain HTTP to it."""

    def __init__(self, *, local: bool = False, resolve: Resolve | None = None) -> None:
        self._local = local
        self._resolve = resolve or resolved

    def target(self, url: str) -> Target:
        """The parts of an address.

        Raises:
            NotCalled: nothing is ever sent there; says why.
        """
        if len(url) > URL_CHARS_MAX or not _PRINTED.fullmatch(url) or "\\" in url:
            raise NotCalled(f"an address has up to {URL_CHARS_MAX} printed ASCII characters and no backslash")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as fault:
            raise NotCalled("it is no address") from fault
        host = (parts.hostname or "").removesuffix(".")
        if parts.scheme not in ("http", "https") or not url.lower().startswith(f"{parts.scheme}://"):
            raise NotCalled("an address begins with https://")
        if "@" in parts.netloc or "%" in parts.netloc or "#" in url:
            raise NotCalled("an address has no user, no escaped host and no fragment")
        literal = _literal(host)
        is_here = _is_loopback(literal) if literal is not None else host == "localhost"
        if literal is None and not (is_here and self._local):
            _check_name(host)
        is_https = parts.scheme == "https"
        if not is_https and not (self._local and is_here):
            raise NotCalled("an address begins with https://")
        if literal is not None:
            self._check(literal)
        port = (HTTPS_PORT if is_https else HTTP_PORT) if port is None else port
        if port != HTTPS_PORT and port < PORT_MIN and not (self._local and is_here):
            raise NotCalled(f"a port is {HTTPS_PORT}, or {PORT_MIN} and above")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(is_https, host, port, path)

    def checked(self, target: Target) -> Address:
        """The address to connect to: the first of the name's, after all of them were checked.

        Raises:
            NotCalled: the name has none, or one of them is not to be called.
        """
        found = self._resolve(target.host, target.port)
        if not found:
            raise NotCalled(f"{target.host} has no address")
        if len(found) > ADDRESSES_MAX:
            raise NotCalled(f"{target.host} has more than {ADDRESSES_MAX} addresses")
        addresses = [ip_address(text) for text in found]
        for address in addresses:
            self._check(address)
        return addresses[0]

    def _check(self, address: Address) -> None:
        if self._local and _is_loopback(address):
            return
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            raise NotCalled(f"{address} is not to be called: this link")
        what = next(
            (what for net, what in _DENIED if address.version == net.version and address in net), None
        )
        if what is not None:
            raise NotCalled(f"{address} is not to be called: {what}")


def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a name by the machine's own resolver.

    Raises:
        NotCalled: it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise NotCalled(f"{host} has no address") from fault
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _check_name(host: str) -> None:
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise NotCalled(
            "a host is a full name of letters, digits and hyphens, or an address as it is written"
        )
    if host.endswith(_LOCAL_NAMES):
        raise NotCalled(f"{host} is a name of a local network")


def _literal(host: str) -> Address | None:
    """The address that a host is; None where it is a name.

    Raises:
        NotCalled: it ends like a number and is no address as people write it: 127.1, 0x7f.1.
    """
    try:
        return ip_address(host)
    except ValueError:
        if ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]):
            raise NotCalled(f"{host} is no address as people write it") from None
        return None


def _is_loopback(address: Address) -> bool:
    return address == IPv6Address("::1") or (isinstance(address, IPv4Address) and address.is_loopback)
