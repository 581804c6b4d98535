import re
from importlib import resources

import pytest

from doorstep.policy.attempts import Then
from doorstep.policy.book import POLICIES, PolicyUnreadable, read_book
from doorstep.vocabulary.delivery import HandoffMethod
from doorstep.vocabulary.event import Because
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.reasons import Reason

VERSION = re.compile(r"^version = .*$", re.MULTILINE)


@pytest.fixture
def texts() -> dict[str, str]:
    folder = resources.files("doorstep.policy") / "defaults"
    return {name: (folder / f"{name}.toml").read_text(encoding="utf-8") for name in POLICIES}


def test_the_policies_that_ship_are_a_book_and_nothing_else_ships(texts: dict[str, str]) -> None:
    """Every file of the folder is a policy, and each policy names itself and its version."""
    folder = resources.files("doorstep.policy") / "defaults"
    assert {file.name for file in folder.iterdir()} == {f"{name}.toml" for name in POLICIES}
    book = read_book(texts)
    for name in POLICIES:
        policy = getattr(book, name)
        assert policy.id == name
        assert policy.version >= 1


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: "unknown_key = 1\n" + text, "unknown_key"),
        (lambda text: VERSION.sub('version = "one"', text), "version"),
        (lambda text: VERSION.sub("", text), "version"),
        (lambda text: "[" + text, "line"),
    ],
)
def test_a_policy_that_cannot_be_used_is_named_with_its_key(
    texts: dict[str, str], name: str, change: object, told: str
) -> None:
    """An unknown key, a wrong kind, a missing key, broken TOML: the message says which file and where."""
    assert callable(change)
    with pytest.raises(PolicyUnreadable, match=f"policy {name}: .*{told}"):
        read_book(texts | {name: change(texts[name])})


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_that_is_missing_is_named(texts: dict[str, str], name: str) -> None:
    """A book has all of its parts."""
    del texts[name]
    with pytest.raises(PolicyUnreadable, match=f"lacks {name}$"):
        read_book(texts)


def test_every_reason_has_a_rule_and_every_rule_a_reason(texts: dict[str, str]) -> None:
    """A reason without a rule of its own has the default; no rule is for a word that is no reason."""
    attempts = read_book(texts).attempts
    assert set(attempts.reason) <= {reason.value for reason in Reason}
    for reason in Reason:
        rule = attempts.rule(reason)
        assert rule == attempts.reason.get(reason.value, attempts.default)
        assert isinstance(rule.then, Then)
    because = attempts.because("physical_max")
    assert because == Because("attempts", attempts.version, "physical_max")


def test_proof_adds_up_by_handling_and_by_method(texts: dict[str, str]) -> None:
    """What is always asked, and what each duty and the way of handing over ask on top."""
    proof = read_book(texts).proof
    assert proof.required(()) == ("place", "scan")
    assert proof.required((Handling.high_value, Handling.photo)) == ("photo", "place", "scan", "signature")
    assert proof.required((Handling.cold, Handling.fragile)) == proof.required(())
    assert proof.for_method(HandoffMethod.to_recipient) == ()
    assert proof.for_method(HandoffMethod.left_at_place) == (ProofKind.photo,)


def test_seconds_at_the_door_grow_with_parcels_and_duties(texts: dict[str, str]) -> None:
    """Base and parcels, and each duty's own seconds once."""
    dispatch = read_book(texts).dispatch
    times = dispatch.service_time
    assert dispatch.service_s(1, (), ()) == times.base_s + times.parcel_s
    assert dispatch.service_s(3, (), ()) == times.base_s + 3 * times.parcel_s
    duties = {
        ProofKind.signature: times.signature_s,
        ProofKind.photo: times.photo_s,
        ProofKind.pin: times.pin_s,
        ProofKind.age_check: times.age_check_s,
    }
    for kind, extra_s in duties.items():
        assert dispatch.service_s(1, (), (kind,)) == times.base_s + times.parcel_s + extra_s
    all_s = dispatch.service_s(1, (Handling.high_value,), tuple(duties))
    assert all_s == times.base_s + times.parcel_s + sum(duties.values()) + times.high_value_s
