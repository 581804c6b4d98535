"""The vault port: personal data under a key per person, so that one deleted key erases the person."""

from collections.abc import Iterable
from typing import Final, Protocol

import msgspec

from doorstep.vocabulary.ids import PersonId

NONCE_BYTES: Final = 12
"""Bytes of chance that a caller brings for each value it seals; never the same twice for one person."""
PLAINTEXT_BYTES_MAX: Final = 16 * 1024 * 1024
"""Bytes of one value at most; a photo is the largest."""


class ErasedError(LookupError):
    """This person was erased: what was known is gone for good, and nothing new is taken."""


class UnknownError(LookupError):
    """The vault holds no such value."""


class UnreadableError(Exception):
    """The stored bytes are not what was sealed under this person and name: damaged, or moved."""


class ErasureUnfinishedError(Exception):
    """The person's key is deleted, but a reader kept old bytes from being overwritten: erase once more."""


class Secret(msgspec.Struct, frozen=True):
    """One value of a person to keep: `field` names it, for instance `phone`; a later one replaces it."""

    person: PersonId
    field: str
    plaintext: bytes
    nonce: bytes


class Vault(Protocol):
    """Keeps values, seals bytes that lie elsewhere, and erases people."""

    def put(self, person: PersonId, field: str, plaintext: bytes, nonce: bytes) -> None:
        """Keep one value.

        Raises:
            ErasedError: where the person was erased.
        """
        ...

    def put_many(self, secrets: Iterable[Secret]) -> None:
        """Keep all of these or none, in one go.

        Raises:
            ErasedError: where one of the people was erased.
        """
        ...

    def get(self, person: PersonId, field: str) -> bytes:
        """The value kept last.

        Raises:
            ErasedError: where the person was erased.
            UnknownError: where nothing was kept under that name.
            UnreadableError: where the stored bytes are damaged.
        """
        ...

    def seal(self, person: PersonId, name: str, plaintext: bytes, nonce: bytes) -> bytes:
        """`plaintext` under the person's key, for a caller who stores it; opens under this `name` alone.

        Raises:
            ErasedError: where the person was erased.
        """
        ...

    def unseal(self, person: PersonId, name: str, sealed: bytes) -> bytes:
        """What `seal` was given.

        Raises:
            ErasedError: where the person was erased.
            UnknownError: where nothing was ever sealed for the person.
            UnreadableError: where the bytes are damaged, or sealed under another person or name.
        """
        ...

    def erase(self, person: PersonId) -> None:
        """Destroy the person's key and values, durably; once more does no harm.

        Raises:
            ErasureUnfinishedError: where another process read all the while; nobody can read the values any
                more, but deleted bytes may still lie on disk.
        """
        ...
