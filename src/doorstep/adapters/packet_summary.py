"""A packet for people: one page that needs nothing but itself, and a note on how to verify."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined

from doorstep.views.evidence import Evidence, custody_rows, promise_rows
from doorstep.vocabulary import packet
from doorstep.vocabulary.canonical import canonical
from doorstep.vocabulary.checkpoint import Checkpoint
from doorstep.vocabulary.merkle import leaf_hash
from doorstep.vocabulary.packet import MissingFile
from doorstep.vocabulary.units import Instant, seconds_between

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING: Final = "—"
_STYLE: Final = """
body { font: 13px/18px Inter, system-ui, sans-serif; font-variant-numeric: tabular-nums; color: #1a1d21;
  background: #fff; max-width: 1100px; margin: 24px auto; padding: 0 16px }
h1 { font-size: 22px; line-height: 28px; font-weight: 600; margin: 0 0 4px }
h2 { font-size: 15px; font-weight: 600; margin: 28px 0 8px }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: 6px 8px 6px 0; border-bottom: 1px solid #d9dce0 }
th { font-weight: 500; color: #5b626a }
code { font: 12px/16px ui-monospace, monospace; overflow-wrap: anywhere }
img { max-width: 320px; border-radius: 6px; border: 1px solid #d9dce0 }
.quiet { color: #5b626a }
@media print { body { margin: 0; max-width: none } tr { break-inside: avoid } }
"""
_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<title>Evidence about {{ order }}</title>
<style>{{ style }}</style>
<h1>Evidence about {{ order }}</h1>
<p class="quiet">Market {{ market }} · issued {{ issued_at }} · times in {{ zone }} · verify with
<code>doorstep verify PACKET.zip --key PUBLIC.pem</code></p>

<h2>Promise against actual</h2>
{% if promises %}<table>
<tr><th>Window<th>Odds when promised<th>Confirmed<th>Handed over<th>Against the window<th>Outcome
{% for row in promises %}<tr><td>{{ row.window }}<td>{{ row.odds }}<td>{{ row.confirmed }}<td>{{ row.actual }}
<td>{{ row.against }}<td>{{ row.outcome }}
{% endfor %}</table>{% else %}<p>No promise was confirmed.</p>{% endif %}

<h2>Custody</h2>
{% if custody %}<table>
<tr><th>Parcel<th>Since<th>From<th>Held by<th>How<th>Link
{% for row in custody %}<tr><td>{{ row.parcel }}<td>{{ time(row.at) }}<td>{{ row.giver or nothing }}
<td>{{ row.holder }}<td>{{ row.how or nothing }}<td><code>{{ row.link }}</code>
{% endfor %}</table>{% else %}<p>No parcel was in anyone's custody yet.</p>{% endif %}

<h2>Files</h2>
{% if files or missing %}<table>
<tr><th>SHA-256<th>File
{% for name, hash in files %}<tr><td><code>{{ hash }}</code><td>
{%- if name.endswith((".jpg", ".png")) %}<img src="{{ name }}" alt="{{ name }}">
{%- else %}<a href="{{ name }}">{{ name }}</a>{% endif %}
{% endfor %}{% for file in missing %}<tr><td><code>{{ file.sha256 }}</code>
<td>Not here: {{ file.reason.replace("_", " ") }}.
{{ "It can still be had." if file.obtainable else "It cannot be had any more." }}
{% endfor %}</table>{% else %}<p>The events name no files.</p>{% endif %}

<h2>Events</h2>
<table>
<tr><th>Log<th>What happened<th>When, by the teller's clock<th>Recorded, by ours<th>Told by<th>Data, leaf hash
{% for event, leaf, data in events %}<tr><td>{{ event.position }}
<td>{{ event.type }}<br><span class="quiet">{{ event.stream }} · {{ event.version }}</span>
{%- if event.because %}<br><span class="quiet">because {{ event.because.policy }} {{ event.because.version }},
{{ event.because.rule }}</span>{% endif %}
<td>{{ time(event.occurred_at) }}<td>{{ time(event.recorded_at) }}<td>{{ event.actor }}<br>
<span class="quiet">{{ event.source }}</span>
<td><code>{{ data }}</code><br><code class="quiet">{{ leaf }}</code>
{% endfor %}</table>

<h2>Checkpoint</h2>
<p>{{ checkpoint.size }} events stood in the log of {{ market }} at {{ time(checkpoint.time) }}; root
<code>{{ checkpoint.root.hex() }}</code>.</p>
</html>
"""
_TEMPLATE: Final = Environment(autoescape=True, undefined=StrictUndefined).from_string(_PAGE)
_README: Final = """Evidence about order {order} of market {market}.

summary.html shows it to people. To verify it, get the market's public key from the market, not from whoever
gave you this packet, and run

    doorstep verify PACKET.zip --key PUBLIC.pem

It needs no network. It fails, and says where, if an event was changed, left out, added or put in another
place since the checkpoint was signed, or if a file or paper here is not the one that was issued.

events.ndjson    the events, exactly as the log stores them, one a line
proofs.json      RFC 6962 inclusion proofs; a leaf is SHA-256 of 0x00 and the line without its line end
checkpoint.txt   the log's size and root, a C2SP signed note (Ed25519)
manifest.json    SHA-256 of every other entry; manifest.sig is the market's signature over it
files/           photos and signatures that the events name by hash
"""


def readme_text(evidence: Evidence) -> str:
    """The packet's note on what is in it and how to verify it."""
    return _README.format(order=evidence.order, market=evidence.market)


def summary_html(
    evidence: Evidence,
    checkpoint: Checkpoint,
    entries: Sequence[str],
    missing: Sequence[MissingFile],
    zone: str,
) -> str:
    """The page; every value in it is escaped. `entries` are the names of the packet's entries so far."""
    clock = _Clock(ZoneInfo(zone))
    names = (name for name in entries if name.startswith(packet.FILES_FOLDER))
    return _TEMPLATE.render(
        time=clock.time,
        style=_STYLE,
        nothing=_NOTHING,
        order=evidence.order,
        market=evidence.market,
        zone=zone,
        issued_at=clock.time(evidence.issued_at),
        promises=clock.promises(evidence),
        custody=custody_rows(evidence),
        files=[(name, packet.named_hash(name)) for name in names],
        missing=missing,
        events=[
            (event, leaf_hash(text).hex(), canonical(event.data).decode())
            for event, text in zip(evidence.events, evidence.texts, strict=True)
        ],
        checkpoint=checkpoint,
    )


class _Clock:
    """Says instants to people."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def time(self, instant: Instant | None) -> str:
        """Date, time to the second and offset; a dash for what was not recorded."""
        if instant is None:
            return _NOTHING
        local = (_EPOCH + timedelta(microseconds=instant)).astimezone(self._zone)
        return f"{local:%Y-%m-%d %H:%M:%S %z}"

    def promises(self, evidence: Evidence) -> list[dict[str, str]]:
        """The promises' rows in words."""
        return [
            {
                "window": f"{self.time(row.window_start)} to {self.time(row.window_end)}",
                "odds": _NOTHING if row.odds_ppm is None else f"{row.odds_ppm / 10_000:.1f} %",
                "confirmed": self.time(row.confirmed_at),
                "actual": self.time(row.handed_over_at),
                "against": _against(row.window_start, row.window_end, row.handed_over_at),
                "outcome": row.outcome or "not settled",
            }
            for row in promise_rows(evidence)
        ]


def _against(start: Instant, end: Instant, actual: Instant | None) -> str:
    if actual is None:
        return "not handed over"
    if actual < start:
        return f"{_minutes(actual, start)} min before it began"
    if actual > end:
        return f"{_minutes(end, actual)} min after it ended"
    return f"within it, {_minutes(actual, end)} min before it ended"


def _minutes(earlier: Instant, later: Instant) -> int:
    return seconds_between(earlier, later) // 60
