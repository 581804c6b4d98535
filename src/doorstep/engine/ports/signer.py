"""The signer port: who vouches for a checkpoint, and how anyone checks it."""

from typing import Protocol


class KeyUnreadableError(Exception):
    """The key file is missing, or holds no Ed25519 key."""


class Signer(Protocol):
    """Holds one private Ed25519 key and signs with it."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that verify what this signer signs."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`; the same message always gets the same one."""
        ...


class SignatureCheck(Protocol):
    """Says whether a signature is by the holder of a key."""

    def __call__(self, public_key: bytes, signature: bytes, message: bytes) -> bool:
        """Whether `signature` over `message` verifies with the 32-byte `public_key`; never raises."""
        ...
