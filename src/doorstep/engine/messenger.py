"""The messenger: makes a message when it is due, from what is true then, and says what became of it.

Names and addresses are read from the vault at that moment and go nowhere but into the letter.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from doorstep.engine.desk import Desk
from doorstep.engine.forecast import expected_at
from doorstep.engine.message_words import Wording
from doorstep.engine.network import Network
from doorstep.engine.people import People
from doorstep.engine.planner import Planner
from doorstep.engine.ports.post import Letter, Post
from doorstep.engine.ports.sender import NotNowError, SendFailedError
from doorstep.engine.ports.store import Effect
from doorstep.engine.ports.vault import ErasedError, UnknownError
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.message import MessageState
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.return_ import ReturnState
from doorstep.policy.messages import MessageRule, QuietHours
from doorstep.reactions.notify import MESSAGE, outdated
from doorstep.vocabulary.ids import DeliveryId, OrderId
from doorstep.vocabulary.message import Channel, MessageKind, News, RecordDropped, RecordSent
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.units import MICROSECONDS, Instant
from doorstep.vocabulary.windows import Window

_news: Final = msgspec.json.Decoder(News)
_WITH_PIN: Final = frozenset({MessageKind.promised, MessageKind.rescheduled, MessageKind.on_its_way})


class Messenger:
    """A sender of the outbox's messages: never twice, never what is past, never at night."""

    def __init__(
        self,
        desk: Desk,
        planner: Planner,
        people: People,
        network: Network,
        post: Callable[[], Post],
        *,
        link: Callable[[OrderId], str],
        pin: Callable[[DeliveryId], str],
    ) -> None:
        self._desk = desk
        self._planner = planner
        self._people = people
        self._network = network
        self._post = post
        self._link = link
        self._pin = pin
        self._zone = network.market.clock()
        policy = desk.book.messages
        self._language = policy.language_by_country.get(network.market.country, policy.language)

    def send(self, effect: Effect) -> Sequence[AnyCommand]:
        """Tell the shopper, or drop what must not be told; the command that records it.

        Raises:
            SendFailedError: nobody took it, or the outbox holds something that is no message.
            NotNowError: it is night.
        """
        if effect.kind != MESSAGE:
            raise SendFailedError(f"nobody sends effects of kind {effect.kind}", permanent=True)
        news, now = _news.decode(effect.body), self._desk.now()
        known: MessageState | None = self._desk.state("message", news.order)
        if known is not None and news.key in known.keys:
            return ()
        why = outdated(news, self._desk.market.state, now)
        if why:
            return (RecordDropped(news.order, news, why, now),)
        if news.kind is MessageKind.promised and known is not None and known.told:
            news = msgspec.structs.replace(news, kind=MessageKind.rescheduled)
        rule = self._desk.book.messages.kind[news.kind]
        addressed = self._address(news, rule)
        if isinstance(addressed, str):
            return (RecordDropped(news.order, news, addressed, now),)
        if not rule.at_night and (until := night_ends(now, self._desk.book.messages.quiet, self._zone)):
            raise NotNowError(until)
        return (self._deliver(news, rule, *addressed),)

    def _address(self, news: News, rule: MessageRule) -> tuple[Channel, str] | str:
        """The channel and the address to tell by, or why there is none."""
        ways = [channel for channel in rule.channels if channel in self._post().channels]
        if not ways:
            return "no_channel"
        try:
            recipient = self._people.row(self._order(news.order).content.person).recipient
        except (ErasedError, UnknownError):
            return "erased"
        addresses = {Channel.email: recipient.email, Channel.sms: recipient.phone}
        reached = next((way for way in ways if addresses[way]), None)
        return "unreachable" if reached is None else (reached, addresses[reached])

    def _deliver(self, news: News, rule: MessageRule, channel: Channel, to: str) -> RecordSent:
        order = self._order(news.order)
        delivery: DeliveryState | None = (
            self._desk.state("delivery", order.delivery) if order.delivery else None
        )
        language = self._language if self._language in rule.texts else self._desk.book.messages.language
        words, texts = Wording(language, self._zone), rule.texts[language]
        expected = expected_at(self._planner, order.delivery)
        asked = ProofKind.pin in self._desk.book.proof.required(order.content.handling)
        shows_pin = asked and order.delivery is not None and news.kind in _WITH_PIN
        link, window = self._link(order.id), self._window(news, order)
        values = {
            "merchant": next(
                (one.name for one in self._network.merchants if one.id == order.content.merchant), ""
            ),
            "window": words.window(window),
            "expected": words.expected(expected),
            "next": words.onward(delivery),
            "link": link,
            "pin": words.pin(self._pin(order.delivery) if shows_pin and order.delivery else None),
        }
        subject, text = texts.subject.format_map(values), texts.text.format_map(values)
        self._post().deliver(Letter(news.key, order.id, news.kind, channel, to, subject, text, link))
        return RecordSent(news.order, news, channel, language, window, expected, self._desk.now())

    def _window(self, news: News, order: OrderState) -> Window | None:
        """The window that a message names: a visit's for what comes back, else the order's."""
        if news.back is None:
            return order.window
        back: ReturnState | None = self._desk.state("return", news.back)
        return None if back is None or back.collection is None else back.collection.window

    def _order(self, order: OrderId) -> OrderState:
        state: OrderState = self._desk.state("order", order)
        return state


def night_ends(now: Instant, quiet: QuietHours, zone: ZoneInfo) -> Instant | None:
    """When the night that is now ends; None by day."""
    local = datetime.fromtimestamp(now / MICROSECONDS, UTC).astimezone(zone)
    starts, ends = time.fromisoformat(quiet.starts), time.fromisoformat(quiet.ends)
    clock = local.time()
    over_midnight = starts > ends
    is_night = clock >= starts or clock < ends if over_midnight else starts <= clock < ends
    if not is_night:
        return None
    day = local.date() + timedelta(days=1 if over_midnight and clock >= starts else 0)
    return Instant(int(datetime.combine(day, ends, zone).timestamp()) * MICROSECONDS)
