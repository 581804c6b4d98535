"""Labels: what a carrier's parcels bear, for whoever prints it, as long as it is worth anything."""

from typing import Final

from doorstep.engine.ports.blobs import BlobMissingError
from doorstep.engine.ports.vault import ErasedError
from doorstep.lifecycle.tender import TenderState
from doorstep.vocabulary.ids import DeliveryId
from doorstep.vocabulary.tender import TenderStatus
from doorstep.web.auth import Role
from doorstep.web.door import Call, Door
from doorstep.web.problems import ProblemError, not_found
from doorstep.web.reply import Reply

LABEL_ROLES: Final = frozenset({Role.merchant, Role.carrier, Role.operator})
PNG: Final = "image/png"
PDF: Final = "application/pdf"
_STARTS: Final = ((b"\x89PNG\r\n\x1a\n", PNG), (b"%PDF-", PDF))
"""How the files begin that a browser may show; anything else is only for saving."""
LABEL: Final = "/v1/deliveries/{delivery}/label"
_OTHER: Final = "application/octet-stream"


def read_label(call: Call) -> Reply:
    """Read the label that a carrier made for a delivery's parcels.

    A label whose shipment was taken back answers 410: nobody shall print it again.
    """
    delivery = DeliveryId(call.path["delivery"])
    tender = _labelled(call, delivery)
    if tender is None or tender.accepted is None or tender.accepted.label is None:
        raise not_found("label")
    if tender.status is not TenderStatus.accepted:
        raise ProblemError(410, "label_void", "The shipment was taken back, and its label is void.")
    sha256 = tender.accepted.label
    told = {"ETag": f'"{sha256}"', "Cache-Control": "private, no-cache"}
    if call.headers.get("if-none-match") == told["ETag"]:
        return Reply(304, headers=told)
    try:
        content = call.app.blobs.get(sha256, tender.consignment.person)
    except (BlobMissingError, ErasedError) as fault:
        raise not_found("label") from fault
    media = next((media for start, media in _STARTS if content.startswith(start)), _OTHER)
    named = f'attachment; filename="{tender.accepted.reference}"' if media == _OTHER else "inline"
    return Reply(200, content, media, {**told, "Content-Disposition": named})


def _labelled(call: Call, delivery: DeliveryId) -> TenderState | None:
    """The latest tender of the caller's own with a label; one that stands goes before what was taken back."""
    found: TenderState | None = None
    for name in call.app.carrier_book.tenders_of(delivery):
        tender: TenderState | None = call.app.desk.state("tender", name)
        if tender is None or tender.accepted is None or tender.accepted.label is None:
            continue
        if call.caller.merchant not in (None, tender.consignment.merchant):
            continue
        if call.caller.carrier not in (None, tender.accepted.carrier):
            continue
        found = tender
    return found


DOORS: Final = (
    Door(
        "GET", LABEL, read_label, LABEL_ROLES, {200: PNG, 304: None},
        problems=(404, 410), also={200: PDF},
    ),
)  # fmt: skip
