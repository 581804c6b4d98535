"""Container: one map in one file, self-describing, checked on reading, the same bytes for the same map.

Layout: `MAGIC`, the length of the head (4 bytes, big-endian), the head as JSON, then each array's bytes,
compressed by zlib, one after another in the head's order.
"""

import hashlib
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from doorstep.adapters.maps.speeds import SpeedModel
from doorstep.engine.ports.travel import MapUnreadable

MAGIC: Final = b"DOORSTEP-MAP\x00\x01\r\n"
"""Marks the file; the two bytes after the zero are broken by programs that translate line ends."""

VERSION: Final = 1
"""Raised when an older Doorstep could misread a newer map."""

HEAD_BYTES_MAX: Final = 1 << 20
ARRAY_BYTES_MAX: Final = 1 << 31
"""No array of a map is larger: a file that claims so is broken or hostile, bytes."""

_LEVEL: Final = 6
_LENGTH_BYTES: Final = 4
_DTYPES: Final = frozenset({"<i4", "<i8", "|u1", "<u2", "|i1"})


class MapFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a map says about itself. Bounds are south, west, north, east in degrees."""

    source: str
    source_sha256: str
    attribution: str
    zone: str | None
    bounds: tuple[float, float, float, float]
    nodes: int
    counts: dict[str, int]
    speeds: SpeedModel


class _Block(msgspec.Struct, frozen=True):
    name: str
    dtype: str
    shape: int
    stored: int


class _Head(msgspec.Struct, frozen=True):
    version: int
    content_sha256: str
    facts: MapFacts
    blocks: tuple[_Block, ...]


class MapFile(msgspec.Struct, frozen=True):
    """A map as read: its facts, its flat arrays by name, and the hash of both."""

    facts: MapFacts
    arrays: dict[str, NDArray[Any]]
    content_sha256: str


def _content_hash(facts: MapFacts, arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256(msgspec.json.encode(facts, order="sorted"))
    for name, array in arrays.items():
        digest.update(f"\n{name} {array.dtype.str} {len(array)}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def write_map(out: Path, facts: MapFacts, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Writes a map and returns its content hash; a reader never sees half a file.

    Raises:
        OSError: The place cannot be written.
    """
    stored = [zlib.compress(array.tobytes(), _LEVEL) for array in arrays.values()]
    blocks = tuple(
        _Block(name, array.dtype.str, len(array), len(packed))
        for (name, array), packed in zip(arrays.items(), stored, strict=True)
    )
    assert all(block.dtype in _DTYPES for block in blocks), "a map holds little-endian whole numbers only"
    content = _content_hash(facts, arrays)
    head = msgspec.json.encode(_Head(VERSION, content, facts, blocks), order="sorted")
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            file.write(MAGIC)
            file.write(len(head).to_bytes(_LENGTH_BYTES, "big"))
            file.write(head)
            file.writelines(stored)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return content


def read_map(path: Path) -> MapFile:
    """Reads a map and checks every byte of it against its hash.

    Raises:
        MapUnreadable: The file is missing, no map, a newer map, cut off or changed.
    """
    try:
        packed = path.read_bytes()
    except OSError as missing:
        raise MapUnreadable(f"{path} cannot be read: {missing.strerror}.") from missing
    if not packed.startswith(MAGIC):
        raise MapUnreadable(
            f"{path.name} is no Doorstep map; make one with: doorstep map build FILE --out CITY.map."
        )
    broken = f"{path.name} is a damaged map; build it again."
    start = len(MAGIC) + _LENGTH_BYTES
    head_bytes = int.from_bytes(packed[len(MAGIC) : start], "big")
    if not 0 < head_bytes <= HEAD_BYTES_MAX:
        raise MapUnreadable(broken)
    try:
        if msgspec.json.decode(packed[start : start + head_bytes], type=dict)["version"] != VERSION:
            raise MapUnreadable(f"{path.name} was made by another version of Doorstep; build it again.")
        head = msgspec.json.decode(packed[start : start + head_bytes], type=_Head)
        arrays = _unpack(packed, start + head_bytes, head.blocks)
    except (msgspec.MsgspecError, KeyError, ValueError, zlib.error) as damage:
        raise MapUnreadable(broken) from damage
    if _content_hash(head.facts, arrays) != head.content_sha256:
        raise MapUnreadable(broken)
    return MapFile(head.facts, arrays, head.content_sha256)


def _unpack(packed: bytes, at: int, blocks: tuple[_Block, ...]) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    for block in blocks:
        if block.dtype not in _DTYPES:
            raise ValueError(block.dtype)
        dtype = np.dtype(block.dtype)
        size = block.shape * dtype.itemsize
        if not 0 <= size <= ARRAY_BYTES_MAX or block.stored < 0:
            raise ValueError(size)
        # The promised size bounds what is unpacked, so a small file cannot fill the memory.
        raw = zlib.decompressobj().decompress(packed[at : at + block.stored], size + 1)
        if len(raw) != size:
            raise ValueError(size)
        arrays[block.name] = np.frombuffer(raw, dtype=dtype)
        at += block.stored
    if at != len(packed):
        raise ValueError(at)
    return arrays
