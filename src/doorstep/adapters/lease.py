"""Leases: which market a data folder holds, and which one process runs it.

The lock is the operating system's, so that it ends with its process, however that ends. What the file says is
for people alone.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from doorstep.adapters.keyfiles import read_or_create_secret

LOCK_FILE: Final = "market.lock"
NAME_FILE: Final = "market.id"
FOLDER_MODE: Final = 0o700
"""The folder holds people's addresses: it is its owner's alone."""
NOTE_BYTES_MAX: Final = 500
"""Bytes that are read of what a holder left in the lock file."""


class FolderTaken(Exception):
    """Another process runs the market of this folder."""


class FolderUnusable(Exception):
    """No market can be kept in this folder."""


class Lease:
    """The right to run the market of a folder; the folder is made where there is none.

    Raises:
        FolderTaken: another process has it; the message says which.
        FolderUnusable: it cannot be made, written or locked.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            self._handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileExistsError as fault:
            raise FolderUnusable(f"{folder} is a file, not a folder") from fault
        except OSError as fault:
            raise FolderUnusable(f"{folder} cannot be written: {fault.strerror}") from fault
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            note = os.pread(self._handle, NOTE_BYTES_MAX, 0).decode(errors="replace")
            os.close(self._handle)
            raise FolderTaken(f"the market in {folder} is run by {_in_one_line(note)}") from fault
        except OSError as fault:
            os.close(self._handle)
            raise FolderUnusable(f"{folder} cannot be locked: {fault.strerror}") from fault
        self.note(f"process {os.getpid()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def note(self, who: str) -> None:
        """Leave a line for whoever finds the folder taken."""
        # Advice for people: a full disk must not end the market here, the log will say so soon enough.
        with suppress(OSError):
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, who.encode(), 0)

    def release(self) -> None:
        """Let the folder go."""
        os.close(self._handle)


def market_in(folder: Path) -> str | None:
    """The id of the market that a folder holds, None where it holds none.

    Raises:
        FolderUnusable: it cannot be read.
    """
    try:
        return (folder / NAME_FILE).read_text(encoding="utf-8").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as fault:
        raise FolderUnusable(f"{folder / NAME_FILE} cannot be read: {fault}") from fault


def claim(folder: Path, market: str) -> str:
    """Say that the folder holds this market; the id of the one that it holds, which was here first.

    Raises:
        FolderUnusable: it cannot be written.
    """
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        return read_or_create_secret(folder / NAME_FILE, market.encode()).decode().strip()
    except FileExistsError as fault:
        raise FolderUnusable(f"{folder} is a file, not a folder") from fault
    except OSError as fault:
        raise FolderUnusable(f"{folder} cannot be written: {fault.strerror}") from fault


def _in_one_line(note: str) -> str:
    told = "".join(letter if letter.isprintable() else " " for letter in note).strip()
    return told or "another process"
