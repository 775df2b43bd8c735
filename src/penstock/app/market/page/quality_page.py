"""The quality page: for each source its five scores, what was found, its time in charts, and the counts behind."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

import penstock
from penstock.app.market.page.timeline_charts import activity_chart, crossed_chart
from penstock.domain.time import SECOND
from penstock.market.quality.assess import QualityReport
from penstock.market.quality.sheet import Severity
from penstock.tca.html import wording
from penstock.tca.html.headline import Tile

GOOD, FAIR = 99.0, 90.0
NAMED_MAX = 6


def render(reports: Sequence[QualityReport]) -> str:
    """The self-contained page; the same reports always give the same page."""
    return template(__package__, "quality.html").render(
        style=asset("penstock.tca.html", "report.css") + asset(__package__, "market.css"),
        script=asset("penstock.tca.html", "report.js"),
        version=penstock.__version__,
        title=_title(reports),
        lead=_lead(reports),
        sources=[_source(each) for each in reports],
        stale_s=f"{reports[0].stale_ns / SECOND:g}",
        say=wording,
    )


def _title(reports: Sequence[QualityReport]) -> str:
    if len(reports) == 1:
        return _name(reports[0])
    return f"{len(reports)} recordings"


def _lead(reports: Sequence[QualityReport]) -> str:
    rows = sum(sum(each.rows.values()) for each in reports)
    bad = sum(finding.severity is Severity.BAD for each in reports for finding in each.findings)
    found = (
        "nothing bad was found"
        if not bad
        else f"{bad} things to know before using them"
        if bad > 1
        else "one thing to know"
    )
    return f"{wording.number(rows)} rows read, every one counted: {found}."


def _source(report: QualityReport) -> dict[str, Any]:
    listings = ", ".join(report.listings[:NAMED_MAX])
    more = len(report.listings) - NAMED_MAX
    first, last = wording.day(report.start_ns), wording.day(report.end_ns)
    span = f"{first} {wording.clock(report.start_ns)} to {last} {wording.clock(report.end_ns)} UTC"
    return {
        "name": _name(report),
        "span": span,
        "listings": listings + (f" and {more} more" if more > 0 else ""),
        "report": report,
        "tiles": [_tile(each.name, each.score, each.defects) for each in report.dimensions],
        "activity": activity_chart(report.timeline),
        "crossed": crossed_chart(report.timeline),
    }


def _tile(name: str, score: float | None, defects: dict[str, float]) -> Tile:
    tone = "" if score is None else "high" if score >= GOOD else "fair" if score >= FAIR else "low"
    worst = next(iter(defects.items()), None)
    note = f"{worst[0]}: {wording.number(worst[1])}" if worst else ""
    return Tile(name.capitalize(), wording.number(score, 1), note, tone)


def _name(report: QualityReport) -> str:
    kind, _, path = report.source.partition(":")
    return f"{kind}: {Path(path).name}"


@cache
def template(package: str, name: str) -> Template:
    """A template that lies beside the code."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(asset(package, name))


@cache
def asset(package: str, name: str) -> Markup:
    """A file that lies beside the code, as it is."""
    return Markup(files(package).joinpath(name).read_text(encoding="utf-8"))
