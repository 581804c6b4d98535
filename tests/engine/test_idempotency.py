"""One key, one effect, one answer."""

import pytest
from tests.engine.shop import Shop

from doorstep.engine import idempotency
from doorstep.engine.idempotency import (
    ANSWER_KEPT_S,
    IN_FLIGHT_S_MAX,
    IdempotencyKeys,
    InFlight,
    Mismatch,
    New,
    Once,
    Replay,
    TooManyInFlightError,
    request_hash,
)
from doorstep.engine.ports.store import Answer, StoreUnavailableError

BODY, OTHER = request_hash(b"POST", b"/v1/orders", b"{}"), request_hash(b"POST", b"/v1/orders", b"[]")
DONE = Answer(201, b'{"id":"ord_1"}')


@pytest.fixture
def keys(shop: Shop) -> IdempotencyKeys:
    return IdempotencyKeys(shop.id, shop.store, shop.clock)


def test_a_key_lives_from_new_over_in_flight_to_its_answer(keys: IdempotencyKeys) -> None:
    """The same request waits while it runs, and is answered the same ever after."""
    assert keys.begin("m", "k", BODY) == New()
    assert keys.begin("m", "k", BODY) == InFlight()
    assert keys.finish("m", "k", BODY, DONE) == DONE
    assert keys.begin("m", "k", BODY) == keys.begin("m", "k", BODY) == Replay(DONE)


def test_another_request_may_not_use_the_key(keys: IdempotencyKeys) -> None:
    """A different body is told so, during and after the first; another caller's key is another key."""
    keys.begin("m", "k", BODY)
    assert keys.begin("m", "k", OTHER) == Mismatch()
    keys.finish("m", "k", BODY, DONE)
    assert keys.begin("m", "k", OTHER) == Mismatch()
    assert keys.begin("other merchant", "k", OTHER) == New()


def test_an_abandoned_request_frees_its_key(keys: IdempotencyKeys) -> None:
    """What came to nothing may be tried again, even as another request."""
    keys.begin("m", "k", BODY)
    keys.abandon("m", "k")
    assert keys.begin("m", "k", OTHER) == New()


def test_a_request_that_never_ended_holds_its_key_for_two_minutes(keys: IdempotencyKeys, shop: Shop) -> None:
    """A caller is not locked out for ever by a thread that died."""
    keys.begin("m", "k", BODY)
    shop.clock.advance(IN_FLIGHT_S_MAX - 1)
    assert keys.begin("m", "k", BODY) == InFlight()
    shop.clock.advance(1)
    assert keys.begin("m", "k", BODY) == New()


def test_the_answer_that_was_committed_stands(keys: IdempotencyKeys, shop: Shop) -> None:
    """Where the effect's commit carried an answer, finishing with another one changes nothing."""
    market = shop.open()
    keys.begin("m", "k", BODY)
    market.handle([shop.ask("ord_1", "a")], once=Once("m", "k", BODY, lambda _: DONE))
    assert keys.finish("m", "k", BODY, Answer(500, b"")) == DONE
    assert keys.begin("m", "k", BODY) == Replay(DONE)


def test_a_crash_between_commit_and_answer_doubles_nothing(shop: Shop) -> None:
    """The process dies before the caller hears; a new process replays the answer for the same key."""
    keys = IdempotencyKeys(shop.id, shop.store, shop.clock)
    keys.begin("m", "k", BODY)
    shop.store.fails = "after"
    with pytest.raises(StoreUnavailableError):
        shop.open().handle([shop.ask("ord_1", "a")], once=Once("m", "k", BODY, lambda _: DONE))
    assert IdempotencyKeys(shop.id, shop.store, shop.clock).begin("m", "k", BODY) == Replay(DONE)
    assert shop.keys() == ["a"]


def test_a_crash_before_the_commit_loses_nothing(shop: Shop) -> None:
    """Nothing was done, so the key is fresh for the next process."""
    IdempotencyKeys(shop.id, shop.store, shop.clock).begin("m", "k", BODY)
    shop.store.fails = "before"
    with pytest.raises(StoreUnavailableError):
        shop.open().handle([shop.ask("ord_1", "a")], once=Once("m", "k", BODY, lambda _: DONE))
    assert IdempotencyKeys(shop.id, shop.store, shop.clock).begin("m", "k", BODY) == New()


def test_answers_are_kept_for_a_day(keys: IdempotencyKeys, shop: Shop) -> None:
    """A sweep forgets what is older than 24 hours and nothing younger."""
    keys.finish("m", "old", BODY, DONE)
    shop.clock.advance(1)
    keys.finish("m", "young", BODY, DONE)
    assert keys.sweep(shop.clock.advance(ANSWER_KEPT_S)) == 1
    assert keys.begin("m", "old", BODY) == New()
    assert keys.begin("m", "young", BODY) == Replay(DONE)


def test_requests_in_flight_are_bounded(
    keys: IdempotencyKeys, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full house turns callers away, until those are gone that never ended."""
    monkeypatch.setattr(idempotency, "IN_FLIGHT_MAX", 2)
    keys.begin("m", "1", BODY)
    keys.begin("m", "2", BODY)
    with pytest.raises(TooManyInFlightError):
        keys.begin("m", "3", BODY)
    shop.clock.advance(IN_FLIGHT_S_MAX)
    assert keys.begin("m", "3", BODY) == New()


def test_a_request_hash_tells_parts_apart() -> None:
    """No byte can move from one part to the next without changing the hash."""
    assert request_hash(b"ab", b"c") != request_hash(b"a", b"bc") != request_hash(b"abc")
