"""Draws: the world's luck, by name. Each subject has its own, so one thing's luck never shifts another's."""

from hashlib import sha256
from random import Random


class Draws:
    """Luck that depends on the seed and on what is drawn, not on when or in which order."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def of(self, *what: object) -> Random:
        """A source of its own for this subject; the same subject always gets the same one."""
        name = "\x1f".join((str(self._seed), *(str(part) for part in what)))
        return Random(int.from_bytes(sha256(name.encode()).digest()[:16], "big"))
