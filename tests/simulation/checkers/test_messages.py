"""The checker of messages finds nothing in a sound log, and each of the defects planted in it."""

from collections.abc import Callable

import msgspec
import pytest
from tests.simulation.checkers.defects import log_of
from tests.simulation.checkers.town import Town, ids
from tests.views.diary import clock

from doorstep.simulation.checkers.messages import Messages
from doorstep.vocabulary.delivery import Delivered
from doorstep.vocabulary.ids import PromiseId
from doorstep.vocabulary.message import Channel, MessageKind, MessageSent, News
from doorstep.vocabulary.record import Record


def told(kind: MessageKind, number: int = 1, promise: str = "") -> MessageSent:
    """A message about an order of the town."""
    order, delivery, own, _ = ids(number)
    about = PromiseId(promise) if promise else own
    news = News(order, f"{kind}/{delivery}", kind, about, delivery, 1)
    return MessageSent(order, news, Channel.email, "en", None, None, clock(8))


def placed(records: list[Record], *messages: MessageSent, last: bool = True) -> list[Record]:
    """The log with messages right before the first handoff of order 1, or at its end."""
    _, delivery, _, _ = ids(1)
    index = next(
        i for i, r in enumerate(records) if isinstance(r.data, Delivered) and r.data.delivery == delivery
    )
    at = len(records) if last else index
    fresh = [msgspec.structs.replace(records[at - 1], stream=f"message/{m.order}", data=m) for m in messages]
    return [*records[:at], *fresh, *records[at:]]


def test_a_sound_log_passes_and_is_counted() -> None:
    """A message of what is delivered, told once after it, is a subject and no defect."""
    verdict = Messages().check(log_of(placed(Town().diary.records, told(MessageKind.delivered))))
    assert (verdict.broken_count, verdict.subjects) == (0, 1)


@pytest.mark.parametrize(
    "plant",
    [
        lambda records: placed(records, told(MessageKind.delivered), told(MessageKind.delivered)),
        lambda records: placed(records, told(MessageKind.delivered), last=False),
        lambda records: placed(records, told(MessageKind.on_its_way)),
        lambda records: placed(records, told(MessageKind.late)),
        lambda records: placed(records, told(MessageKind.attempt_failed)),
        lambda records: placed(records, told(MessageKind.promised, promise="prm_other")),
        lambda records: placed(records, told(MessageKind.cancelled)),
    ],
    ids=["twice", "too early", "on its way", "late", "failed", "another promise", "not cancelled"],
)
def test_each_planted_defect_is_found(plant: Callable[[list[Record]], list[Record]]) -> None:
    """A message twice, too early, or about what is past breaks the invariant."""
    assert Messages().check(log_of(plant(Town().diary.records))).broken_count >= 1
