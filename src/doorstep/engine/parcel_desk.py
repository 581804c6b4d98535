"""Parcels that are missing: scanned in at the hub after all, or given up."""

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.planner import Planner
from doorstep.lifecycle.custody import CustodyState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.vocabulary.delivery import RecordFound, WriteOffParcel
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ParcelId


class ParcelDesk:
    """What the hub floor tells of one parcel."""

    def __init__(self, desk: Desk, planner: Planner) -> None:
        self._desk = desk
        self._planner = planner

    def delivery(self, parcel: ParcelId) -> DeliveryState | None:
        """The delivery that a parcel belongs to; None where nobody knows the parcel."""
        custody: CustodyState | None = self._desk.state("custody", parcel)
        return None if custody is None else self._desk.state("delivery", custody.delivery)

    def custody(self, parcel: ParcelId) -> CustodyState | None:
        """Who holds a parcel."""
        state: CustodyState | None = self._desk.state("custody", parcel)
        return state

    def found(self, state: DeliveryState, parcel: ParcelId, origin: Origin) -> Refusal | None:
        """A missing parcel was scanned in at the hub: its search is over, and policy says what follows."""
        assert state.created is not None, "the door looked the delivery up"
        key = f"found/{parcel}/{origin.at}"
        with self._planner.lock:
            found = RecordFound(state.created.delivery, key, origin.at, parcel)
            return self._desk.together([found], origin)

    def give_up(self, state: DeliveryState, parcel: ParcelId, why: str, origin: Origin) -> Refusal | None:
        """A missing parcel is written off before the policy's deadline."""
        assert state.created is not None, "the door looked the delivery up"
        key = f"lost/{parcel}/{origin.at}"
        with self._planner.lock:
            lost = WriteOffParcel(state.created.delivery, key, origin.at, parcel, why)
            return self._desk.together([lost], origin)
