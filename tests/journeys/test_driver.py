"""A driver: from the code in the office to the closed day, on a phone."""

import io
from pathlib import Path

import pytest
from PIL import Image
from tests.web.browser import CHROMIUM
from tests.web.phone import Work, at_work, on, paired, photo, press, sign, stay, to_the_door
from tests.web.town import Town, at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]


def test_a_person_drives_a_whole_day(open_town: Town, tmp_path: Path) -> None:
    """Paired, loaded, left, delivered with every proof, failed with evidence, home and accounted for."""
    with at_work(open_town) as work, paired(work) as sight:
        page = sight.page
        page.fill("#code", work.proving["parcels"][0][-6:])
        page.keyboard.press("Enter")
        page.fill("#code", work.absent["parcels"][0])
        page.keyboard.press("Enter")
        press(page, "#loaded")
        on(page, "depart")
        press(page, "#depart")
        on(page, "way")
        work.town.pass_to(at(12))

        to_the_door(page, "Ada Beispiel")
        assert "blue door" in page.locator(".instructions").inner_text()
        stay(work, page, at(12, 2))
        page.fill("#code", work.proving["parcels"][0])
        page.keyboard.press("Enter")
        page.set_input_files("#photo", photo(tmp_path))
        page.wait_for_selector("#do-signature")
        sign(page)
        page.wait_for_selector("#do-pin")
        page.fill("#pin", work.proving["pin"])
        press(page, "#confirm")
        on(page, "way")
        assert "delivered" in page.locator("#said").inner_text()
        assert work.status(work.proving) == "delivered"

        page.click("#here")
        page.click("#arrived")
        on(page, "door")
        stay(work, page, at(12, 6))
        page.click("#cant")
        page.check("input[value='recipient.not_home']")
        page.check("#contact")
        page.set_input_files("#photo", photo(tmp_path))
        press(page, "#confirm")
        on(page, "next")
        assert "hub" in page.locator(".instructions").inner_text()
        page.click("#go-on")

        on(page, "home")
        page.fill("#km", "12.5")
        press(page, "#returned")
        on(page, "debrief")
        page.fill("#code", work.absent["parcels"][0][-6:])
        page.keyboard.press("Enter")
        press(page, "#close-day")
        on(page, "end")
        assert sight.complaints == []
        check_the_day(work)


def check_the_day(work: Work) -> None:
    """What the log and the API say of the day."""
    delivered = work.town.app.drivers.delivery(work.proving["delivery"]).delivered
    assert {proof.kind.value for proof in delivered.proofs} == {"photo", "signature", "pin"}
    assert work.town.app.drivers.delivery(work.proving["delivery"]).missing == ()
    sha256 = next(proof.sha256 for proof in delivered.proofs if proof.kind.value == "photo")
    kept = work.town.call("operator", "GET", f"/v1/orders/{work.proving['id']}/proofs/{sha256}")
    assert max(Image.open(io.BytesIO(kept.body)).size) == 1600
    failed = work.town.app.drivers.delivery(work.absent["delivery"])
    assert (failed.attempts_physical, failed.attempts_claimed) == (1, 0)
    assert (work.state.status.value, work.state.driven_m) == ("debriefed", 12_500)
    told = work.events()
    for event in (
        "route.loaded", "route.departed", "delivery.arrived", "delivery.delivered",
        "delivery.attempt_failed", "route.returned", "route.debriefed",
    ):  # fmt: skip
        assert event in told, event
