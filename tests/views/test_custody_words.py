"""Who holds a parcel is said in words, whoever holds it."""

from doorstep.views.answers import _HELD_BY
from doorstep.vocabulary.custody import CustodianKind


def test_every_custodian_has_words() -> None:
    """No kind of custodian leaves an answer without words."""
    assert set(_HELD_BY) == set(CustodianKind)
