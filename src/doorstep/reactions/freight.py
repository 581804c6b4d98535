"""What carriers charge: accrued when they accept, taken back when they let go, until their invoice comes."""

from doorstep.lifecycle.tender import TenderState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.cost import Basis, BookCost, CostKind, Entry
from doorstep.vocabulary.ids import CarrierId, OrderId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.tender import TenderAccepted, TenderCancelled
from doorstep.vocabulary.timer import Consequence, Look, Reasoned


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """The freight of a tender, booked once and reversed at most once."""
    match record.data:
        case TenderAccepted(tender=tender, carrier=carrier, price_minor=price, currency=currency):
            state: TenderState = look(record.stream)
            order = state.consignment.order
            return (_book(book, order, carrier, f"freight/{tender}", {CostKind.freight: price}, currency),)
        case TenderCancelled(tender=tender, carrier=carrier, fee_minor=fee):
            state = look(record.stream)
            accepted = state.accepted
            if accepted is None or accepted.carrier != carrier:
                return ()
            minors = {CostKind.freight: -accepted.price_minor, CostKind.cancellation: fee}
            key = f"freight/{tender}/cancelled"
            return (_book(book, state.consignment.order, carrier, key, minors, accepted.currency),)
        case _:
            return ()


def _book(
    book: PolicyBook, order: OrderId, carrier: CarrierId, key: str, minors: dict[CostKind, int], currency: str
) -> Reasoned:
    entries: list[Entry] = []
    for kind, minor in minors.items():
        if minor:
            entries.append(Entry(f"order/{order}", kind, 1 if minor > 0 else -1, minor, Basis.accrued, order))
            entries.append(Entry(f"carrier/{carrier}", kind, 0, -minor, Basis.accrued))
    command = BookCost(str(order), key, None, currency, tuple(entries))
    return Reasoned(command, book.contracts.because(carrier, "rates"))
