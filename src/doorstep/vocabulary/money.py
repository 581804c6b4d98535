"""Money: whole minor units of one currency; never a float, never two currencies in one sum."""

import msgspec


class Money(msgspec.Struct, frozen=True):
    """`minor` units (cents) of the ISO 4217 `currency`; negative amounts are credits."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """The sum; both amounts must be of one currency."""
        assert self.currency == other.currency, f"{self.currency} + {other.currency}"
        return Money(self.minor + other.minor, self.currency)
