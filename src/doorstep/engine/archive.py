"""Archives: a zip in exactly one shape, so that equal entries give equal bytes.

Written, entries are stored and not compressed: photos are already, and no compressor's version shows in the
bytes. Read is also what other tools make of the same entries, for people unpack packets and pack them again,
and who checks one wants to hear of its content. But every byte has to belong to what the directory lists,
once and without a gap: whatever two readers might take differently is refused.
"""

import re
from collections.abc import Mapping
from struct import Struct
from typing import Final, NamedTuple
from zlib import MAX_WBITS, crc32, decompressobj
from zlib import error as ZlibError  # noqa: N812 - zlib spells its class in lower case, others are not so read

from doorstep.vocabulary.packet import ENTRY_NAME_CHARS_MAX, PACKET_BYTES_MAX, PACKET_ENTRIES_MAX

ZIP_MARK: Final = b"PK\x03\x04"
"""The first bytes of every zip that has an entry."""
_DIRECTORY_MARK: Final = b"PK\x01\x02"
_END_MARK: Final = b"PK\x05\x06"
_LOCAL: Final = Struct("<4s5H3I2H")
_CENTRAL: Final = Struct("<4s6H3I5H2I")
_END: Final = Struct("<4s4H2IH")
_SIZES_MARK: Final = b"PK\x07\x08"
_SIZES: Final = Struct("<3I")
_EXTRA: Final = Struct("<2H")
_VERSION: Final = 20
_UNIX: Final = 3
_MADE_ON_UNIX: Final = _UNIX << 8 | _VERSION
_STORED: Final = 0
_DEFLATED: Final = 8
_SIZES_FOLLOW: Final = 1 << 3
_FLAGS_READ: Final = _SIZES_FOLLOW | 0b110 | 1 << 11
"""Sizes that follow, how hard a compressor tried, names in UTF-8; nothing that encrypts or patches."""
_KIND_BITS: Final = 0o170000
_FILE_KIND: Final = 0o100000
_FOLDER_KIND: Final = 0o040000
_RENAMING_FIELDS: Final = (0x0001, 0x7075)
"""Zip64's sizes, which no packet needs, and Info-ZIP's name in Unicode."""
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


def is_as_written(packed: bytes, entries: Mapping[str, bytes]) -> bool:
    """Whether the bytes are what `pack` makes of these entries, or another tool's work around them."""
    return pack(entries) == packed


def unpack(packed: bytes) -> dict[str, bytes]:
    """The entries of an archive, whoever packed it; folders are passed over.

    The zip's own checksums are not looked at: hashes and signatures vouch for what is inside.

    Raises:
        ArchiveBrokenError: with code `zip_too_large`, `zip_unreadable`, `zip_entries`, `zip_name`,
            `zip_duplicate`, `zip_kind` or `zip_hidden`.
    """
    if len(packed) > PACKET_BYTES_MAX:
        raise ArchiveBrokenError("zip_too_large", f"The packet has more than {PACKET_BYTES_MAX} bytes.")
    directory_at, members = _directory(packed)
    if sum(member.size for member in members) > PACKET_BYTES_MAX:
        raise ArchiveBrokenError(
            "zip_too_large", f"The packet unfolds to more than {PACKET_BYTES_MAX} bytes."
        )
    entries: dict[str, bytes] = {}
    offset = 0
    for member in sorted(members, key=lambda member: member.offset):
        if member.offset != offset:
            raise _hidden(f"there are bytes before {member.name} that belong to no entry")
        content, offset = _content(packed, member)
        if not member.is_folder:
            entries[member.name] = content
    if offset != directory_at:
        raise _hidden("there are bytes after the last entry that belong to none")
    if not entries:
        raise ArchiveBrokenError("zip_unreadable", "The packet is not a zip with entries.")
    return entries


class _Member(NamedTuple):
    """An entry as the directory lists it; `packed_size` and `size` are bytes before and after inflating."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    packed_size: int
    size: int
    offset: int

    @property
    def is_folder(self) -> bool:
        """Whether it only stands for a folder."""
        return self.name.endswith("/")

    @property
    def is_readable(self) -> bool:
        """Whether it is stored or deflated and nothing else, and a folder is empty."""
        as_stored = self.method == _STORED and self.packed_size == self.size
        known = as_stored or self.method == _DEFLATED
        return known and not self.flags & ~_FLAGS_READ and not (self.is_folder and self.size)


def _directory(packed: bytes) -> tuple[int, list[_Member]]:
    """Where the directory begins, and what it lists."""
    end_at = len(packed) - _END.size
    if end_at < 0 or not packed.startswith(_END_MARK, end_at):
        raise ArchiveBrokenError(
            "zip_unreadable", "The packet does not end as a zip does: it was cut, or something was added."
        )
    _, disk, first_disk, here, count, size, offset, comment = _END.unpack_from(packed, end_at)
    if count > PACKET_ENTRIES_MAX:
        raise ArchiveBrokenError("zip_entries", f"The packet has more than {PACKET_ENTRIES_MAX} entries.")
    if (disk, first_disk, here, comment) != (0, 0, count, 0) or offset + size != end_at:
        raise _hidden("its directory does not stand right before its end")
    members: list[_Member] = []
    names: set[str] = set()
    at = offset
    for _ in range(count):
        member, at = _member(packed, at, end_at)
        if member.name in names:
            raise ArchiveBrokenError("zip_duplicate", f"The packet holds {member.name} twice.")
        names.add(member.name)
        members.append(member)
    if at != end_at:
        raise _hidden("its directory lists more than it counts")
    return offset, members


def _member(packed: bytes, at: int, end_at: int) -> tuple[_Member, int]:
    """The directory's entry at a byte, and where the next one begins."""
    if end_at < at + _CENTRAL.size or not packed.startswith(_DIRECTORY_MARK, at):
        raise ArchiveBrokenError("zip_unreadable", "The packet's directory cannot be read.")
    header = _CENTRAL.unpack_from(packed, at)
    made_by, flags, method = header[1], header[3], header[4]
    packed_size, size, name_size, extra_size, comment_size, disk = header[8:14]
    attributes, offset = header[15:17]
    name_at = at + _CENTRAL.size
    extra_at = name_at + name_size
    next_at = extra_at + extra_size + comment_size
    if end_at < next_at:
        raise ArchiveBrokenError("zip_unreadable", "The packet's directory cannot be read.")
    raw_name = packed[name_at:extra_at]
    name = raw_name.decode("latin-1")
    if not (_is_safe(name) or _is_folder(name)):
        raise ArchiveBrokenError(
            "zip_name", f"The packet holds an entry called {name[:40]!r}, which is unsafe."
        )
    if comment_size or disk:
        raise _hidden(f"{name} has a comment, or lies in another part")
    _refuse_renaming(packed[extra_at : extra_at + extra_size], name)
    if made_by >> 8 == _UNIX:
        kind, wanted = (attributes >> 16) & _KIND_BITS, _FOLDER_KIND if _is_folder(name) else _FILE_KIND
        if kind not in (0, wanted):
            raise ArchiveBrokenError("zip_kind", f"{name} is neither a plain file nor a folder.")
    member = _Member(name, raw_name, flags, method, packed_size, size, offset)
    if not member.is_readable:
        raise ArchiveBrokenError("zip_kind", f"{name} is packed in a way that is not read, or encrypted.")
    return member, next_at


def _content(packed: bytes, member: _Member) -> tuple[bytes, int]:
    """What an entry holds, and the byte after it; its own header has to say what the directory says."""
    at = member.offset
    if len(packed) < at + _LOCAL.size or not packed.startswith(ZIP_MARK, at):
        raise ArchiveBrokenError("zip_unreadable", f"{member.name} is not where the directory says.")
    header = _LOCAL.unpack_from(packed, at)
    flags, method, sizes, name_size, extra_size = header[2], header[3], header[7:9], header[9], header[10]
    name_at = at + _LOCAL.size
    extra_at = name_at + name_size
    content_at = extra_at + extra_size
    told = (member.packed_size, member.size)
    # A tool that writes in one go knows the sizes only afterwards, and writes them behind the content.
    comes_later = bool(flags & _SIZES_FOLLOW)
    unknown = comes_later and sizes == (0, 0)
    if (packed[name_at:extra_at], flags, method) != (member.raw_name, member.flags, member.method) or not (
        sizes == told or unknown
    ):
        raise _hidden(f"{member.name} is another entry in the directory than in its own header")
    _refuse_renaming(packed[extra_at:content_at], member.name)
    end = content_at + member.packed_size
    if len(packed) < end:
        raise ArchiveBrokenError("zip_unreadable", "The packet ends within an entry.")
    content = packed[content_at:end]
    if member.method == _DEFLATED:
        content = _inflated(content, member)
    elif unknown and b"PK" in content:
        # A reader in one go looks for a mark to find the end, and might find one, or an entry, in the midst.
        raise _hidden(f"nothing before {member.name} says where it ends")
    return content, _after_sizes(packed, end, told) if comes_later else end


def _after_sizes(packed: bytes, at: int, told: tuple[int, int]) -> int:
    """The byte after the checksum and sizes that follow an entry, with a mark before them or without."""
    for start in (at + len(_SIZES_MARK), at):
        marked = start == at or packed.startswith(_SIZES_MARK, at)
        if marked and len(packed) >= start + _SIZES.size and _SIZES.unpack_from(packed, start)[1:] == told:
            return start + _SIZES.size
    raise _hidden("the sizes that follow an entry are not the directory's")


def _inflated(content: bytes, member: _Member) -> bytes:
    """The content unfolded; never more than one byte beyond the size that was counted against the limit."""
    stream = decompressobj(wbits=-MAX_WBITS)
    try:
        found = stream.decompress(content, member.size + 1)
    except ZlibError as fault:
        raise ArchiveBrokenError("zip_unreadable", f"{member.name} cannot be unfolded.") from fault
    if len(found) != member.size or not stream.eof or stream.unused_data:
        raise _hidden(f"{member.name} does not unfold to the size that the directory says")
    return found


def _refuse_renaming(extra: bytes, name: str) -> None:
    """No field of another tool may give an entry a second name or size; dates and owners may stand."""
    at = 0
    while at < len(extra):
        if len(extra) < at + _EXTRA.size:
            raise _hidden(f"{name} has a field that does not end")
        kind, size = _EXTRA.unpack_from(extra, at)
        at += _EXTRA.size + size
        if at > len(extra) or kind in _RENAMING_FIELDS:
            raise _hidden(f"{name} has a field that may give it another name or size")


def _hidden(why: str) -> ArchiveBrokenError:
    return ArchiveBrokenError("zip_hidden", f"Two readers may see different entries in the zip: {why}.")


def _is_safe(name: str) -> bool:
    return len(name) <= ENTRY_NAME_CHARS_MAX and _NAME.fullmatch(name) is not None


def _is_folder(name: str) -> bool:
    return name.endswith("/") and "/" not in name[:-1] and _is_safe(name[:-1])
