"""People: the only door to personal data. Everything else holds references."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from doorstep.engine.intake.rows import OrderRow, canonical_content
from doorstep.engine.ports.chance import Chance
from doorstep.engine.ports.vault import (
    NONCE_BYTES,
    ErasedError,
    ErasureUnfinishedError,
    Secret,
    UnknownError,
    Vault,
)
from doorstep.vocabulary.commitment import SALT_BYTES, commitment
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ID_BYTES, PersonId, PlaceId, mint
from doorstep.vocabulary.places import Point

ROW: Final = "order_row"
POINT: Final = "point"
SALT: Final = "salt"

_rows: Final = msgspec.json.Decoder(OrderRow)
_points: Final = msgspec.json.Decoder(Point)


class Kept(msgspec.Struct, frozen=True):
    """References to what was kept, and the salted commitment that the log may hold."""

    person: PersonId
    place: PlaceId
    commitment: str


class Draft(NamedTuple):
    """A recipient who is not kept yet."""

    kept: Kept
    secrets: tuple[Secret, ...]


class People:
    """Keeps recipients in the vault; points of places are cached, since the planner asks for them often."""

    def __init__(self, vault: Vault, chance: Chance) -> None:
        self._vault = vault
        self._chance = chance
        self._points: dict[PlaceId, Point] = {}

    def keep(self, row: OrderRow, point: Point | None) -> Kept:
        """Keep a recipient's row, and the point of the place where it is known."""
        draft = self.draft(row, point)
        self._vault.put_many(draft.secrets)
        return draft.kept

    def draft(self, row: OrderRow, point: Point | None) -> Draft:
        """What `keep` would keep: plans may ask for its place, and nothing is written yet."""
        person = PersonId(mint("per", self._chance.token(ID_BYTES)))
        place = PlaceId(mint("plc", self._chance.token(ID_BYTES)))
        salt = self._chance.token(SALT_BYTES)
        secrets = [
            self._secret(person, ROW, msgspec.json.encode(row)),
            self._secret(person, SALT, salt),
        ]
        if point is not None:
            secrets.append(self._secret(PersonId(place), POINT, msgspec.json.encode(point)))
            self._points[place] = point
        kept = Kept(person, place, commitment(salt, canonical_content(row)))
        return Draft(kept, tuple(secrets))

    def keep_with(self, draft: Draft, commit: Callable[[], Refusal | None]) -> Refusal | None:
        """Keep a draft for the commit that names it in the log; where that is refused, nobody is kept.

        It is written first, for the log must not name whom nobody knows.
        """
        self._vault.put_many(draft.secrets)
        refusal = commit()
        if refusal is not None:
            # The keys are gone at once; bytes that a reader holds on to are overwritten by a later erasure.
            with suppress(ErasureUnfinishedError):
                self.erase(draft.kept.person, draft.kept.place)
        return refusal

    def keep_point(self, point: Point) -> PlaceId:
        """Keep a place by itself: a quote has no person yet."""
        place = PlaceId(mint("plc", self._chance.token(ID_BYTES)))
        self._vault.put_many([self._secret(PersonId(place), POINT, msgspec.json.encode(point))])
        self._points[place] = point
        return place

    def keep_rejected(self, text: bytes) -> PersonId:
        """Keep the text of a row that could not be taken: it may hold anyone's data."""
        ref = PersonId(mint("rej", self._chance.token(ID_BYTES)))
        self._vault.put_many([self._secret(ref, ROW, text)])
        return ref

    def rejected(self, ref: str) -> bytes:
        """The text of a rejected row."""
        return self._vault.get(PersonId(ref), ROW)

    def keep_note(self, person: PersonId, key: str, text: str) -> None:
        """Keep words of the recipient's own; they go when the recipient is erased."""
        self._vault.put_many([self._secret(person, f"note/{key}", text.encode())])

    def note(self, person: PersonId, key: str) -> str:
        """The words that were kept under a key; empty where there are none any more."""
        try:
            return self._vault.get(person, f"note/{key}").decode()
        except (UnknownError, ErasedError):
            return ""

    def row(self, person: PersonId) -> OrderRow:
        """What the merchant told about this recipient's order.

        Raises:
            ErasedError: where the person was erased.
        """
        return _rows.decode(self._vault.get(person, ROW))

    def row_if_kept(self, person: PersonId) -> OrderRow | None:
        """What the merchant told about this recipient's order; None once the person was erased."""
        try:
            return self.row(person)
        except ErasedError:
            return None

    def point(self, place: PlaceId) -> Point | None:
        """Where a place is; None where nobody knows yet, or nobody may know any more."""
        if place not in self._points:
            try:
                self._points[place] = _points.decode(self._vault.get(PersonId(place), POINT))
            except (UnknownError, ErasedError):
                return None
        return self._points[place]

    def erase(self, person: PersonId, place: PlaceId) -> None:
        """Destroy everything about a recipient; what the log holds then proves nothing about anyone."""
        self._points.pop(place, None)
        self._vault.erase(person)
        self._vault.erase(PersonId(place))

    def _secret(self, person: PersonId, field: str, plaintext: bytes) -> Secret:
        return Secret(person, field, plaintext, self._chance.token(NONCE_BYTES))
