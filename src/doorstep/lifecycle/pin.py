"""The life of a delivery's PIN: so many wrong ones, and then none counts any more.

    open ─▶ refused 1 … refused n-1 ─▶ locked

They are counted over all attempts, for the PIN stays the same. A locked PIN stops no handoff: without it the
handoff is unproven, and that has its case.
"""

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId
from doorstep.vocabulary.pin import AnyPinCommand, AnyPinEvent, PinRefused


class PinState(msgspec.Struct, frozen=True):
    """How often a wrong PIN was given."""

    delivery: DeliveryId
    tries: int = 0


def tries_left(state: PinState | None, book: PolicyBook) -> int:
    """Wrong PINs that may still be given."""
    return max(0, book.proof.bounds.pin_tries_max - (state.tries if state else 0))


def locked(book: PolicyBook) -> Refusal:
    """No PIN is looked at any more, not even the right one; says what to do instead."""
    return Refusal(
        "pin_locked",
        f"{book.proof.bounds.pin_tries_max} wrong PINs were given, and no other counts; hand over without a"
        " PIN, which leaves the delivery unproven, or fail it with recipient.wrong_pin_or_id",
        ("pin",),
    )


def wrong(left: int) -> Refusal:
    """This one was wrong, and so many tries are left."""
    tries = "1 try is" if left == 1 else f"{left} tries are"
    return Refusal("wrong_pin", f"this is not the shopper's PIN; {tries} left", ("pin",))


def decide(
    state: PinState | None, command: AnyPinCommand, book: PolicyBook
) -> tuple[AnyPinEvent, ...] | Refusal:
    """One more wrong PIN, unless there were enough of them."""
    if tries_left(state, book) == 0:
        return locked(book)
    tries = (state.tries if state else 0) + 1
    return (PinRefused(command.delivery, command.route, command.at, tries),)


def evolve(state: PinState | None, event: AnyPinEvent) -> PinState:
    """The count after one more."""
    del state
    return PinState(event.delivery, event.tries)
