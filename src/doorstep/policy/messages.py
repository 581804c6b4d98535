"""What shoppers are told and by which way, and how long the link to their order opens it."""

from collections.abc import Iterator
from string import Formatter
from typing import Final

import msgspec

from doorstep.vocabulary.event import Because
from doorstep.vocabulary.message import Channel, MessageKind

PLACEHOLDERS: Final = frozenset({"merchant", "window", "expected", "next", "link", "pin"})
"""What a message's words may leave open until it is sent."""


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message's words, with `{placeholders}`."""

    subject: str
    text: str


class MessageRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By which channels a fact is told (the first that reaches the shopper), and whether at night."""

    channels: tuple[Channel, ...]
    at_night: bool
    texts: dict[str, Text]


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From this local time to that one nobody is disturbed, unless the rule says so."""

    starts: str
    ends: str


class Links(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a link opens an order, and how often someone may guess the postcode once it has expired."""

    days: int
    tries_max: int
    tries_s: int


class MessagePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Messages, the tracking page's links, and how much a shopper may change there."""

    id: str
    version: int
    language: str
    language_by_country: dict[str, str]
    wishes_max: int
    stops_shown_max: int
    quiet: QuietHours
    links: Links
    kind: dict[MessageKind, MessageRule]

    def because(self, rule: str) -> Because:
        """The reference to a rule of this policy."""
        return Because(self.id, self.version, rule)

    def wrong_texts(self) -> Iterator[tuple[str, str]]:
        """Kinds, languages and placeholders that cannot be meant: the dotted key, a sentence."""
        for kind in MessageKind:
            if kind not in self.kind:
                yield f"kind.{kind}", "is missing; with no channels it is told to nobody"
        languages = {self.language, *self.language_by_country.values()}
        for kind, rule in self.kind.items():
            for language in sorted(languages - rule.texts.keys()):
                yield f"kind.{kind}.texts.{language}", "is missing; the book speaks this language"
            for language, words in rule.texts.items():
                for name in ("subject", "text"):
                    unknown = _unknown_placeholder(getattr(words, name))
                    if unknown is not None:
                        yield f"kind.{kind}.texts.{language}.{name}", f"{{{unknown}}} stands for nothing"


def _unknown_placeholder(text: str) -> str | None:
    """The first placeholder that nothing is filled in for; a brace that never closes is one."""
    try:
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError:
        return ""
    return next((name for name in names if name not in PLACEHOLDERS), None)
