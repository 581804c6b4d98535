"""Where webhooks may lead."""

from collections.abc import Sequence

import pytest

from doorstep.adapters.webhooks.addresses import Addresses, NotCalled

OPEN = "93.184.215.14"

REFUSED_TEXTS = (
    "http://example.com/", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "https:example.com/",
    "https:///example.com/", "https://", "https://localhost/", "https://localhost./", "https://LOCALHOST:443/",
    "https://intranet/", "https://metadata.google.internal/", "https://printer.local/", "https://box.home.arpa/",
    "https://user:pw@example.com/", "https://example.com@127.0.0.1/", "https://example.com#@127.0.0.1/",
    "https://127.0.0.1:443\\@example.com/", "https://127.0.0.1%2f@example.com/", "https://127.0.0.1%00.example.com/",
    "https://example.com\r\nX: y/", "https://example.com/a b", "https://127\u30020\u30020\u30021/",
    "https://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/", "https://0/", "https://127.1/", "https://2130706433/",
    "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://017700000001/", "https://1.2.3.4.5/",
    "https://example.com:22/", "https://example.com:25/", "https://example.com:0/", "https://example.com:99999/",
    "https://example.com/" + "a" * 500,
)  # fmt: skip
REFUSED_ADDRESSES = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.1",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
    "::ffff:93.184.215.14", "64:ff9b::7f00:1", "64:ff9b::5db8:d70e", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:5db8:d70e::1", "3fff::1", "5f00::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
)  # fmt: skip


def leading_to(*addresses: str, local: bool = False) -> Addresses:
    """Addresses where every name leads to these."""

    def resolve(host: str, port: int) -> Sequence[str]:
        del host, port
        return addresses

    return Addresses(local=local, resolve=resolve)


@pytest.mark.parametrize("url", REFUSED_TEXTS)
def test_an_address_that_reads_wrong_is_refused(url: str) -> None:
    """Other schemes, users, escapes, numbers that are no address, local names, ports of other services."""
    with pytest.raises(NotCalled):
        leading_to(OPEN).target(url)


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_what_is_not_of_the_open_net_is_not_called(address: str) -> None:
    """Neither written into the address nor behind a name, nor as one of several addresses of a name."""
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(NotCalled):
        leading_to(OPEN).target(f"https://{host}/")
    for found in ((address,), (OPEN, address), (address, OPEN)):
        addresses = leading_to(*found)
        with pytest.raises(NotCalled):
            addresses.checked(addresses.target("https://hooks.example.com/"))


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://example.com/hook", "example.com", "/hook"),
        ("https://hooks.example.com:443/a?b=c", "hooks.example.com", "/a?b=c"),
        ("https://hooks.example.com:8443", "hooks.example.com:8443", "/"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", "/"),
        ("https://93.184.215.14/", "93.184.215.14", "/"),
        ("https://[2606:4700::1111]/", "[2606:4700::1111]", "/"),
    ],
)
def test_an_address_of_the_open_net_is_called(url: str, authority: str, path: str) -> None:
    """It keeps its name and its path, and the connection goes to the address that was checked."""
    addresses = leading_to("2606:4700::1111", OPEN)
    target = addresses.target(url)
    assert (target.authority, target.path) == (authority, path)
    assert str(addresses.checked(target)) == "2606:4700::1111"


def test_a_name_without_an_address_is_not_called() -> None:
    """Nor one with more addresses than any program has."""
    for found in ((), (OPEN,) * 33):
        addresses = leading_to(*found)
        with pytest.raises(NotCalled):
            addresses.checked(addresses.target("https://hooks.example.com/"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8001/in", "http://localhost:80/", "http://[::1]:9000/"])
def test_this_machine_is_called_only_where_that_is_set(url: str) -> None:
    """For trying out, also by plain HTTP; nothing else is opened by it."""
    with pytest.raises(NotCalled):
        leading_to("127.0.0.1").target(url)
    here = leading_to("127.0.0.1", local=True)
    assert here.checked(here.target(url)).is_loopback
    for other in (
        "http://10.0.0.1:8001/",
        "http://example.com:8001/",
        "https://192.168.0.1/",
        "https://intranet/",
    ):
        with pytest.raises(NotCalled):
            here.target(other)
