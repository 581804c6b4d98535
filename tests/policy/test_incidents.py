"""Which cases gather under one cause."""

import pytest

from doorstep.app import default_book
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.ids import CarrierId, DeliveryId, OrderId, RouteId
from doorstep.vocabulary.incident import Cause

POLICY = default_book().incidents
ON_ROUTE = CaseSubject(OrderId("ord"), DeliveryId("dlv"), RouteId("rte"))
BY_CARRIER = CaseSubject(OrderId("ord"), DeliveryId("dlv"), carrier=CarrierId("regional"))


@pytest.mark.parametrize(
    ("kind", "subject", "cause"),
    [
        (CaseKind.no_capacity, ON_ROUTE, (Cause.route, "rte")),
        (CaseKind.breakdown, CaseSubject(route=RouteId("rte")), (Cause.route, "rte")),
        (CaseKind.failed_attempt, ON_ROUTE, None),
        (CaseKind.no_capacity, CaseSubject(OrderId("ord"), DeliveryId("dlv")), None),
        (CaseKind.carrier_silence, BY_CARRIER, (Cause.carrier, "regional")),
        (CaseKind.damage, BY_CARRIER, None),
    ],
)
def test_a_cause_follows_from_kind_and_subject(
    kind: CaseKind, subject: CaseSubject, cause: tuple[Cause, str] | None
) -> None:
    """What a van leaves and what a carrier keeps back have a cause; nobody at home and damage have none."""
    assert POLICY.behind(kind, subject) == cause
