"""A shift on the roster is a route on sale."""

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.roster import ReserveCalled, ShiftPlanned
from doorstep.vocabulary.route import OpenRoute
from doorstep.vocabulary.timer import Consequence, Look


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """Open the route of a shift that is sold, or of a reserve that was called."""
    del look, book
    match record.data:
        case ShiftPlanned(route=route, shift=shift, reserve=False) | ReserveCalled(route=route, shift=shift):
            return (OpenRoute(route, shift),)
        case _:
            return ()
