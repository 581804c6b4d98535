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
        return write_packet(self.evidence(), self.tree(), self.note(), files, excused, self.signer, zone=zone)


WINDOW = {"start": NOON + 60 * MINUTE, "end": NOON + 180 * MINUTE}
PHOTO_PROOF = {"kind": "photo", "sha256": PHOTO_HASH, "passed": True}
SIGNATURE_PROOF = {"kind": "signature", "sha256": ERASED_HASH, "passed": True}
PIN_PROOF = {"kind": "pin", "sha256": "", "passed": True}


def tell_an_order(log: Log, order: str, n: str) -> None:
    """An order from promise to proof, with a case and a question on the way, on a route that others share."""
    tell_the_promise(log, order, n)
    created = {"key": "k1", "at": NOON, "order": order, "promise": f"prm_{n}", "parcels": [f"pcl_{n}"]}
    log.add(f"delivery/dlv_{n}", type="delivery.created", delivery=f"dlv_{n}", window=WINDOW, **created)
    tell_the_custody(log, n)
    log.add(f"case/cas_{n}", type="case.opened", case=f"cas_{n}", subject={"delivery": f"dlv_{n}"})
    log.add("route/rte_1", type="route.left", route="rte_1", deliveries=[f"dlv_{n}"])
    asked = {"topic": "problem", "channel": "<script>alert(1)</script>"}
    log.add(f"contact/{order}", type="contact.recorded", order=order, **asked)
    log.add(
        f"delivery/dlv_{n}",
        type="delivery.delivered",
        delivery=f"dlv_{n}",
        at=NOON + 92 * MINUTE,
        attempt=1,
        proofs=[PHOTO_PROOF, SIGNATURE_PROOF, PIN_PROOF],
    )


def tell_the_promise(log: Log, order: str, n: str) -> None:
    """The promise held and confirmed, and the order bound to it."""
    promise = f"prm_{n}"
    held = {"delivery": f"dlv_{n}", "window": WINDOW, "odds_ppm": 953_000, "route": "rte_1"}
    log.add(f"promise/{promise}", type="promise.held", promise=promise, **held)
    log.add(f"promise/{promise}", type="promise.confirmed", promise=promise, order=order, at=NOON + MINUTE)
    log.add(f"order/{order}", type="order.promised", order=order, promise=promise, delivery=f"dlv_{n}")


def tell_the_custody(log: Log, n: str) -> None:
    """From the hub to the driver to the recipient."""
    stream, parcel = f"custody/pcl_{n}", f"pcl_{n}"
    hub, driver = {"kind": "hub", "id": "hub_1"}, {"kind": "driver", "id": "drv_1"}
    door = {"kind": "recipient", "id": f"per_{n}"}
    log.add(stream, type="custody.opened", parcel=parcel, delivery=f"dlv_{n}", holder=hub, at=NOON)
    taken = {"giver": hub, "holder": driver, "at": NOON + 30 * MINUTE, "method": None, "proofs": []}
    given = {"giver": driver, "holder": door, "at": NOON + 92 * MINUTE, "method": "to_recipient"}
    for handover in (taken, {**given, "proofs": [PHOTO_PROOF]}):
        log.add(stream, type="custody.handed_over", parcel=parcel, condition="good <b>&", **handover)


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
        tell_an_order(log, ORDER, "1")
        tell_an_order(log, OTHER, "2")
        return log

    return made


@pytest.fixture
def log(grow: Callable[[], Log]) -> Log:
    """The log with the first order's evidence issued, and grown on."""
    grown = grow()
    grown.issue()
    grown.add("route/rte_1", type="route.closed", route="rte_1")
    return grown
