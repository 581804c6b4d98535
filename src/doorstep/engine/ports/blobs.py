"""The blob port: files such as photos, found by their content's hash, readable with a person's key alone."""

from typing import Final, Protocol

from doorstep.vocabulary.ids import PersonId

BLOB_BYTES_MAX: Final = 12 * 1024 * 1024
"""Bytes of one file at most."""


class BlobTooLargeError(Exception):
    """The file has more bytes than a blob may have."""


class BlobMissingError(LookupError):
    """No such file is kept of this person: it never was, or the person was erased."""


class BlobDamagedError(Exception):
    """The stored file is not what was put there."""


class Blobs(Protocol):
    """Keeps a person's files."""

    def put(self, content: bytes, person: PersonId) -> str:
        """Keep a file durably; returns the hex SHA-256 of its content, by which it is found again.

        Raises:
            BlobTooLargeError: above 12 MiB.
            ErasedError: where the person was erased.
        """
        ...

    def get(self, sha256: str, person: PersonId) -> bytes:
        """The file whose content has this hash.

        Raises:
            BlobMissingError: where there is none, or the person was erased.
            BlobDamagedError: where the stored bytes are not that content.
        """
        ...

    def erase(self, person: PersonId) -> None:
        """Remove all files of a person; the vault's own erasure has already made them unreadable."""
        ...
