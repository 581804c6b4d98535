"""Archives: written in one shape, read whoever packed them, and nothing hidden in them."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.engine.archive import ArchiveBrokenError, is_as_written, pack, unpack
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
    assert is_as_written(packed, entries)
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
    placeholder = "z" * len(name.encode())
    packed = of_infos(info(placeholder)).replace(placeholder.encode(), name.encode())
    assert code_of(packed) == ("zip_kind" if name == "a/" else "zip_name")


class Pipe:
    """A target that cannot be wound back, so that sizes are written behind each entry."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, part: bytes) -> int:
        """Take some more."""
        self.written += bytes(part)
        return len(part)

    def flush(self) -> None:
        """Nothing waits here."""


def piped(kind: int, entries: dict[str, bytes] = ENTRIES) -> bytes:
    """What another tool makes of the entries where it writes in one go."""
    out = Pipe()
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.written


def with_folder() -> bytes:
    """The entries as a tool packs them that lists folders too, and dates in a field of its own."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("files")
        for name, content in ENTRIES.items():
            info = zipfile.ZipInfo(name, (2026, 5, 4, 12, 0, 0))
            info.extra = b"UT\x05\x00\x03" + bytes(4)
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@pytest.mark.parametrize(
    "packed",
    [
        zipped(ENTRIES),
        zipped(ENTRIES, zipfile.ZIP_DEFLATED),
        piped(zipfile.ZIP_DEFLATED),
        piped(zipfile.ZIP_STORED),
        with_folder(),
        PACKED[:14] + b"\x00" + PACKED[15:],
    ],
    ids=["stored", "deflated", "in one go", "in one go, stored", "folder and dates", "checksum altered"],
)
def test_what_another_tool_packed_is_read_and_told_apart(packed: bytes) -> None:
    """Stored or deflated, with folders, dates or wrong checksums: the entries are the same, the shape not."""
    assert unpack(packed) == ENTRIES
    assert not is_as_written(packed, ENTRIES)


def patched(packed: bytes, mark: bytes, at: int, value: bytes) -> bytes:
    """The archive with bytes put into the first header that begins with a mark."""
    start = packed.index(mark) + at
    return packed[:start] + value + packed[start + len(value) :]


def of_infos(*infos: zipfile.ZipInfo) -> bytes:
    """A zip of entries as they are described, each with the same content."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for one in infos:
            archive.writestr(one, b"elsewhere")
    return out.getvalue()


def info(name: str, **fields: object) -> zipfile.ZipInfo:
    """An entry's description."""
    made = zipfile.ZipInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


DIRECTORY, END = PACKED.index(b"PK\x01\x02"), len(PACKED) - 22


@pytest.mark.parametrize(
    ("packed", "code"),
    [
        (b"", "zip_unreadable"),
        (b"hello", "zip_unreadable"),
        (b"PK\x05\x06" + bytes(18), "zip_unreadable"),
        (b"PK\x03\x04", "zip_unreadable"),
        (PACKED[:36], "zip_unreadable"),
        (PACKED[:40], "zip_unreadable"),
        (PACKED[:-1], "zip_unreadable"),
        (PACKED + b"\n", "zip_unreadable"),
        (PACKED + PACKED, "zip_hidden"),
        (b"#!/bin/sh\n" + PACKED, "zip_hidden"),
        (PACKED[:38] + PACKED, "zip_hidden"),
        (bytes(PACKET_BYTES_MAX + 1), "zip_too_large"),
    ],
)
def test_what_is_cut_padded_or_doubled_is_refused(packed: bytes, code: str) -> None:
    """Bytes before, after or instead of a zip are refused, each by name."""
    assert code_of(packed) == code


FORGED = {
    "an entry that no directory lists": (
        patched(
            patched(PACKED[:DIRECTORY] + PACKED[DIRECTORY + 51 :], b"PK\x05\x06", 8, b"\2\0\2\0"),
            b"PK\x05\x06",
            12,
            (END - DIRECTORY - 51).to_bytes(4, "little"),
        ),
        "zip_hidden",
    ),
    "a listing that is not counted": (patched(PACKED, b"PK\x05\x06", 8, b"\2\0\2\0"), "zip_hidden"),
    "another name in its own header": (patched(PACKED, b"PK\x03\x04", 30, b"z"), "zip_hidden"),
    "another size in its own header": (patched(PACKED, b"PK\x03\x04", 22, b"\2"), "zip_hidden"),
    "two entries of one name": (
        of_infos(info("a.txt"), info("b.txt")).replace(b"b.txt", b"a.txt"),
        "zip_duplicate",
    ),
    "a link": (of_infos(info("a.txt", external_attr=0o120777 << 16)), "zip_kind"),
    "an encrypted entry": (patched(PACKED, b"PK\x01\x02", 8, b"\1"), "zip_kind"),
    "another compression": (zipped(ENTRIES, zipfile.ZIP_BZIP2), "zip_kind"),
    "a comment beside an entry": (of_infos(info("a.txt", comment=b"more")), "zip_hidden"),
    "a second name in a field": (
        of_infos(info("a.txt", extra=b"up\x06\0\1" + bytes(4) + b"b")),
        "zip_hidden",
    ),
    "a field that does not end": (of_infos(info("a.txt", extra=b"UT\x09\0\3")), "zip_hidden"),
    "an end within an entry": (piped(zipfile.ZIP_STORED, {"a.txt": b"PK\x07\x08"}), "zip_hidden"),
}


@pytest.mark.parametrize("what", FORGED)
def test_nothing_can_hide_in_an_archive(what: str) -> None:
    """What two tools may read differently, or would unfold without end, is refused by name."""
    packed, code = FORGED[what]
    assert code_of(packed) == code


def test_what_unfolds_without_end_is_not_unfolded() -> None:
    """A small zip of a large file is refused by what it says, and one that lies by what it does."""
    bomb = zipped({"a.txt": bytes(PACKET_BYTES_MAX + 1)}, zipfile.ZIP_DEFLATED)
    assert code_of(bomb) == "zip_too_large"
    small = (10).to_bytes(4, "little")
    lying = patched(patched(bomb, b"PK\x03\x04", 22, small), b"PK\x01\x02", 24, small)
    assert code_of(lying) == "zip_hidden"


def test_the_number_of_entries_is_bounded() -> None:
    """The most that is allowed is read, and one more is not."""
    most = {f"f{n:04}": b"" for n in range(PACKET_ENTRIES_MAX)}
    packed = pack(most)
    assert unpack(packed) == most
    assert code_of(zipped({**most, "e": b""})) == "zip_entries"
