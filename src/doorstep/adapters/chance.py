"""Sources of chance: the operating system's, and one that a seed repeats."""

import secrets
from hashlib import sha256
from threading import Lock


class SystemChance:
    """The operating system's cryptographic source."""

    def token(self, nbytes: int) -> bytes:
        """The next `nbytes` bytes that nobody can foresee."""
        return secrets.token_bytes(nbytes)


class SeededChance:
    """SHA-256 of the seed and a counter, block after block: repeatable, for simulations alone.

    The bytes depend on the seed and on how many were drawn before, not on how the draws were cut.
    """

    def __init__(self, seed: int | bytes) -> None:
        material = seed if isinstance(seed, bytes) else b"%d" % seed
        self._seeded = sha256(b"doorstep chance\x00" + material)
        self._blocks = 0
        self._left = b""
        self._lock = Lock()

    def token(self, nbytes: int) -> bytes:
        """The next `nbytes` bytes of the seed's stream."""
        with self._lock:  # two threads must never be given the same bytes
            while len(self._left) < nbytes:
                block = self._seeded.copy()
                block.update(self._blocks.to_bytes(8, "big"))
                self._left += block.digest()
                self._blocks += 1
            taken, self._left = self._left[:nbytes], self._left[nbytes:]
            return taken
