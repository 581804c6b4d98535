"""Every code that a page can show has plain words."""

from enum import EnumType

import pytest

from doorstep.lifecycle.delivery_rules import Lacking
from doorstep.lifecycle.order import OrderStatus
from doorstep.lifecycle.promise import PromiseStatus
from doorstep.lifecycle.route import RouteStatus
from doorstep.planning.problem import Refused
from doorstep.views.board_view import Mark
from doorstep.views.labels import LABELS, label, spoken
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.contact import ContactTopic
from doorstep.vocabulary.cost import Basis, CostKind
from doorstep.vocabulary.custody import CustodianKind
from doorstep.vocabulary.delivery import DeliveryStatus, HandoffMethod
from doorstep.vocabulary.event import Source
from doorstep.vocabulary.promise import PromiseOutcome
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.reasons import Reason

SHOWN: tuple[EnumType, ...] = (
    Basis, CaseKind, ContactTopic, CostKind, CustodianKind, DeliveryStatus, HandoffMethod, Lacking, Mark,
    OrderStatus, PromiseOutcome, PromiseStatus, ProofKind, Reason, Refused, RouteStatus, Source,
)  # fmt: skip


@pytest.mark.parametrize("codes", SHOWN, ids=lambda codes: str(codes.__name__))
def test_no_code_is_shown_as_it_is_written(codes: EnumType) -> None:
    """Whatever a page shows of a closed vocabulary has no underscore and no dot in it, and is not empty."""
    for code in codes:
        said = label(str(code.value))  # type: ignore[attr-defined]  # a member of an enumeration of words
        assert said
        assert not set("_.") & set(said), code


def test_every_reason_has_words_of_its_own() -> None:
    """A reason is read by shoppers' side and ours: none is left to the letters of its code."""
    assert {reason.value for reason in Reason} <= LABELS.keys()
    reasons = [LABELS[reason.value] for reason in Reason]
    assert len(set(reasons)) == len(reasons)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("attempt 1 failed: recipient.not_home", "attempt 1 failed: nobody home"),
        ("lacks age_check", "lacks age check"),
        ("rule improve_before_s", "rule improvement before the loading list"),
        ("see orders.csv at example.com", "see orders.csv at example.com"),
        ("Nothing to replace.", "Nothing to replace."),
    ],
)
def test_a_sentence_is_said_with_its_codes_in_words(text: str, said: str) -> None:
    """Codes inside a sentence become words; names of files and hosts stay."""
    assert spoken(text) == said
