"""Archives: one shape, and nothing hidden in it."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.engine.archive import ArchiveBrokenError, pack, unpack
from doorstep.vocabulary.packet import PACKET_BYTES_MAX, PACKET_ENTRIES_MAX

ENTRIES = {"b.txt": b"two", "a.txt": b"one", "files/c.jpg": bytes(100)}
PACKED = pack(ENTRIES)
names = st.from_regex(r"[a-z0-9_-]{1,8}(\.[a-z]{1,3})?(/[a-z0-9_-]{1,8}(\.[a-z]{1,3})?)?", fullmatch=True)


def code_of(packed: bytes) -> str:
    """Why bytes are no archive."""
    with pytest.raises(ArchiveBrokenError) as caught:
        unpack(packed)
    return caught.value.code


def zipped(entries: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> bytes:
    """What another tool makes of entries."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


@given(st.dictionaries(names, st.binary(max_size=200), min_size=1, max_size=8))
def test_entries_come_back_and_any_unzip_agrees(entries: dict[str, bytes]) -> None:
    """What is packed is unpacked, in any order of packing the same bytes, and zipfile reads it likewise."""
    packed = pack(entries)
    assert unpack(packed) == entries
    assert packed == pack(dict(reversed(entries.items())))
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == entries


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/etc/passwd", "a/../b", "a/b/c", "", ".", "..", ".hidden", "a\\b", "a b", "a\x00b", "C:x",
        "ä", "a" * 101, "a/", "a//b", "a\n", "a.",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    """No name climbs, hides, or means something else on another machine."""
    with pytest.raises(AssertionError):
        pack({name: b""})
    length = len(name.encode()).to_bytes(2, "little")
    packed = PACKED[:26] + length + PACKED[28:30] + name.encode() + PACKED[30 + len("a.txt") :]
    assert code_of(packed) == "zip_name"


@pytest.mark.parametrize(
    ("packed", "code"),
    [
        (b"", "zip_unreadable"),
        (b"hello", "zip_unreadable"),
        (b"PK\x05\x06" + bytes(18), "zip_unreadable"),
        (b"PK\x03\x04", "zip_unreadable"),
        (PACKED[:36], "zip_unreadable"),
        (PACKED[:40], "zip_layout"),
        (PACKED[:-1], "zip_layout"),
        (PACKED + b"\n", "zip_layout"),
        (PACKED + PACKED, "zip_layout"),
        (b"#!/bin/sh\n" + PACKED, "zip_unreadable"),
        (zipped(ENTRIES), "zip_layout"),
        (zipped({"a.txt": bytes(10_000)}, zipfile.ZIP_DEFLATED), "zip_layout"),
        (PACKED[:38] + PACKED, "zip_duplicate"),
        (bytes(PACKET_BYTES_MAX + 1), "zip_too_large"),
    ],
)
def test_anything_but_our_own_shape_is_refused(packed: bytes, code: str) -> None:
    """Cut, padded, prefixed, doubled and foreign zips are refused, each by name."""
    assert code_of(packed) == code


def test_the_number_of_entries_is_bounded() -> None:
    """The most that is allowed is read, and one more is not."""
    most = {f"f{n:04}": b"" for n in range(PACKET_ENTRIES_MAX)}
    packed = pack(most)
    assert unpack(packed) == most
    one_more = pack({"e": b""})[: 30 + 1]
    assert code_of(one_more + packed) == "zip_entries"
