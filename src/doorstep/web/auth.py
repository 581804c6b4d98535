"""Who calls: a bearer token is known by its hash, and opens what its key's scopes say."""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from http import HTTPStatus
from typing import Final

import msgspec

from doorstep.engine.ports.keys import Keys
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import CarrierId, DriverId, MerchantId
from doorstep.web.problems import ProblemError

TOKEN_CHARS_MAX: Final = 200
"""Characters of a bearer token."""


class Role(StrEnum):
    """What a key is for."""

    merchant = "merchant"
    driver = "driver"
    carrier = "carrier"
    operator = "operator"


class Caller(msgspec.Struct, frozen=True):
    """Who calls, and whose idempotency keys these are (`scope`).

    A merchant, a driver or a carrier is bound to their own.
    """

    role: Role
    name: str
    scope: str
    merchant: MerchantId | None = None
    driver: DriverId | None = None
    carrier: CarrierId | None = None

    @property
    def actor(self) -> str:
        """Who the log says it was."""
        return f"{self.role}:{self.name}"


READER: Final = Caller(Role.operator, "reader", "reader")
"""Who reads without a key where the settings leave reading open: the demo, on loopback."""


def hash_of(token: str) -> str:
    """The hex SHA-256 under which a token is kept."""
    return sha256(token.encode()).hexdigest()


def caller_of(authorization: str | None, keys: Keys, market: MarketId) -> Caller | None:
    """The caller behind an `Authorization` header, or None where there is no header.

    Raises:
        ProblemError: 401 where the token opens nothing here; it never says which part was wrong.
    """
    if authorization is None:
        return None
    kind, _, token = authorization.partition(" ")
    token = token.strip()
    if kind.lower() != "bearer" or not token or len(token) > TOKEN_CHARS_MAX:
        raise unauthorized()
    key = keys.find(hash_of(token))
    if key is None or key.revoked_at is not None or key.market != market:
        raise unauthorized()
    role = next((role for role in Role if role.value in key.scopes), None)
    if role is None:
        raise unauthorized()
    name = key.merchant or key.driver or key.carrier or key.label
    if role is not Role.operator and not (key.merchant or key.driver or key.carrier):
        raise unauthorized()  # bound to nobody, it would see everybody's
    return Caller(role, name, key.hash[:16], key.merchant, key.driver, key.carrier)


def unauthorized() -> ProblemError:
    """The answer to a token that opens nothing, and to none."""
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        "This needs a key that is valid here: Authorization: Bearer <token>.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def forbidden(roles: Mapping[Role, object] | frozenset[Role]) -> ProblemError:
    """The answer to a key of another role."""
    names = " or ".join(sorted(role.value for role in roles))
    return ProblemError(HTTPStatus.FORBIDDEN, "forbidden", f"This needs a key with the role {names}.")
