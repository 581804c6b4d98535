"""An operations lead: after the day, what was promised, kept and paid, on a page and as tables."""

import csv
import io
import json
import re

from tests.journeys.conftest import Set

from doorstep.engine.log import export, read_record
from doorstep.vocabulary.cost import CostBooked
from doorstep.vocabulary.promise import PromiseOutcome, PromiseSettled


def test_the_day_is_read_on_a_page_and_as_tables(set_small_stage: Set) -> None:
    """Every table on the page is there as a file, and what they say of promises and money is the log's."""
    stage = set_small_stage(seed=3)
    for _ in stage.day.steps():
        pass
    key = {"authorization": f"Bearer {stage.tokens.operator}"}

    def read(path: str) -> str:
        answer = stage.loopback.call("GET", path, key)
        assert answer.status == 200, (path, answer.status)
        return answer.body.decode()

    page, report = read("/report"), json.loads(read("/v1/report"))
    names = re.findall(r'href="(/report/[a-z_]+\.csv)"', page)
    tables = {name.rpartition("/")[2]: list(csv.DictReader(io.StringIO(read(name)))) for name in names}
    assert {"promises.csv", "attempts.csv", "cases.csv", "cost.csv"} <= tables.keys()

    records = [read_record(text).data for text in export(stage.app.store, stage.app.market.id)]
    settled = [record for record in records if isinstance(record, PromiseSettled)]
    kept = sum(record.outcome is PromiseOutcome.kept for record in settled)
    rows = {row["of"]: row for row in tables["promises.csv"]}
    assert (int(rows["all"]["kept"]), report["promises"]["kept"]) == (kept, kept)
    assert sum(one["kept"] for one in report["promises"]["by_service"].values()) == kept
    assert int(rows["all"]["low_ppm"]) < int(rows["all"]["share_ppm"]) < int(rows["all"]["high_ppm"])

    share = report["promises"]["kept_share"]["share_ppm"]
    assert f"{share / 10_000:.1f} %" in page, "the page says the same figure"
    (paid,) = [int(row["total_minor"]) for row in tables["cost.csv"] if row["part"] == "all"]
    assert paid == report["cost"]["total_minor"]
    booked = [record for record in records if isinstance(record, CostBooked)]
    borne = sum(entry.minor for booking in booked for entry in booking.entries if entry.minor > 0)
    assert paid + report["cost"]["elsewhere_minor"] == borne
