"""Spelling: names that look much like a mistyped one."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

NEAR_MAX: Final = 5
"""How many names are offered."""

LIKENESS_MIN: Final = 0.45
"""Share of letter triples that a name must have in common with the text (Dice's coefficient)."""


def _triples(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


class Spelling:
    """Finds names by the triples of letters that they share with a text; a wrong letter spoils three."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._sizes: list[int] = []
        self._holders: dict[str, list[int]] = {}
        for at, name in enumerate(self._names):
            triples = _triples(name)
            self._sizes.append(len(triples))
            for triple in triples:
                self._holders.setdefault(triple, []).append(at)

    def near(self, text: str) -> list[str]:
        """The names most like `text`, best first, none that is unlike it."""
        triples = _triples(text)
        shared = Counter(at for triple in triples for at in self._holders.get(triple, ()))
        likeness = {at: 2 * count / (self._sizes[at] + len(triples)) for at, count in shared.items()}
        ranked = sorted(likeness, key=lambda at: (-likeness[at], self._names[at]))
        return [self._names[at] for at in ranked[:NEAR_MAX] if likeness[at] >= LIKENESS_MIN]
