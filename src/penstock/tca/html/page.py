"""The page of a session: what it did and what it cost, in headline figures, then parent by parent.

It is made of the journal's events alone and holds everything it shows: no script, font or picture is fetched.
What charts and lists may draw is shared among the parents, and only the largest have a block of their own.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from penstock.domain.events import AnyEvent
from penstock.domain.time import to_iso
from penstock.tca.analysis import Analysis, ParentCosts, analyse
from penstock.tca.execution_report import report_of
from penstock.tca.html import wording
from penstock.tca.html.cost_bars import cost_bars
from penstock.tca.html.depth_chart import depth_chart
from penstock.tca.html.headline import Tile, headline, sentence, session_tiles
from penstock.tca.html.price_chart import price_chart
from penstock.tca.html.progress_chart import progress_chart
from penstock.tca.html.tables import child_counts, child_rows, parameter_rows, venue_rows
from penstock.tca.html.thinning import Room
from penstock.tca.planned import planned
from penstock.tca.record import SessionRecord
from penstock.tca.summary import summary_table

BENCHMARKS = {
    "arrival": "arrival",
    "decision": "decision",
    "vwap": "VWAP",
    "twap": "TWAP",
    "mid_at_fill": "mid at fill",
}
BLOCKS = 25  # parents shown one by one: the largest


def render_html(events: Iterable[AnyEvent]) -> str:
    """The self-contained page of a journal's events; the same events always give the same page.

    Raises:
        ValueError: the events do not start with `SessionStarted`.
    """
    analysis = analyse(events)
    report = report_of(analysis)
    session = analysis.session
    shown = _largest(analysis.parents, BLOCKS)
    room = Room.shared_by(len(shown))
    return _template().render(
        style=_asset("report.css"),
        script=_asset("report.js"),
        title=headline(analysis),
        sentence=sentence(analysis),
        session=session,
        day=wording.day(session.started.ts),
        span=f"{wording.clock(session.started.ts)} to {wording.clock(session.last_ts)} UTC",
        last=to_iso(session.last_ts),
        tiles=session_tiles(analysis, report),
        violations=report["violations"],
        rows=summary_table(report),
        parents=[_parent(session, parent, room) for parent in shown],
        positions=_positions(analysis),
        say=wording,
    )


def _largest(parents: tuple[ParentCosts, ...], limit: int) -> list[ParentCosts]:
    """The `limit` parents of the largest decided value, in the order in which they arrived."""
    chosen = sorted(parents, key=lambda parent: -parent.shortfall.notional)[:limit]
    return [parent for parent in parents if any(parent is each for each in chosen)]


def _parent(session: SessionRecord, parent: ParentCosts, room: Room) -> dict[str, Any]:
    """One parent's block: its words, charts and tables."""
    record, marks, currency = parent.record, parent.marks, parent.record.instrument.currency
    return {
        "id": record.terms.order_id,
        "side": record.side.value,
        "symbol": record.terms.symbol,
        "quantity": wording.quantity(record.terms.quantity),
        "filled": wording.quantity(record.filled),
        "status": record.status,
        "how": (record.terms.algorithm or record.terms.order_type.value).upper(),
        "strategy": record.terms.strategy.value,
        "lasted": wording.lasting(parent.ended_at - record.arrived_at),
        "facts": _facts(parent),
        "arrival": wording.price(marks.arrival, record.instrument, extra=1),
        "vwap": wording.price(marks.vwap, record.instrument, extra=2),
        "price_chart": price_chart(session, parent, room),
        "progress_chart": progress_chart(session, parent, room),
        "follows_market": not planned(session, parent),
        "depth_chart": depth_chart(parent, room),
        "bars": cost_bars(parent.shortfall, currency),
        "notional": wording.money(parent.shortfall.notional, currency),
        "unquoted": parent.shortfall.unquoted_fills,
        "venues": venue_rows(parent),
        "children": child_rows(parent, room.rows),
        "children_total": len(record.children),
        "children_shown": room.rows,
        "child_counts": child_counts(parent),
        "parameters": parameter_rows(parent),
        "estimate": [
            (name.removesuffix("_bps").replace("_", " "), wording.number(value, 2))
            for name, value in record.estimate.items()
        ],
    }


def _facts(parent: ParentCosts) -> list[Tile]:
    """One parent's average price, and what it is against each benchmark."""
    record, marks = parent.record, parent.marks
    done = f"{wording.quantity(record.filled)} of {wording.quantity(record.terms.quantity)}"
    facts = [Tile("Average price", wording.price(record.avg_price, record.instrument, extra=2), done)]
    for benchmark, name in BENCHMARKS.items():
        bps = parent.slippage(benchmark)
        level = wording.price(getattr(marks, benchmark), record.instrument, extra=2)
        facts.append(Tile(f"vs {name}", f"{wording.signed(bps)} bps", level, wording.tone(bps)))
    volume = f"of {wording.quantity(marks.market_volume)}"
    facts.append(Tile("Share of market", wording.percent(parent.participation, 1), volume))
    return facts


def _positions(analysis: Analysis) -> list[dict[str, str]]:
    """What is held afterwards."""
    return [
        {
            "symbol": symbol,
            "quantity": wording.quantity(held.quantity),
            "entry": wording.price(held.average, held.instrument, extra=2),
            "mark": wording.price(held.mark, held.instrument, extra=1),
            "realized": wording.money(held.realized, held.instrument.currency),
            "unrealized": wording.money(held.unrealized, held.instrument.currency),
        }
        for symbol, held in analysis.positions.items()
    ]


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_asset("report.html"))


@cache
def _asset(name: str) -> Markup:
    text = files("penstock.tca.html").joinpath(name).read_text(encoding="utf-8")
    return Markup(text)
