"""Codes: what a carrier's words mean in ours, as a table beside its adapter. What is not in it means nothing.

A key is a code with its context. `*` stands for any context that the table does not name with that code.
"""

import tomllib
from typing import Final

import msgspec

from doorstep.engine.ports.carriers import Declined
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.reasons import Reason

ANY: Final = "*"


class CodesUnsound(ValueError):
    """The table says two things of one code, or something that does not go together."""


class Meaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the table: under `code` and `context` the carrier means `status`, for `reason`."""

    code: str
    status: DeliveryStatus
    context: str = ""
    reason: Reason | None = None
    nearby: bool = False
    says: str = ""


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the carrier does not take a shipment; `*` is a refusal in words that we do not know."""

    code: str
    reason: Reason


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning: tuple[Meaning, ...]
    refusal: tuple[Refusal, ...]


class Codes:
    """A carrier's table."""

    def __init__(self, meanings: tuple[Meaning, ...], refusals: tuple[Refusal, ...]) -> None:
        self.meanings = {(one.code, one.context): one for one in meanings}
        self.refusals = {one.code: one.reason for one in refusals}
        if len(self.meanings) < len(meanings) or len(self.refusals) < len(refusals):
            keys = [(one.code, one.context) for one in meanings] + [(one.code, "refusal") for one in refusals]
            twice = sorted({key for key in keys if keys.count(key) > 1})
            raise CodesUnsound(f"said twice: {twice}")
        if ANY not in self.refusals:
            raise CodesUnsound("no refusal stands for those in words that we do not know")
        for one in meanings:
            if (one.status is DeliveryStatus.attempt_failed) and one.reason is None:
                raise CodesUnsound(f"{one.code} {one.context} fails without a reason")
            if one.nearby and one.status is DeliveryStatus.arrived:
                raise CodesUnsound(f"{one.code} {one.context} takes nearness for an arrival")

    def of(self, code: str, context: str = "") -> Meaning | None:
        """What it means; None where the table does not say."""
        return self.meanings.get((code, context)) or self.meanings.get((code, ANY))

    def declined(self, code: str, text: str) -> Declined:
        """A refusal with our reason for it and the carrier's own words."""
        return Declined(self.refusals.get(code, self.refusals[ANY]), text or code)


def read_codes(text: str) -> Codes:
    """The table from its TOML.

    Raises:
        CodesUnsound: it is none, or says two things of one key.
    """
    try:
        table = msgspec.convert(tomllib.loads(text), _Table)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        raise CodesUnsound(str(fault)) from fault
    return Codes(table.meaning, table.refusal)
