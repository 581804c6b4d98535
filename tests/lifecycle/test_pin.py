"""PINs at the door: wrong ones are counted, and there is an end to them."""

from tests.lifecycle.life import BOOK, lived

from doorstep.lifecycle.pin import decide, tries_left
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId, RouteId
from doorstep.vocabulary.pin import PinRefused, RefusePin
from doorstep.vocabulary.units import Instant

TRY = RefusePin(DeliveryId("dlv"), RouteId("rte"), Instant(1))


def test_each_wrong_pin_counts() -> None:
    """The same words again are another try, for whoever guesses says them again."""
    state = lived("pin", [TRY, TRY])
    assert state.tries == 2
    assert decide(state, TRY, BOOK) == (PinRefused(DeliveryId("dlv"), RouteId("rte"), Instant(1), 3),)


def test_the_last_try_locks_the_pin() -> None:
    """After as many as policy allows nothing more is counted, and the refusal says what to do instead."""
    bound = BOOK.proof.bounds.pin_tries_max
    state = lived("pin", [TRY] * bound)
    assert tries_left(None, BOOK) == bound
    assert tries_left(state, BOOK) == 0
    refusal = decide(state, TRY, BOOK)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "pin_locked"
    assert "recipient.wrong_pin_or_id" in refusal.detail
