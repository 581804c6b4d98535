"""The report's page: one self-contained file, for screen and paper, light and dark."""

from typing import Final

STYLE: Final = """
:root {
  --paper: #fff; --ink: #1b1f24; --soft: #59626d; --line: #dfe3e8; --wash: #f6f7f9; --accent: #0b68cb;
  --good: #1a7f37; --bad: #c4281c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e8eaed; --soft: #9aa4b0; --line: #2c323a; --wash: #1b1f25; --accent: #5aa2f0;
    --good: #56c271; --bad: #ff7b6e;
  }
}
* { box-sizing: border-box; }
html { color-scheme: light dark; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 400 13px/20px Inter, ui-sans-serif, system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 22px; line-height: 28px; font-weight: 600; margin: 0; }
h2 { font-size: 15px; line-height: 20px; font-weight: 600; margin: 0 0 4px; }
p { margin: 0; color: var(--soft); max-width: 72ch; }
a { color: var(--accent); }
header { display: flex; justify-content: space-between; align-items: baseline; gap: 16px; flex-wrap: wrap; }
.headline {
  display: grid; grid-template-columns: repeat(3, 1fr); gap: 1px; margin: 24px 0 8px;
  background: var(--line); border: 1px solid var(--line); border-radius: 6px; overflow: hidden;
}
.headline div { background: var(--paper); padding: 16px; }
.headline b { display: block; font-size: 28px; line-height: 36px; font-weight: 600; }
.headline span { color: var(--soft); display: block; font-size: 12px; line-height: 16px; }
.headline .name { color: var(--ink); font-size: 13px; line-height: 18px; }
.state { font-weight: 600; padding: 8px 12px; border: 1px solid; border-radius: 6px; margin: 16px 0 0; }
.state.holds { color: var(--good); } .state.broken { color: var(--bad); }
.state ul { margin: 4px 0 0; padding-left: 20px; font-weight: 400; overflow-wrap: anywhere; }
section { margin-top: 40px; break-inside: avoid; }
section.long { break-inside: auto; }
section > .csv { float: right; font-size: 12px; }
.beside { display: grid; grid-template-columns: 5fr 6fr; gap: 40px; align-items: start; }
.beside th, .beside td { padding-right: 12px; }
figure { margin: 20px 0 0; }
svg { display: block; width: 100%; max-width: 520px; height: auto; }
svg text { font-size: 12px; fill: var(--ink); } svg .tick { fill: var(--soft); font-size: 11px; }
svg .value { font-weight: 500; }
svg .grid { stroke: var(--line); } svg .diagonal { stroke: var(--soft); stroke-dasharray: 4 4; }
svg .whisker { stroke: var(--accent); stroke-width: 2; } svg .dot { fill: var(--accent); }
svg .bar { fill: var(--accent); } svg .modelled { fill-opacity: .35; }
.scroll { overflow-x: auto; margin-top: 12px; min-width: 0; }
.narrow { max-width: 640px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 6px 16px 6px 0; border-bottom: 1px solid var(--line); }
td { vertical-align: top; }
th { font-weight: 500; color: var(--soft); font-size: 12px; vertical-align: bottom; white-space: nowrap; }
td { white-space: nowrap; } td.words { white-space: normal; min-width: 88px; }
tr.part td:first-child { padding-left: 16px; color: var(--soft); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
td .interval { color: var(--soft); }
th.figures, td.figures { text-align: right; } th:last-child, td:last-child { padding-right: 0; }
td.holds::before { content: "✓ "; color: var(--good); }
td.broken::before { content: "✕ "; color: var(--bad); }
td.no-subject::before { content: "○ "; color: var(--bad); }
footer { margin-top: 48px; border-top: 1px solid var(--line); padding-top: 16px; font-size: 12px; }
code { font: 12px/18px ui-monospace, monospace; overflow-wrap: anywhere; }
@media (max-width: 960px) { .beside { display: block; } }
@media (max-width: 600px) {
  main { padding: 20px 16px 48px; }
  .headline { grid-template-columns: repeat(2, 1fr); }
  .headline div { padding: 12px; }
  .headline b { font-size: 22px; line-height: 28px; }
  th, td { padding-right: 12px; } th { white-space: normal; }
  td .interval { display: block; font-size: 12px; }
  td.words:not(:first-child) { min-width: 136px; }
  th:first-child:not(.figures), td.words:first-child {
    position: sticky; left: 0; background: var(--paper); min-width: 104px; max-width: 128px;
  }
}
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #444; --line: #ccc; --accent: #0b4f9c; }
  main { max-width: none; padding: 0; } section > .csv { display: none; } section { margin-top: 24px; }
  .scroll { overflow: visible; } td { white-space: normal; }
  .beside { grid-template-columns: 2fr 3fr; gap: 16px; }
}
"""

PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
{% if hosted %}
<link rel="stylesheet" href="/report/style.css">
{% else %}
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>{{ style }}</style>
{% endif %}
</head>
<body>
<main>
{% if hosted %}<p><a href="/">Dispatch</a></p>{% endif %}
<header><h1>{{ title }}</h1><p>as of {{ as_of }}</p></header>
<div class="headline">
{% for tile in headline %}
  <div><span class="name">{{ tile.name }}</span><b>{{ tile.figure }}</b><span>{{ tile.under }}</span></div>
{% endfor %}
</div>
{% if broken %}
<div class="state broken" role="alert">Broken: {{ broken | length }}
  <ul>{% for sentence in broken %}<li>{{ sentence }}</li>{% endfor %}</ul></div>
{% elif checked %}
<div class="state holds">All {{ checked }} invariants hold.</div>
{% endif %}
{% for table in tables %}
<section id="{{ table.name }}"{% if table.rows | length > 20 %} class="long"{% endif %}>
  <a class="csv" href="{{ '/report/' if hosted }}{{ table.name }}.csv">{{ table.name }}.csv</a>
  <h2>{{ table.title }}</h2>
  <p>{{ table.note }}</p>
  {% set chart = charts[table.name] %}
  <div{% if chart %} class="beside"{% elif table.columns | length < 5 %} class="narrow"{% endif %}>
  {% if chart %}<figure>{{ chart }}</figure>{% endif %}
  <div class="scroll" tabindex="0" role="group" aria-label="{{ table.title }}">
  <table>
    <thead><tr>
      {% for column in table.columns %}
      <th scope="col"{% if column.figures %} class="figures"{% endif %}>{{ column.head }}</th>
      {% endfor %}
    </tr></thead>
    <tbody>
    {% for row in table.rows if not table.quiet or row[table.quiet] %}
      {% set whole = table.part_of(row) %}
      <tr{% if whole %} class="part"{% endif %}>
      {% for column in table.columns %}
        {% set said = column.say(row) %}
        {% set figure, bracket, interval = said.partition(' (') %}
        <td class="{{ 'figures' if column.figures else 'words' }}
          {%- if said in states %} {{ states[said] }}{% endif %}">
          {%- if whole and loop.first %}<span class="unseen">{{ whole }}, </span>{% endif %}
          {{- figure }}{% if bracket %} <span class="interval">({{ interval }}</span>{% endif -%}
        </td>
      {% endfor %}
      </tr>
    {% endfor %}
    </tbody>
  </table>
  </div>
  </div>
</section>
{% endfor %}
<footer>
  <p>Every figure follows from {{ events }} events of the exported log alone.
  Shares have Wilson's 95 % intervals, means Student's.</p>
  <p>SHA-256 of the log <code>{{ log_hash }}</code></p>
</footer>
</main>
</body>
</html>
"""
