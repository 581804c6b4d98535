"""A market's log with one order's whole story, another order between, and the packet about the first."""

from collections.abc import Callable, Iterable
from hashlib import sha256

import msgspec
import pytest

from doorstep.adapters.packet import write_packet
from doorstep.adapters.signing import Ed25519Signer
from doorstep.views.evidence import Evidence, as_issued, stream_ends
from doorstep.vocabulary.canonical import canonical
from doorstep.vocabulary.checkpoint import Checkpoint, sign_note
from doorstep.vocabulary.custody_link import GENESIS_LINK, custody_link
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.merkle import Tree, leaf_hash
from doorstep.vocabulary.packet import MissingFile, MissingReason
from doorstep.vocabulary.units import Instant

NOON = 1_767_000_000_000_000
MINUTE = 60_000_000
ORDER, OTHER = OrderId("ord_1"), OrderId("ord_2")
PHOTO = b"\xff\xd8\xff a door"
PHOTO_HASH = sha256(PHOTO).hexdigest()
ERASED_HASH = sha256(b"a signature that was erased").hexdigest()


class Log:
    """A log that grows by events, with what it takes to sign it."""

    def __init__(self, signer: Ed25519Signer) -> None:
        self.signer = signer
        self.texts: list[bytes] = []
        self.versions: dict[str, int] = {}
        self.links: dict[str, str] = {}

    def add(self, stream: str, **data: object) -> None:
        """One more event, a minute after the last; a custody event gets its link."""
        if str(data["type"]).startswith("custody."):
            self.links[stream] = custody_link(self.links.get(stream, GENESIS_LINK), data)
            data["link"] = self.links[stream]
        self.versions[stream] = self.versions.get(stream, 0) + 1
        position = len(self.texts) + 1
        event = {
            "position": position,
            "id": f"evt_{position}",
            "market": "nbg",
            "stream": stream,
            "version": self.versions[stream],
            "schema": 1,
            "occurred_at": NOON + position * MINUTE,
            "recorded_at": NOON + position * MINUTE + 250_000,
            "source": "driver_app",
            "actor": "driver:drv_1",
            "cause": "cmd_1",
            "because": {"policy": "attempts", "version": 3, "rule": "not_home"}
            if position % 3 == 0
            else None,
            "data": data,
        }
        self.texts.append(canonical(event))

    def issue(self, order: str = ORDER) -> None:
        """The event that seals an order's evidence."""
        ends = msgspec.to_builtins(stream_ends(OrderId(order), self.texts))
        self.add(f"evidence/{order}", type="evidence.issued", order=order, streams=ends)

    def tree(self) -> Tree:
        """The log's tree."""
        return Tree(leaf_hash(text) for text in self.texts)

    def note(self, signer: Ed25519Signer | None = None) -> str:
        """The signed checkpoint over the log as it stands."""
        by = signer or self.signer
        checkpoint = Checkpoint(
            MarketId("nbg"), len(self.texts), self.tree().root(), Instant(NOON + 600 * MINUTE)
        )
        return sign_note(checkpoint, by.public_key, by.sign(checkpoint.signed_bytes()))

    def evidence(self) -> Evidence:
        """The evidence about the first order."""
        return as_issued(ORDER, self.texts)

    def packet(self, missing: Iterable[MissingFile] | None = None, zone: str = "Europe/Berlin") -> bytes:
        """The packet about the first order."""
        named = self.evidence().named_files()
        files = {PHOTO_HASH: PHOTO} if PHOTO_HASH in named else {}
        erased = MissingFile(ERASED_HASH, MissingReason.erased, obtainable=False)
        excused = list(missing) if missing is not None else [erased] if ERASED_HASH in named else []
        return write_packet(self.evidence(), self.tree(), self.note(), files, excused, self.signer, zone)


def tell_a_delivery(log: Log, order: str, suffix: str) -> None:
    """An order from promise to proof, with a failed attempt, a case and a question on the way."""
    window = {"start": NOON + 60 * MINUTE, "end": NOON + 180 * MINUTE}
    promise, delivery, parcel = f"prm_{suffix}", f"dlv_{suffix}", f"pcl_{suffix}"
    hub, driver = {"kind": "hub", "id": "hub_1"}, {"kind": "driver", "id": "drv_1"}
    door = {"kind": "recipient", "id": f"per_{suffix}"}
    photo = {"kind": "photo", "sha256": PHOTO_HASH, "passed": True}
    signature = {"kind": "signature", "sha256": ERASED_HASH, "passed": True}
    pin = {"kind": "pin", "sha256": "", "passed": True}
    log.add(
        f"promise/{promise}",
        type="promise.held",
        promise=promise,
        merchant="mer_1",
        service="slot",
        delivery=delivery,
        place=f"plc_{suffix}",
        window=window,
        odds_ppm=953_000,
        route="rte_1",
        arrival=NOON + 90 * MINUTE,
        added_s=300,
        plan_hash="0" * 64,
        expires_at=NOON + 30 * MINUTE,
    )
    log.add(
        f"promise/{promise}",
        type="promise.confirmed",
        promise=promise,
        order=order,
        plan_hash="0" * 64,
        at=NOON + MINUTE,
    )
    log.add(
        f"order/{order}",
        type="order.promised",
        order=order,
        promise=promise,
        delivery=delivery,
        window=window,
    )
    log.add(
        f"delivery/{delivery}",
        type="delivery.created",
        delivery=delivery,
        key="k1",
        at=NOON,
        order=order,
        merchant="mer_1",
        promise=promise,
        hub="hub_1",
        place=f"plc_{suffix}",
        parcels=[parcel],
        window=window,
        handling=["signature"],
        proofs_required=["photo"],
    )
    log.add(
        f"custody/{parcel}",
        type="custody.opened",
        parcel=parcel,
        link="",
        delivery=delivery,
        holder=hub,
        at=NOON,
    )
    for number, (giver, holder) in enumerate(((hub, driver), (driver, door))):
        log.add(
            f"custody/{parcel}",
            type="custody.handed_over",
            parcel=parcel,
            link="",
            key=f"k{number}",
            giver=giver,
            holder=holder,
            at=NOON + (30 + 60 * number) * MINUTE,
            method="to_recipient" if number else None,
            condition="good <b>&",
            proofs=[photo] if number else [],
        )
    log.add(
        f"case/cas_{suffix}",
        type="case.claimed",
        case=f"cas_{suffix}",
        owner="usr_1",
        at=NOON,
    )
    log.add("route/rte_1", type="route.left", route="rte_1", deliveries=[delivery])
    log.add(
        f"contact/{order}",
        type="contact.recorded",
        order=order,
        key="k",
        topic="problem",
        channel="<script>alert(1)</script>",
        answered_by="usr_1",
        at=NOON,
    )
    log.add(
        f"delivery/{delivery}",
        type="delivery.delivered",
        delivery=delivery,
        key="k2",
        at=NOON + 92 * MINUTE,
        route="rte_1",
        attempt=1,
        method="to_recipient",
        parcels=[parcel],
        distance_m=4,
        proofs=[photo, signature, pin],
        missing=[],
    )


@pytest.fixture
def signer() -> Ed25519Signer:
    """The market's key."""
    return Ed25519Signer.from_seed(bytes(range(32)))


@pytest.fixture
def stranger() -> Ed25519Signer:
    """Someone else's key."""
    return Ed25519Signer.from_seed(bytes(32))


@pytest.fixture
def grow(signer: Ed25519Signer) -> Callable[[], Log]:
    """Makes the log of two orders, side by side, without an issue yet."""

    def made() -> Log:
        log = Log(signer)
        tell_a_delivery(log, ORDER, "1")
        tell_a_delivery(log, OTHER, "2")
        return log

    return made


@pytest.fixture
def log(grow: Callable[[], Log]) -> Log:
    """The log with the first order's evidence issued, and grown on."""
    grown = grow()
    grown.issue()
    grown.add("route/rte_1", type="route.closed", route="rte_1")
    return grown
