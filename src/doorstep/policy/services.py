"""Service levels: the products sold, as data."""

import msgspec


class ServiceLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One product. `opens` and `closes` are `HH:MM` in the market's zone."""

    days_ahead: int
    opens: str
    closes: str
    window_minutes: int
    window_minutes_min: int
    lead_minutes: int


class ServicePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All products, by name."""

    id: str
    version: int
    service: dict[str, ServiceLevel]
