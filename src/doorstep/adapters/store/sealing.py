"""Sealing: AES-256-GCM under a key per person, and that key wrapped under a master key."""

from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from doorstep.adapters.keyfiles import read_or_create_secret
from doorstep.engine.ports.chance import Chance
from doorstep.engine.ports.signer import KeyUnreadableError
from doorstep.engine.ports.vault import NONCE_BYTES, PLAINTEXT_BYTES_MAX, UnreadableError
from doorstep.vocabulary.canonical import canonical
from doorstep.vocabulary.ids import PersonId

KEY_BYTES: Final = 32
"""Bytes of a person's key and of the master key: AES-256."""


def master_key(path: Path, chance: Chance) -> bytes:
    """The 32-byte master key at `path` (mode 0600), made there when there is none.

    Raises:
        KeyUnreadableError: where the file does not hold exactly 32 bytes.
    """
    key = read_or_create_secret(path, chance.token(KEY_BYTES))
    if len(key) != KEY_BYTES:
        raise KeyUnreadableError(f"{path} holds {len(key)} bytes; a master key has {KEY_BYTES}")
    return key


class PersonKey:
    """One person's key in use."""

    def __init__(self, person: PersonId, key: bytes) -> None:
        self._person = person
        self._cipher = AESGCM(key)

    def seal(self, name: str, plaintext: bytes, nonce: bytes) -> bytes:
        """Nonce and ciphertext; bound to person and name, so that nobody can swap two values."""
        assert len(nonce) == NONCE_BYTES, f"a nonce has {NONCE_BYTES} bytes, not {len(nonce)}"
        assert len(plaintext) <= PLAINTEXT_BYTES_MAX, f"{len(plaintext)} bytes are too many for one value"
        return nonce + self._cipher.encrypt(nonce, plaintext, canonical([self._person, name]))

    def unseal(self, name: str, sealed: bytes) -> bytes:
        """What was sealed under this name.

        Raises:
            UnreadableError: where the bytes are damaged or belong elsewhere.
        """
        try:
            bound = canonical([self._person, name])
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError) as fault:
            raise UnreadableError(f"the sealed {name} is damaged or not this person's") from fault


class MasterKey:
    """Makes people's keys and keeps them wrapped."""

    def __init__(self, key: bytes, chance: Chance) -> None:
        assert len(key) == KEY_BYTES, f"a master key has {KEY_BYTES} bytes, not {len(key)}"
        self._cipher = AESGCM(key)
        self._chance = chance

    def new_wrapped(self, person: PersonId) -> bytes:
        """A fresh key for a person, wrapped for storing."""
        nonce = self._chance.token(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, self._chance.token(KEY_BYTES), person.encode())

    def unwrap(self, person: PersonId, wrapped: bytes) -> PersonKey:
        """The key that was wrapped for this person.

        Raises:
            UnreadableError: where it is damaged, another person's, or wrapped under another master key.
        """
        try:
            key = self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], person.encode())
        except (InvalidTag, ValueError) as fault:
            raise UnreadableError("the person's key does not open under this master key") from fault
        return PersonKey(person, key)
