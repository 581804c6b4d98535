"""Columns: the fields of an order, in the order in which they are written, and their bounds.

Required: `external_id`, `merchant` (unless whoever sends is one merchant), `address`, `service`, `parcels`,
`weight_g`. Every other field may be empty:

| empty | means |
|---|---|
| `origin` | the only hub, else the hub nearest to the order's place |
| `placed_at` | now |
| `ready_at` | `placed_at` |
| `name`, `phone`, `email`, `unit`, `instructions` | nobody said |
| `lat`, `lon` | the address is resolved; what cannot be resolved becomes an address case |
| `window_start`, `window_end` | any window that the service offers |
| `length_mm`, `width_mm`, `height_mm` | unknown; the volume then follows from the weight |
| `value_minor`, `currency` | nobody said |
| `temp_min_c`, `temp_max_c` | no limit on that side |
| `handling` | nothing special |
"""

from difflib import get_close_matches
from typing import Final

COLUMNS: Final = (
    "external_id",
    "merchant",
    "origin",
    "ready_at",
    "placed_at",
    "name",
    "phone",
    "email",
    "address",
    "unit",
    "lat",
    "lon",
    "instructions",
    "service",
    "window_start",
    "window_end",
    "parcels",
    "weight_g",
    "length_mm",
    "width_mm",
    "height_mm",
    "value_minor",
    "currency",
    "temp_min_c",
    "temp_max_c",
    "handling",
)
REQUIRED: Final = frozenset({"external_id", "merchant", "address", "service", "parcels", "weight_g"})
PERSONAL: Final = frozenset({"name", "phone", "email", "address", "unit", "lat", "lon", "instructions"})
"""Fields about a person: they lie in the vault, and no error repeats their values."""

WORD_CHARS_MAX: Final = 100
"""Characters of an external id, a merchant, a hub, a service or a currency."""
NAME_CHARS_MAX: Final = 200
PHONE_CHARS_MAX: Final = 40
EMAIL_CHARS_MAX: Final = 254
"""RFC 5321: a path of 256 with its angle brackets."""
ADDRESS_CHARS_MAX: Final = 500
UNIT_CHARS_MAX: Final = 100
INSTRUCTIONS_CHARS_MAX: Final = 1_000
HANDLING_CHARS_MAX: Final = 200
NUMBER_CHARS_MAX: Final = 30
TIME_CHARS_MAX: Final = 40

PARCELS_MAX: Final = 50
WEIGHT_G_MAX: Final = 1_000_000
"""A tonne: what a large van carries, grams."""
SIDE_MM_MAX: Final = 4_000
"""A large van's floor, millimetres."""
VALUE_MINOR_MAX: Final = 10_000_000_000
TEMP_C_MIN: Final = -90
"""Dry ice lies at -78.5 °C."""
TEMP_C_MAX: Final = 70
WINDOW_H_MAX: Final = 14 * 24
"""Hours that one window may span."""

_CLOSE: Final = 0.6


def closest(word: str, known: tuple[str, ...] | frozenset[str]) -> str:
    """`; did you mean 'weight_g'?`, or nothing where nothing known is close."""
    found = get_close_matches(word[:WORD_CHARS_MAX].lower(), sorted(known), n=1, cutoff=_CLOSE)
    return f"; did you mean '{found[0]}'?" if found else ""
