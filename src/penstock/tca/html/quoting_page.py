"""The page of a market maker's run: quotes around the middle, the position, and what was made by part."""

from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from penstock.domain.version import VERSION
from penstock.tca.html import wording
from penstock.tca.html.headline import Tile
from penstock.tca.html.svg import Frame, Point, chart, line, nice_ticks, padded, steps, time_axis, value_axis
from penstock.tca.html.thinning import thin
from penstock.tca.quoting import QuotingReport

FRAME = Frame(width=960, height=300, left=60)
POINTS = 900


class Section(NamedTuple):
    """What the page shows of one report."""

    report: QuotingReport
    span: str
    tiles: list[Tile]
    prices: Markup
    position: Markup
    made: Markup
    rows: list[tuple[str, str]]


def render_quoting(reports: list[QuotingReport], source: str) -> str:
    """The self-contained page; the same reports give the same page."""
    return _template().render(
        style=_asset("report.css"),
        script=_asset("report.js"),
        version=VERSION,
        source=source,
        title=", ".join(dict.fromkeys(report.symbol for report in reports)),
        lead=" ".join(_lead(report) for report in reports),
        reports=[_section(report) for report in reports],
    )


def _lead(report: QuotingReport) -> str:
    return (
        f"{report.symbol}: {report.buys.fills + report.sells.fills} fills made {report.made:,.2f}, both sides shown"
        f" {wording.percent(report.both_sides, 1)} of the time."
    )


def figures(report: QuotingReport) -> list[tuple[str, str]]:
    """Everything in words, for page and terminal alike."""
    return [
        ("both sides shown", wording.percent(report.both_sides, 1)),
        ("bid shown, ask shown", f"{wording.percent(report.bid_shown, 1)}, {wording.percent(report.ask_shown, 1)}"),
        ("quoted spread", _bps(report.quoted_spread_bps)),
        ("bought", f"{report.buys.quantity:f} in {report.buys.fills} fills, {_bps(report.buys.spread_bps)} earned"),
        ("sold", f"{report.sells.quantity:f} in {report.sells.fills} fills, {_bps(report.sells.spread_bps)} earned"),
        *((f"mark-out after {after}", _bps(value)) for after, value in report.markouts_bps.items()),
        ("made", f"{report.made:,.2f}"),
        ("  spread", f"{report.spread:,.2f}"),
        ("  inventory", f"{report.inventory:,.2f}"),
        ("  fees", f"{-report.fees:,.2f}"),
        ("position: last, most, mean", f"{report.position:f}, {report.position_most:f}, {report.position_mean:,.1f}"),
        ("messages to venues", f"{report.messages:,}" + _per_fill(report)),
    ]


def _section(report: QuotingReport) -> Section:
    return Section(
        report,
        f"{wording.clock(report.began)} to {wording.clock(report.ended)}",
        [
            Tile(
                "made", f"{report.made:,.2f}", "spread and inventory less fees", "gain" if report.made > 0 else "cost"
            ),
            Tile("spread", f"{report.spread:,.2f}", "fills against the middle", ""),
            Tile("inventory", f"{report.inventory:,.2f}", "the stock with the middle", ""),
            Tile("both sides", wording.percent(report.both_sides, 1), "of the time", ""),
        ],
        _prices(report),
        _stairs(report, "Position over time", [("done", [(at, float(stock)) for at, *_, stock in report.path])]),
        _stairs(report, "What was made over time", _made(report)),
        figures(report),
    )


def _prices(report: QuotingReport) -> Markup:
    series = {
        css: [(row[0], float(row[place])) for row in report.path if row[place] is not None]  # type: ignore[arg-type]
        for css, place in (("bid", 2), ("ask", 3), ("mid", 1))
    }
    return _stairs(report, "Middle, bid and ask over time", list(series.items()))


def _made(report: QuotingReport) -> list[tuple[str, list[tuple[int, float]]]]:
    """Spread, inventory and both by time; each step of the middle is the stock's, each fill's distance the spread's."""
    spread, inventory, earned, held = 0.0, 0.0, [], []
    for before, after in pairwise(report.path):
        if before[1] is not None and after[1] is not None:
            inventory += float(before[4] * (after[1] - before[1]))
        held.append((after[0], inventory))
    total = float(report.spread)
    moved = sum(abs(float(after[4] - before[4])) for before, after in pairwise(report.path)) or 1.0
    for before, after in pairwise(report.path):
        spread += total * abs(float(after[4] - before[4])) / moved
        earned.append((after[0], spread))
    both = [(at, first + second) for (at, first), (_, second) in zip(earned, held, strict=True)]
    return [("bid", earned), ("ask", held), ("done", both)]


def _stairs(report: QuotingReport, label: str, series: list[tuple[str, list[tuple[int, float]]]]) -> Markup:
    values = [value for _, points in series for _, value in points] or [0.0]
    x, y = FRAME.x(report.began, max(report.ended, report.began + 1)), FRAME.y(*padded(values))
    parts = value_axis(FRAME, y, nice_ticks(y.low, y.high), lambda value: f"{value:,.6g}")
    parts += time_axis(FRAME, x)
    for css, points in series:
        if points:
            corners: list[Point] = [(x(at), y(value)) for at, value in thin(points, POINTS)]
            parts.append(line(steps(corners), css))
    return chart(FRAME, f"{label}: {report.symbol}", parts)


def _bps(value: float | None) -> str:
    return wording.NOTHING if value is None else f"{wording.signed(value)} bps"


def _per_fill(report: QuotingReport) -> str:
    return "" if report.messages_per_fill is None else f", {report.messages_per_fill:.1f} a fill"


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files(__package__ or "").joinpath("quoting.html").read_text(encoding="utf-8"))


def _asset(name: str) -> Markup:
    return Markup(files(__package__ or "").joinpath(name).read_text(encoding="utf-8"))
