"""The life of a parcel's custody: one holder at every instant, each link bound to the one before.

opened (hub) ─▶ driver ─▶ recipient · neighbour · place
             ◀─────┘  (debrief) ◀───┘ (collected)
unknown: nobody can say since when; the next scan ends it
"""

from typing import assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.custody import (
    AnyCustodyCommand,
    AnyCustodyEvent,
    Custodian,
    CustodianKind,
    CustodyOpened,
    HandedOver,
    HandOver,
    LoseSight,
    OpenCustody,
    SightLost,
)
from doorstep.vocabulary.custody_link import GENESIS_LINK, custody_link
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId, ParcelId
from doorstep.vocabulary.units import Instant


class CustodyState(msgspec.Struct, frozen=True):
    """Who holds the parcel since when, and the chain's last link."""

    parcel: ParcelId
    delivery: DeliveryId
    holder: Custodian
    since: Instant
    link: str
    keys: tuple[str, ...] = ()


def decide(
    state: CustodyState | None, command: AnyCustodyCommand, book: PolicyBook
) -> tuple[AnyCustodyEvent, ...] | Refusal:
    """The next link, or the rule that says no."""
    del book
    parcel = command.parcel
    if isinstance(command, OpenCustody):
        if state is not None:
            return Refusal("custody_open", f"the chain of {parcel} has begun")
        opened = CustodyOpened(parcel, "", command.delivery, command.holder, command.at)
        return (msgspec.structs.replace(opened, link=custody_link(GENESIS_LINK, opened)),)
    if state is None:
        return Refusal("parcel_unknown", f"no chain of custody for {parcel}")
    if command.key in state.keys:
        return ()
    event: HandedOver | SightLost
    match command:
        case HandOver(key=key, holder=holder, at=at, method=method, condition=condition, proofs=proofs):
            if holder == state.holder:
                return ()
            event = HandedOver(parcel, "", key, state.holder, holder, at, method, condition, proofs)
        case LoseSight(key=key, at=at, why=why):
            nobody = Custodian(CustodianKind.unknown, "")
            event = SightLost(parcel, "", key, state.holder, nobody, at, why)
        case _:
            assert_never(command)
    return (msgspec.structs.replace(event, link=custody_link(state.link, event)),)


def evolve(state: CustodyState | None, event: AnyCustodyEvent) -> CustodyState:
    """The state after the link."""
    if isinstance(event, CustodyOpened):
        return CustodyState(event.parcel, event.delivery, event.holder, event.at, event.link)
    assert state is not None, f"{event} before the chain began"
    match event:
        case HandedOver() | SightLost():
            return msgspec.structs.replace(
                state, holder=event.holder, since=event.at, link=event.link, keys=(*state.keys, event.key)
            )
        case _:
            assert_never(event)
