"""Phones: from a number as people write it to one that can be dialled from anywhere."""

from typing import Protocol


class Phones(Protocol):
    """Normalises telephone numbers; it never fails on odd text."""

    def e164(self, text: str, country: str) -> str | None:
        """The E.164 form (`+4930…`) of `text`, or None where it is no number that can be dialled.

        A number without a country code is read as one of `country`, two letters of ISO 3166.
        """
        ...
