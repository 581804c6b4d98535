"""Key files: secrets on disk that only their owner can read, and that appear whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

SECRET_MODE: Final = 0o600
"""Read and write for the owner alone."""
KEY_FILE_BYTES_MAX: Final = 4_096
"""Bytes of a key file that we are willing to read."""


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """Put `content` at `path`: even after a crash, a reader sees all of it or what stood there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _write_beside(path, content, mode)
    try:
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def read_or_create_secret(path: Path, content: bytes) -> bytes:
    """What `path` holds; where there is no such file, it gets `content` first.

    Of several processes that start together one wins, and all get its content.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = _write_beside(path, content, SECRET_MODE)
        with suppress(FileExistsError):
            os.link(partial, path)
        partial.unlink()
        _sync_folder(path.parent)
    with path.open("rb") as file:
        return file.read(KEY_FILE_BYTES_MAX)


def _write_beside(path: Path, content: bytes, mode: int) -> Path:
    """A file with `content`, durable, in the folder of `path` and under a name that no other writer uses."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    return partial


def _sync_folder(folder: Path) -> None:
    """Make a renamed file's name as durable as its content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
