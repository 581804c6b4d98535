"""Commitments: what stands in the log in place of personal data."""

from hashlib import sha256
from typing import Final

SALT_BYTES: Final = 16
"""Bytes of chance in a salt: without them a short name could be guessed from its hash."""


def commitment(salt: bytes, plaintext: bytes) -> str:
    """The hex SHA-256 of salt and plaintext; with the salt erased it says nothing about anyone.

    The salt has one fixed length, so that no byte can move between the two.
    """
    assert len(salt) == SALT_BYTES, f"a salt has {SALT_BYTES} bytes, not {len(salt)}"
    return sha256(salt + plaintext).hexdigest()
