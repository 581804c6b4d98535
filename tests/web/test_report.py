"""The day's report through its doors."""

import csv
import io

from tests.web.town import Town

from doorstep.engine.log import export, log_hash


def test_the_report_counts_what_the_log_tells_so_far(town: Town) -> None:
    """Orders that were placed stand in the JSON, and its hash is that of the log as it is now."""
    town.place(1)
    town.place(2)
    report = town.json("operator", "GET", "/v1/report")
    assert report["orders"] == 2
    assert report["log_hash"] == log_hash(export(town.app.store, town.app.market.id))


def test_the_report_page_brings_no_style_of_its_own(town: Town) -> None:
    """The surface's content policy forbids style inside a page, so the page links it."""
    town.place(1)
    page = town.call("operator", "GET", "/report")
    assert page.status == 200
    assert b"<style" not in page.body
    assert b'href="/report/style.css"' in page.body
    style = town.call(None, "GET", "/report/style.css")
    assert (style.status, style.headers["content-type"].partition(";")[0]) == (200, "text/css")


def test_every_table_of_the_page_is_a_csv_beside_it(town: Town) -> None:
    """Each link of the page leads to a file that reads as CSV; a table that is none is not found."""
    town.place(1)
    page = town.call("operator", "GET", "/report").body.decode()
    names = [part.split('"')[0] for part in page.split('href="/report/')[1:] if ".csv" in part.split('"')[0]]
    assert len(names) > 5
    for name in names:
        answered = town.call("operator", "GET", f"/report/{name}")
        assert answered.status == 200, name
        rows = list(csv.reader(io.StringIO(answered.body.decode())))
        assert len({len(row) for row in rows}) == 1, name
        assert town.call("operator", "GET", f"/v1/report/{name}").body == answered.body, name
    assert town.call("operator", "GET", "/report/nothing.csv").status == 404
    assert town.call("operator", "GET", "/v1/report/nothing.csv").status == 404
    assert town.call(None, "GET", "/v1/report/promises.csv").status == 401
    assert town.call(None, "GET", "/v1/report").status == 401
