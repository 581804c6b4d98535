"""Signing with Ed25519: keys in PEM files, or from a seed for simulations."""

from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from doorstep.adapters.keyfiles import KEY_FILE_BYTES_MAX, read_or_create_secret, write_whole
from doorstep.engine.ports.chance import Chance
from doorstep.engine.ports.signer import KeyUnreadableError

SEED_BYTES: Final = 32
"""Bytes that an Ed25519 key grows from."""
_PUBLIC_MODE: Final = 0o644


class Ed25519Signer:
    """A `Signer` with its key in memory."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self._public_key = private_key.public_key().public_bytes_raw()

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The signer that these 32 bytes determine."""
        assert len(seed) == SEED_BYTES, f"a seed has {SEED_BYTES} bytes, not {len(seed)}"
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def load_or_create(cls, path: Path, chance: Chance) -> Self:
        """The signer whose private key lies at `path` (PEM, mode 0600), made there when there is none.

        The public key is written beside it, as PEM with the suffix `.pub`, for those who verify.

        Raises:
            KeyUnreadableError: where the file holds something else.
        """
        fresh = Ed25519PrivateKey.from_private_bytes(chance.token(SEED_BYTES))
        pem = fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            key = load_pem_private_key(read_or_create_secret(path, pem), password=None)
        except (OSError, ValueError, TypeError) as fault:
            raise KeyUnreadableError(f"{path} holds no readable private key") from fault
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnreadableError(f"{path} holds a private key, but not an Ed25519 one")
        signer = cls(key)
        public_path = path.with_name(path.name + ".pub")
        if not public_path.exists():
            write_whole(public_path, public_pem(signer.public_key), _PUBLIC_MODE)
        return signer

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that verify this signer's signatures."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`."""
        return self._private_key.sign(message)


def public_pem(public_key: bytes) -> bytes:
    """A 32-byte public key as PEM."""
    key = Ed25519PublicKey.from_public_bytes(public_key)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def read_public_key(path: Path) -> bytes:
    """The 32 bytes of the Ed25519 public key in a PEM file.

    Raises:
        KeyUnreadableError: where there is no such file, or it holds something else; says which.
    """
    try:
        with path.open("rb") as file:
            key = load_pem_public_key(file.read(KEY_FILE_BYTES_MAX))
    except OSError as fault:
        raise KeyUnreadableError(f"cannot read the key file {path}: {fault.strerror}") from fault
    except Exception as fault:  # the PEM parser raises many kinds for what is no key
        raise KeyUnreadableError(f"{path} holds no public key in PEM form") from fault
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnreadableError(f"{path} holds a public key, but not an Ed25519 one")
    return key.public_bytes_raw()


def verifies(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` over `message` is by the holder of the 32-byte `public_key`."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
