"""What goes out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.engine.shop import START, Policies, Shop

from doorstep.engine.handle import Market
from doorstep.engine.outbox import SENT_KEPT_S, Lanes, Outbox
from doorstep.engine.ports.sender import SendFailedError
from doorstep.engine.ports.store import Effect, EffectState, StoreUnavailableError
from doorstep.engine.retry import EFFECT_RETRY, DeadLetter, Retry
from doorstep.vocabulary.record import AnyCommand, Record
from doorstep.vocabulary.timer import Consequence, Look, QueueEffect
from doorstep.vocabulary.units import after

RETRY = Retry(tries_max=3, first_s=10, longest_s=15)


class Post:
    """A sender that notes what it took; what is in `refuses` it does not take."""

    def __init__(self) -> None:
        self.took: list[str] = []
        self.refuses: dict[str, Exception] = {}

    def send(self, effect: Effect) -> None:
        """Take it, or refuse it as told."""
        if effect.id in self.refuses:
            raise self.refuses[effect.id]
        self.took.append(effect.id)


class Office:
    """A market whose every event sends one effect, with an outbox."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.post = Post()
        self.buried: list[DeadLetter] = []
        self.market: Market[Policies] = shop.open(self.react)
        self.outbox = Outbox(self.market, self.bury, RETRY)

    def react(self, record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
        """One effect for each event, about its stream."""
        del look, policies
        if record.stream == "contact/ord_dead":
            return ()
        return (QueueEffect(f"{record.stream[8:]}.{record.version}", record.stream, "mail", "hello"),)

    def bury(self, letter: DeadLetter) -> tuple[AnyCommand, ...]:
        """Give a dead letter its owner."""
        self.buried.append(letter)
        return (self.shop.asks("ord_dead", letter.id),)

    def pump(self, seconds: int = 0) -> int:
        """Pump at that many seconds after the start; how many were sent."""
        return len(self.outbox.pump(after(START, seconds), self.post).sent)


@pytest.fixture
def office(shop: Shop) -> Office:
    return Office(shop)


def test_effects_go_in_order_and_once(office: Office, shop: Shop) -> None:
    """All are sent, each subject's in the order of its events; the next pump has nothing to do."""
    office.market.handle([shop.ask(order, key) for key in "xyz" for order in ("a", "b")])
    assert office.pump() == 6
    assert [name for name in office.post.took if name[0] == "a"] == ["a.1", "a.2", "a.3"]
    assert [name for name in office.post.took if name[0] == "b"] == ["b.1", "b.2", "b.3"]
    assert (office.pump(9_999), office.outbox.next_due()) == (0, None)


def test_a_failed_effect_holds_back_its_own_subject_only(office: Office, shop: Shop) -> None:
    """The later one of the same subject waits for it, other subjects do not."""
    office.post.refuses["a.1"] = SendFailedError("busy")
    office.market.handle([shop.ask("a", "x"), shop.ask("a", "y"), shop.ask("b", "x")])
    assert office.pump() == 1
    assert office.outbox.next_due() == after(START, 10)
    assert office.pump(9) == 0
    del office.post.refuses["a.1"]
    assert office.pump(10) == 2
    assert office.post.took == ["b.1", "a.1", "a.2"]


def test_a_process_killed_between_commit_and_send_sends_after_its_restart(office: Office, shop: Shop) -> None:
    """The effect was durable with its event, so the next process sends it, under the same id."""
    shop.store.fails = "after"
    with pytest.raises(StoreUnavailableError):
        office.market.handle([shop.ask("a", "x")])
    reborn = Office(shop)
    assert (reborn.pump(), reborn.post.took) == (1, ["a.1"])


def test_a_process_killed_between_send_and_settlement_sends_again(office: Office, shop: Shop) -> None:
    """At least once: the receiver can drop the second copy, for it has the first one's id."""
    office.market.handle([shop.ask("a", "x"), shop.ask("b", "x")])
    shop.store.fails = "before"
    with pytest.raises(StoreUnavailableError):
        office.pump()
    reborn = Office(shop)
    reborn.pump()
    assert (office.post.took, reborn.post.took) == (["a.1"], ["a.1", "b.1"])


@pytest.mark.parametrize("fault", [SendFailedError("busy"), KeyError("poison"), TimeoutError()])
def test_tries_are_bounded_and_end_in_a_dead_letter_with_an_owner(
    office: Office, shop: Shop, fault: Exception
) -> None:
    """After the last try the letter is dead, has its owner in the same commit, and the queue moves on."""
    office.post.refuses["a.1"] = fault
    office.market.handle([shop.ask("a", "x"), shop.ask("a", "y")])
    assert [office.pump(seconds) for seconds in (0, 10, 24)] == [0, 0, 0]
    before = shop.store.commits
    assert office.pump(25) == 1
    assert shop.store.commits - before == 2
    (letter,) = office.buried
    (dead,) = office.outbox.dead()
    assert (letter.kind, letter.id, letter.tries, letter.subject) == ("effect", "a.1", 3, "contact/a")
    assert (dead.id, dead.state, dead.error) == ("a.1", EffectState.dead, letter.error)
    assert shop.keys() == ["x", "y", "a.1"]
    assert office.post.took == ["a.2"]


def test_what_never_will_be_taken_is_not_tried_again(office: Office, shop: Shop) -> None:
    """A permanent refusal is a dead letter at once."""
    office.post.refuses["a.1"] = SendFailedError("410 gone", permanent=True)
    office.market.handle([shop.ask("a", "x")])
    (failure,) = office.outbox.pump(START, office.post).failed
    assert failure.effect.state is EffectState.dead
    assert len(office.buried) == 1


def test_a_dead_letter_can_be_sent_again_by_hand(office: Office, shop: Shop) -> None:
    """Revived, it has all its tries; what is not dead cannot be revived."""
    office.post.refuses["a.1"] = SendFailedError("410 gone", permanent=True)
    office.market.handle([shop.ask("a", "x")])
    office.pump()
    office.post.refuses.clear()
    assert office.outbox.revive("a.1", after(START, 60))
    assert not office.outbox.revive("a.1", after(START, 60))
    assert not office.outbox.revive("unknown", START)
    assert office.pump(60) == 1


def test_an_id_is_queued_once_until_it_is_forgotten(office: Office, shop: Shop) -> None:
    """A reaction that repeats an effect adds nothing, before and after it was sent."""
    office.market.handle([shop.ask("a", "x")])
    office.pump()

    def repeat(record: Record, look: Look, policies: Policies) -> tuple[Consequence, ...]:
        del look, policies, record
        return (QueueEffect("a.1", "contact/a", "mail", "hello"),)

    market = shop.open(repeat)
    market.handle([shop.ask("b", "x")])
    assert office.outbox.next_due() is None
    assert office.outbox.sweep(after(START, SENT_KEPT_S)) == 0
    assert office.outbox.sweep(after(START, SENT_KEPT_S + 1)) == 1
    market.handle([shop.ask("b", "y")])
    assert office.outbox.next_due() == START


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


class MeetingPost(Post):
    """A sender that takes nothing before another one is at its door too."""

    def __init__(self) -> None:
        super().__init__()
        self.door = Barrier(2)

    def send(self, effect: Effect) -> None:
        """Wait for the other one."""
        self.door.wait(timeout=20)
        super().send(effect)


def test_on_lanes_one_receiver_does_not_wait_for_another(
    office: Office, shop: Shop, executor: ThreadPoolExecutor
) -> None:
    """Effects of different subjects are under way at once, those of one subject still one after the other."""
    office.post = MeetingPost()
    office.market.handle([shop.ask(order, key) for key in "xy" for order in ("a", "b")])
    pumped = office.outbox.pump(START, office.post, Lanes(["mail"], executor))
    assert [effect.id for effect in pumped.sent] == ["a.1", "b.1", "a.2", "b.2"]
    assert [name for name in office.post.took if name[0] == "a"] == ["a.1", "a.2"]


def test_other_kinds_go_one_by_one_beside_the_lanes(
    office: Office, shop: Shop, executor: ThreadPoolExecutor
) -> None:
    """What has no lane is sent in the order of its causes; a pump makes no more tries than it may."""
    office.market.handle([shop.ask(order, "x") for order in ("a", "b", "c")])
    lanes = Lanes(["webhook"], executor)
    assert len(office.outbox.pump(START, office.post, lanes, 2).sent) == 2
    assert office.post.took == ["a.1", "b.1"]


def test_retries_space_out_over_three_days() -> None:
    """An effect is tried for about three days, first after seconds, in the end every six hours."""
    at, waits = START, []
    for tries in range(1, EFFECT_RETRY.tries_max):
        again = EFFECT_RETRY.next_try(tries, at)
        assert again is not None
        waits.append((again - at) // 1_000_000)
        at = again
    assert EFFECT_RETRY.next_try(EFFECT_RETRY.tries_max, at) is None
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (5, 21_600)
    assert 2.5 < sum(waits) / 86_400 < 3.5
