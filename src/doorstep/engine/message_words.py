"""Message words: times and next steps as a shopper reads them, by language."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from doorstep.lifecycle.delivery import DeliveryState
from doorstep.vocabulary.delivery import DeliveryStatus, ReattemptScheduled
from doorstep.vocabulary.units import MICROSECONDS, Instant
from doorstep.vocabulary.windows import Window

_DAYS: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "de": ("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So."),
}
_BETWEEN: Final = {"en": "{day} {date}, {start}–{end}", "de": "am {day} {date}, {start}–{end} Uhr"}
_DATE: Final = {"en": "{0.day} {0:%B}", "de": "{0.day}.{0.month}."}
_ABOUT: Final = {"en": "{day} about {at}", "de": "{day} gegen {at} Uhr"}
_UNKNOWN: Final = {"en": "as soon as we know", "de": "sobald wir es wissen"}
_PIN: Final = {"en": " Your PIN for the driver: {pin}.", "de": " Ihre PIN für die Übergabe: {pin}."}
_AGAIN: Final = {"en": "We try again {window}.", "de": "Wir versuchen es wieder {window}."}
_BACK: Final = {"en": "It goes back to the shop.", "de": "Sie geht zurück an den Händler."}
_KEPT: Final = {
    "en": "We keep it at the hub and decide with you what comes next.",
    "de": "Wir bewahren sie auf und klären mit Ihnen, wie es weitergeht.",
}


class Wording:
    """One language's words, times in the market's zone; a language without words of its own is English."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self._language = language if language in _DAYS else "en"
        self._zone = zone

    def window(self, window: Window | None) -> str:
        """From when to when, with the day."""
        if window is None:
            return _UNKNOWN[self._language]
        start, end = self._local(window.start), self._local(window.end)
        day = _DAYS[self._language][start.weekday()]
        date = _DATE[self._language].format(start)
        return _BETWEEN[self._language].format(day=day, date=date, start=f"{start:%H:%M}", end=f"{end:%H:%M}")

    def expected(self, at: Instant | None) -> str:
        """About when."""
        if at is None:
            return _UNKNOWN[self._language]
        local = self._local(at)
        day = _DAYS[self._language][local.weekday()]
        return _ABOUT[self._language].format(day=day, at=f"{local:%H:%M}")

    def pin(self, pin: str | None) -> str:
        """The PIN in a sentence of its own; nothing where there is none."""
        return "" if pin is None else _PIN[self._language].format(pin=pin)

    def onward(self, delivery: DeliveryState | None) -> str:
        """What follows a failed attempt."""
        if delivery is None:
            return ""
        if delivery.status is DeliveryStatus.returning:
            return _BACK[self._language]
        said = [event for event in delivery.evidence if isinstance(event, ReattemptScheduled)]
        if said:
            last = max(said, key=lambda event: (event.at, event.seq))
            return _AGAIN[self._language].format(window=self.window(last.window))
        return _KEPT[self._language]

    def _local(self, at: Instant) -> datetime:
        return datetime.fromtimestamp(at // MICROSECONDS, UTC).astimezone(self._zone)
