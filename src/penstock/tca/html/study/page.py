"""The page of a study, from the headline down to single orders: for whoever asks what trading cost, and why.

It holds everything it shows: no script, font or picture is fetched. The same study gives the same page.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from penstock.tca.html import wording
from penstock.tca.html.cost_bars import LABELS, waterfall
from penstock.tca.html.headline import Tile
from penstock.tca.html.study.heat_cells import METRICS, heat_rows, venue_matrix
from penstock.tca.html.study.histogram import histogram
from penstock.tca.html.study.interval_rows import sure_tone, whiskers
from penstock.tca.html.study.markout_chart import markout_chart
from penstock.tca.html.study.path_chart import price_path, progress_path
from penstock.tca.html.study.scatter_chart import scatter_chart, short_id, short_number
from penstock.tca.html.study.words import lead, target_words, title
from penstock.tca.study.exact_parts import PARTS
from penstock.tca.study.report import study_report
from penstock.tca.study.study import Study
from penstock.tca.study.weighed import DIMENSIONS

GROUPS = 24  # rows of a table: the largest
ORDERS = 100
VIOLATIONS = 50
BENCHMARKS = {
    "decision": "Decision",
    "arrival": "Arrival",
    "vwap": "Interval VWAP",
    "twap": "Interval TWAP",
    "open": "Open",
    "close": "Close",
    "previous_close": "Previous close",
    "mid_at_fill": "Mid at fill",
}
SCORES = {
    "cost": "Cost",
    "speed": "Speed",
    "fill_rate": "Fill rate",
    "impact": "Market impact",
    "consistency": "Consistency",
}


def render_study(
    study: Study,
    report: dict[str, Any] | None = None,
    *,
    heading: str = "",
    source: str = "",
    violations: Sequence[dict[str, Any]] = (),
) -> str:
    """The self-contained page. `heading` replaces the headline; `source` says what it was made of; `violations` are
    those of a run's ExecutionReport.
    """
    report = report or study_report(study)
    totals, currency = report["totals"], report["totals"]["currency"]
    hours, heat = heat_rows(report["heat_map"])
    matrix_heads, matrix = venue_matrix(report["groups"].get("venue", []), report["venues"])
    outlying = {row["order_id"] for row in report["outliers"]}
    return _template().render(
        style=_asset("penstock.tca.html", "report.css") + _asset(__package__, "study.css"),
        script=_asset("penstock.tca.html", "report.js") + _asset(__package__, "study.js"),
        version=report["version"],
        title=heading or title(study),
        lead=lead(report),
        span=_span(report),
        source=source,
        tiles=tiles(report),
        bars=_bars(study, totals, currency),
        shortfall=report["shortfall"],
        value=wording.money(totals["ordered_notional"] or 0, currency, 0),
        scores=[(label, report["scores"][name]) for name, label in SCORES.items()],
        overall=report["scores"]["overall"],
        markouts=markout_chart(report["markouts"]),
        histogram=histogram(report["distribution"]["bins"], report["distribution"]["of"]),
        spread_of=report["distribution"]["of"],
        benchmarks=whiskers((_benchmark(row["benchmark"]), row) for row in report["benchmarks"]),
        targets=target_words(report["targets"]),
        dimensions=[(name, DIMENSIONS[name], _groups(rows)) for name, rows in report["groups"].items()],
        matrix_heads=matrix_heads,
        matrix=matrix,
        hours=hours,
        heat=heat,
        metrics=METRICS,
        latency=report["latency_ms"],
        comparisons=report["comparisons"][:12],
        estimates=report["estimates"],
        impact=report["impact"],
        outliers=report["outliers"][:15],
        scatter=scatter_chart(study.orders, outlying, currency),
        orders=_order_rows(study),
        order_count=len(study.orders),
        paths=_paths(study),
        left=report["left_out"],
        violations=violations[:VIOLATIONS],
        violation_count=len(violations),
        labels=LABELS,
        currency=currency,
        rated=bool(study.settings.currency),
        say=wording,
        short_id=short_id,
        short_number=short_number,
    )


def tiles(report: dict[str, Any]) -> list[Tile]:
    """The figures that are asked for first; those that are not known are not there."""
    totals, vwap = report["totals"], next(row for row in report["benchmarks"] if row["benchmark"] == "vwap")
    made = [
        Tile(
            "Shortfall",
            _bps(totals["shortfall_bps"]),
            "of the decided value",
            wording.tone(totals["shortfall_bps"]) if sure_tone(totals["arrival_bps"]) else "",
        ),
        Tile(
            "Against arrival",
            _bps(totals["arrival_bps"]["mean"]),
            _range(totals["arrival_bps"]),
            sure_tone(totals["arrival_bps"]),
        ),
    ]
    if vwap["mean"] is not None:
        made.append(Tile("Against VWAP", _bps(vwap["mean"]), _range(vwap), sure_tone(vwap)))
    if totals["effective_spread_bps"] is not None:
        note = f"quoted: {wording.number(totals['quoted_spread_bps'], 2)} bps"
        made.append(Tile("Effective spread", _bps(totals["effective_spread_bps"]), note))
    made.append(
        Tile(
            "Filled", wording.percent(totals["fill_rate"], 1), f"{totals['orders_filled']} of {totals['orders']} orders"
        )
    )
    made.append(Tile("Passive", wording.percent(totals["passive_ratio"]), "of traded value, as the maker"))
    if totals["saving_share"] is not None:
        made.append(Tile("Saved", wording.percent(totals["saving_share"]), "against taking all at once"))
    overall = report["scores"]["overall"]
    if overall is not None:
        made.append(Tile("Quality", f"{overall:.0f}", "of 100, five dimensions"))
    return made


def _bars(study: Study, totals: dict[str, Any], currency: str) -> list[Any]:
    value = float(study.orders["decision_notional"].sum())
    sums = {part: float(study.orders[part].sum()) for part in PARTS}
    shown = {part: amount for part, amount in sums.items() if amount or part != "commissions"}
    parts = [(LABELS[part], amount, amount / value * 1e4 if value else 0.0) for part, amount in shown.items()]
    whole = sum(sums.values())
    return waterfall(parts, (whole, whole / value * 1e4 if value else 0.0), currency)


def _groups(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The largest groups, with their whisker beside their figures."""
    shown = rows[:GROUPS]
    marks = whiskers(
        (
            row["group"],
            {"mean": row["arrival_bps"], "low": row["low_bps"], "high": row["high_bps"], "orders": row["orders"]},
        )
        for row in shown
    )
    by_label = {mark.label: mark for mark in marks}
    return [{**row, "name": row["group"] or "not said", "mark": by_label.get(row["group"])} for row in shown]


def _order_rows(study: Study) -> list[dict[str, Any]]:
    columns = (
        "order_id", "symbol", "side", "quantity", "currency", "algorithm", "trader", "fill_rate", "average_price",
        "arrival_bps", "vwap_bps", "shortfall_bps", "traded_notional", "passive_ratio", "fill_count", "participation",
    )  # fmt: skip
    largest = study.orders.sort("traded_notional", descending=True, nulls_last=True).head(ORDERS)
    return largest.select(columns).to_dicts()


def _paths(study: Study) -> list[dict[str, Any]]:
    """The largest orders in their market, the largest first."""
    orders = {row["order_id"]: row for row in study.orders.to_dicts()}
    fills = (
        {key[0]: part for key, part in study.fills.partition_by("order_id", as_dict=True).items()}
        if len(study.fills) < 50_000
        else {}
    )
    made = []
    for path in sorted(study.paths, key=lambda path: -(orders[path.order_id]["traded_notional"] or 0)):
        order = orders[path.order_id]
        mine = fills.get(path.order_id)
        if mine is None:
            mine = study.fills.filter(pl.col("order_id") == path.order_id)
        order["side_word"] = "buy" if order["side"] > 0 else "sell"
        value = order["decision_notional"]
        parts = [
            (LABELS[part], order[part], order[f"{part}_part_bps"])
            for part in PARTS
            if order[part] or part != "commissions"
        ]
        made.append(
            {
                **order,
                "price": price_path(path, order, mine),
                "progress": progress_path(path, order, mine),
                "bars": waterfall(
                    parts, (order["shortfall"], order["shortfall_bps"]), study.settings.currency or order["currency"]
                ),
                "value": value,
                "pace": "Planned" if path.plan else "Even pace",
            }
        )
    return made


def _benchmark(name: str) -> str:
    return BENCHMARKS.get(name) or f"{name.removeprefix('pwp_')} % of volume"


def _span(report: dict[str, Any]) -> str:
    first, last = report["span"]["first_fill"], report["span"]["last_fill"]
    if first is None:
        return "no fills"
    if first[:10] == last[:10]:
        return f"{first[:10]}, {first[11:19]} to {last[11:19]} UTC"
    return f"{first[:10]} to {last[:10]}"


def _bps(value: float | None) -> str:
    return wording.NOTHING if value is None else f"{wording.signed(value)} bps"


def _range(each: dict[str, Any]) -> str:
    if each["low"] is None:
        return "one order"
    return f"95 %: {wording.signed(each['low'])} to {wording.signed(each['high'])}"


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_asset(__package__, "study.html"))


@cache
def _asset(package: str, name: str) -> Markup:
    return Markup(files(package).joinpath(name).read_text(encoding="utf-8"))
