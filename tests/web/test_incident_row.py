"""An incident on the live page, in a real browser."""

import pytest
from tests.web.browser import CHROMIUM, looking, served
from tests.web.test_incidents import SILENT, fall_silent
from tests.web.town import Town

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]


def test_an_incident_is_one_row_that_opens_to_its_cases(open_town: Town) -> None:
    """Three silent orders are one row with the carrier, the orders and the owner; it opens to three cases."""
    for number in range(SILENT):
        fall_silent(open_town, open_town.place(number)["id"])
    with served(open_town) as live, looking(live.url) as sight:
        sight.wait("body[data-heard]")
        rows = sight.page.locator("case-list .case")
        assert rows.count() == 1
        said = rows.first.inner_text()
        assert f"Incident: Regional · {SILENT} orders" in said
        assert "Network owner" in said
        rows.first.click()
        sight.wait("case-list .case.in")
        assert sight.page.locator("case-list .case.in").count() == SILENT
        assert sight.complaints == []
