"""Ids: a prefix that says the noun, and 128 bits that nobody can guess or that follow from what they name."""

from base64 import b32encode
from hashlib import sha256
from typing import Final, NewType

OrderId = NewType("OrderId", str)
ParcelId = NewType("ParcelId", str)
DeliveryId = NewType("DeliveryId", str)
PromiseId = NewType("PromiseId", str)
RouteId = NewType("RouteId", str)
CaseId = NewType("CaseId", str)
IncidentId = NewType("IncidentId", str)
"""One cause with many cases."""
ImportId = NewType("ImportId", str)
PersonId = NewType("PersonId", str)
"""A recipient; name, phone and e-mail lie in the vault under it."""
PlaceId = NewType("PlaceId", str)
"""A recipient's place; address and coordinates lie in the vault under it."""
MerchantId = NewType("MerchantId", str)
HubId = NewType("HubId", str)
DriverId = NewType("DriverId", str)
VehicleId = NewType("VehicleId", str)
CarrierId = NewType("CarrierId", str)
TenderId = NewType("TenderId", str)
ReturnId = NewType("ReturnId", str)
ActionId = NewType("ActionId", str)

OWN_FLEET: Final = CarrierId("own_fleet")
ID_BYTES: Final = 16
"""Bytes of chance behind an id."""


def mint(prefix: str, token: bytes) -> str:
    """The id with `prefix` over 16 bytes of `token`: `ord_` and 26 characters of lower-case base 32."""
    assert len(token) == ID_BYTES, f"an id needs {ID_BYTES} bytes, not {len(token)}"
    return f"{prefix}_{b32encode(token).decode().rstrip('=').lower()}"


def derive(prefix: str, *parts: str) -> str:
    """The id that follows from `parts`: a step that is repeated finds its own trace."""
    return mint(prefix, sha256("\x1f".join(parts).encode()).digest()[:ID_BYTES])
