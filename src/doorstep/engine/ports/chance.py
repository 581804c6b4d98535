"""The chance port: where keys, nonces, salts and ids get bytes that nobody can guess."""

from typing import Protocol


class Chance(Protocol):
    """A source of random bytes; under simulation a seed repeats every one of them."""

    def token(self, nbytes: int) -> bytes:
        """The next `nbytes` bytes; two calls never give the same bytes of a source."""
        ...
