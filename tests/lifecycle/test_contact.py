from tests.lifecycle.life import answer, lived

from doorstep.vocabulary.contact import ContactTopic, RecordContact
from doorstep.vocabulary.evidence import IssueEvidence, StreamEnd
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.units import Instant

ASK = RecordContact(OrderId("ord"), "k", ContactTopic.where_is_my_order, "page", "page", Instant(1))


def test_a_contact_counts_once() -> None:
    """The same key again is nothing, another one is another question."""
    state = lived("contact", [ASK])
    assert answer("contact", state, ASK) == ()
    other = RecordContact(OrderId("ord"), "l", ContactTopic.problem, "phone", "Mira", Instant(2))
    assert lived("contact", [other], state).keys == ("k", "l")


def test_every_issue_of_a_packet_counts() -> None:
    """A packet that was issued twice was issued twice."""
    issue = IssueEvidence(OrderId("ord"), (StreamEnd("order/ord", 3),))
    assert lived("evidence", [issue, issue]).issued == 2
