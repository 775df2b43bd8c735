"""The page on one recorded market: its indicators and its charts; it holds everything it shows."""

from typing import NamedTuple

import penstock
from penstock.app.market.page import inspect_charts as charts
from penstock.app.market.page.quality_page import asset, template
from penstock.market.inspection.bins import step_words
from penstock.market.inspection.inspect import Inspection
from penstock.tca.html import wording
from penstock.tca.html.headline import Tile

TILES = ("quoted spread", "effective spread", "realised volatility", "imbalance", "Kyle's λ", "VPIN")
OTHERS_MAX = 8
WORDS = {"orders": "order messages", "book": "changes of levels", "funding": "funding rates"}


class Faulty(NamedTuple):
    """What was wrong with the rows, and what was asked to be done about it."""

    counts: dict[str, int]
    policy: str


def render(seen: Inspection, faulty: Faulty) -> str:
    """The self-contained page; the same recording always gives the same page."""
    return template(__package__, "inspect.html").render(
        style=asset("penstock.tca.html", "report.css") + asset(__package__, "market.css"),
        script=asset("penstock.tca.html", "report.js"),
        version=penstock.__version__,
        seen=seen,
        span=span(seen),
        lead=lead(seen),
        tiles=[_tile(name, *seen.indicators[name]) for name in TILES if name in seen.indicators],
        step=step_words(seen.bins.step_ns),
        price_title="Funding rate" if "funding" in seen.rows else "Price",
        price=charts.price_chart(seen),
        heat=charts.heat_chart(seen),
        charts=[
            ("Spread", "Quoted, time-weighted, in basis points of the mid.", charts.spread_chart(seen)),
            ("Volume", _volume_hint(seen), charts.volume_chart(seen)),
            (_sizes_of(seen), "How many of each size; each bar doubles.", charts.size_chart(seen)),
            ("Time between trades", "By powers of ten.", charts.gap_chart(seen)),
            ("Size at the touch", "Both sides together, time-weighted.", charts.depth_chart(seen)),
            ("Imbalance", "Of the touch; above zero buyers show more.", charts.imbalance_chart(seen)),
        ],
        faults=faulty.counts,
        policy=faulty.policy,
        say=wording,
    )


def span(seen: Inspection) -> str:
    first, last = wording.day(seen.start_ns), wording.day(seen.end_ns)
    end = wording.clock(seen.end_ns) if first == last else f"{last} {wording.clock(seen.end_ns)}"
    return f"{first} {wording.clock(seen.start_ns)} to {end} UTC"


def lead(seen: Inspection) -> str:
    """How many rows of what, and what else the recording holds."""
    rows = ", ".join(f"{wording.number(count)} {WORDS.get(table, table)}" for table, count in seen.rows.items())
    if not seen.others:
        return rows + "."
    more = "" if len(seen.others) <= OTHERS_MAX else f" and {len(seen.others) - OTHERS_MAX} more"
    return f"{rows}. Also in the recording: {', '.join(seen.others[:OTHERS_MAX])}{more}."


def _tile(name: str, figure: float, what: str) -> Tile:
    return Tile(name[0].upper() + name[1:], f"{figure:.3g}", what.partition(";")[0])


def _sizes_of(seen: Inspection) -> str:
    return "Volume of a bar" if "bars" in seen.rows else "Trade sizes"


def _volume_hint(seen: Inspection) -> str:
    if seen.volume is None:
        return "Traded in each stretch."
    if seen.volume.days == 1:
        return "Share of the day by time; one day is recorded, so nothing is usual yet."
    return f"Bars: the last day. Dashed: the usual share, median of {seen.volume.days} days without half days."
