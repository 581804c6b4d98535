"""What carriers charge: accrued when they accept, taken back when they let go, until their invoice comes."""

from doorstep.lifecycle.tender import TenderState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.cost import AnyCostCommand, Basis, BookCost, CostKind, Entry, ReverseCost
from doorstep.vocabulary.ids import CarrierId, OrderId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.tender import TenderAccepted, TenderCancelled
from doorstep.vocabulary.timer import Consequence, Look, Reasoned


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """The freight of a tender, booked once and reversed at most once, and what it costs to take it back."""
    match record.data:
        case TenderAccepted(tender=tender, carrier=carrier, price_minor=price, currency=currency):
            state: TenderState = look(record.stream)
            order, kind = state.consignment.order, CostKind.freight
            return _because(
                book, carrier, _booked(order, carrier, f"freight/{tender}", kind, price, currency)
            )
        case TenderCancelled(tender=tender, carrier=carrier, fee_minor=fee):
            state = look(record.stream)
            accepted = state.accepted
            if accepted is None or accepted.carrier != carrier:
                return ()
            order, kind = state.consignment.order, CostKind.cancellation
            freight = f"freight/{tender}"
            back = ReverseCost(str(order), f"{freight}/reversed", freight)
            paid = _booked(order, carrier, f"{freight}/cancelled", kind, fee, accepted.currency)
            return _because(book, carrier, back, *([paid] if fee else ()))
        case _:
            return ()


def _because(book: PolicyBook, carrier: CarrierId, *commands: AnyCostCommand) -> tuple[Consequence, ...]:
    return tuple(Reasoned(command, book.contracts.because(carrier, "rates")) for command in commands)


def _booked(
    order: OrderId, carrier: CarrierId, key: str, kind: CostKind, minor: int, currency: str
) -> BookCost:
    borne = Entry(f"order/{order}", kind, 1, minor, Basis.accrued, order)
    owed = Entry(f"carrier/{carrier}", kind, 0, -minor, Basis.accrued)
    return BookCost(str(order), key, None, currency, (borne, owed))
