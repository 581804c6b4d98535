"""ETags: what a caller may say about the version that it read."""

import pytest

from doorstep.web.etags import etag, if_match
from doorstep.web.problems import ProblemError

CURRENT = 7


@pytest.mark.parametrize("said", ["*", " * ", '"7"', '"3", "7"', 'W/"3" ,"7"', etag(CURRENT)["ETag"]])
def test_the_current_version_is_meant(said: str) -> None:
    """`*`, the current tag, and a list that holds it mean what stands now."""
    assert if_match({"if-match": said}, CURRENT) == CURRENT


@pytest.mark.parametrize(
    ("said", "meant"),
    [('"3"', 3), ('"3", "5"', 5), ('"abc"', 0), ('W/"7", "3"', 3), ('""', 0), (f'"{"9" * 5000}"', 0)],
)
def test_another_version_is_meant(said: str, meant: int) -> None:
    """An older tag is that version; a weak one, and one that is not ours, is none that ever stood."""
    assert if_match({"if-match": said}, CURRENT) == meant


def test_weak_tags_alone_are_told_that_they_never_match() -> None:
    """They promise less than If-Match asks."""
    with pytest.raises(ProblemError) as caught:
        if_match({"if-match": 'W/"7", W/"3"'}, CURRENT)
    assert (caught.value.status, caught.value.code) == (412, "weak_etag")


@pytest.mark.parametrize("said", ["", "7", "abc", '"7', '"7" "8"', "**", '"7",'])
def test_what_holds_no_tags_is_a_bad_request(said: str) -> None:
    """A tag stands in quotation marks."""
    with pytest.raises(ProblemError) as caught:
        if_match({"if-match": said}, CURRENT)
    assert (caught.value.status, caught.value.code) == (400, "bad_if_match")
