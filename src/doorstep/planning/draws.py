"""Draws: numbers that look random and repeat with their seed (SplitMix64, Steele et al. 2014)."""

from typing import Final

MASK: Final = (1 << 64) - 1


class Draws:
    """A stream of draws from one seed."""

    def __init__(self, seed: int) -> None:
        self._state = seed & MASK

    def below(self, bound: int) -> int:
        """A whole number from 0 to `bound` - 1; the bias of the remainder is under 2^-40 here."""
        assert 0 < bound < 1 << 24
        self._state = (self._state + 0x9E3779B97F4A7C15) & MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        return (mixed ^ (mixed >> 31)) % bound
