"""Archives: a zip in exactly one shape, so that equal entries give equal bytes and no byte is free.

Entries are stored, not compressed: photos are already, no bomb can hide, and no compressor's version shows in
the bytes. Reading accepts only what writing gives; whatever a zip may carry besides (comments, gaps, a second
directory, other tools' fields) is refused, so that every reader of a packet sees the same entries.
"""

import re
from collections.abc import Mapping
from struct import Struct
from typing import Final
from zlib import crc32

from doorstep.vocabulary.packet import ENTRY_NAME_CHARS_MAX, PACKET_BYTES_MAX, PACKET_ENTRIES_MAX

ZIP_MARK: Final = b"PK\x03\x04"
"""The first bytes of every zip that has an entry."""
_DIRECTORY_MARK: Final = b"PK\x01\x02"
_END_MARK: Final = b"PK\x05\x06"
_LOCAL: Final = Struct("<4s5H3I2H")
_CENTRAL: Final = Struct("<4s6H3I5H2I")
_END: Final = Struct("<4s4H2IH")
_VERSION: Final = 20
_MADE_ON_UNIX: Final = 3 << 8 | _VERSION
_MIDNIGHT: Final = 0
_FIRST_OF_1980: Final = 1 << 5 | 1
_PLAIN_FILE: Final = 0o100644 << 16
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)?")
"""A file, or one in a folder: no way up, no absolute path, no hidden file, nothing a shell would read."""


class ArchiveBrokenError(Exception):
    """The bytes are no archive of ours; `code` is stable, the message is a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def pack(entries: Mapping[str, bytes]) -> bytes:
    """The archive of these entries: names sorted, dates fixed, nothing compressed."""
    assert 0 < len(entries) <= PACKET_ENTRIES_MAX, f"{len(entries)} entries"
    body, directory, offset = [], [], 0
    for name in sorted(entries):
        assert _is_safe(name), f"an entry cannot be called {name!r}"
        content, raw_name = entries[name], name.encode("ascii")
        sizes = (crc32(content), len(content), len(content))
        common = (_VERSION, 0, 0, _MIDNIGHT, _FIRST_OF_1980, *sizes, len(raw_name), 0)
        body += [_LOCAL.pack(ZIP_MARK, *common), raw_name, content]
        directory.append(
            _CENTRAL.pack(_DIRECTORY_MARK, _MADE_ON_UNIX, *common, 0, 0, 0, _PLAIN_FILE, offset) + raw_name
        )
        offset += _LOCAL.size + len(raw_name) + len(content)
    listing = b"".join(directory)
    end = _END.pack(_END_MARK, 0, 0, len(directory), len(directory), len(listing), offset, 0)
    return b"".join([*body, listing, end])


def unpack(packed: bytes) -> dict[str, bytes]:
    """The entries of an archive.

    Raises:
        ArchiveBrokenError: with code `zip_too_large`, `zip_unreadable`, `zip_entries`, `zip_name`,
            `zip_duplicate` or `zip_layout`.
    """
    if len(packed) > PACKET_BYTES_MAX:
        raise ArchiveBrokenError("zip_too_large", f"The packet has more than {PACKET_BYTES_MAX} bytes.")
    entries: dict[str, bytes] = {}
    offset = 0
    while packed.startswith(ZIP_MARK, offset):
        if len(entries) == PACKET_ENTRIES_MAX:
            raise ArchiveBrokenError("zip_entries", f"The packet has more than {PACKET_ENTRIES_MAX} entries.")
        name, content, offset = _entry(packed, offset)
        if name in entries:
            raise ArchiveBrokenError("zip_duplicate", f"The packet holds {name} twice.")
        entries[name] = content
    if not entries:
        raise ArchiveBrokenError("zip_unreadable", "The packet is not a zip with entries.")
    if pack(entries) != packed:
        raise ArchiveBrokenError(
            "zip_layout",
            "The zip is not byte for byte as packets are written: it was changed, or packed again elsewhere.",
        )
    return entries


def _entry(packed: bytes, offset: int) -> tuple[str, bytes, int]:
    """Name and content of the entry at `offset`, and where the next one begins."""
    if len(packed) < offset + _LOCAL.size:
        raise ArchiveBrokenError("zip_unreadable", "The packet ends within an entry.")
    header = _LOCAL.unpack_from(packed, offset)
    size, name_size = header[7], header[9]
    name_at = offset + _LOCAL.size
    content_at = name_at + name_size
    if len(packed) < content_at + size:
        raise ArchiveBrokenError("zip_unreadable", "The packet ends within an entry.")
    name = packed[name_at:content_at].decode("latin-1")
    if not _is_safe(name):
        raise ArchiveBrokenError(
            "zip_name", f"The packet holds an entry called {name[:40]!r}, which is unsafe."
        )
    return name, packed[content_at : content_at + size], content_at + size


def _is_safe(name: str) -> bool:
    return len(name) <= ENTRY_NAME_CHARS_MAX and _NAME.fullmatch(name) is not None
