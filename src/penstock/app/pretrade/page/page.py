"""The pre-trade page: what to do and what it costs, then the three charts that say why, then every figure.

It holds everything it shows, and looks like the execution report, whose style sheet it uses.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

import penstock
from penstock.app.pretrade.page.cost_curve import cost_curve
from penstock.app.pretrade.page.frontier_chart import frontier_chart
from penstock.app.pretrade.page.trajectory_chart import trajectory_chart
from penstock.app.pretrade.tables import (
    NAMES,
    impact_rows,
    limit_words,
    now_rows,
    shown_ways,
    strategy_rows,
    way_words,
)
from penstock.cost.analysis import PreTrade
from penstock.cost.basket import Basket, JointSchedule
from penstock.cost.recommendation import lasting
from penstock.cost.safeguards import Safeguard
from penstock.tca.html import wording
from penstock.tca.html.headline import Tile

BLOCKS = 25  # orders shown one by one: the largest
QUARTERS = (0.25, 0.5, 0.75)


def render(analyses: Sequence[PreTrade], basket: Basket | None, joint: JointSchedule | None) -> str:
    """The self-contained page; the same analyses always give the same page."""
    largest = sorted(analyses, key=lambda each: -each.market.value(each.order.quantity))[:BLOCKS]
    shown = [each for each in analyses if any(each is other for other in largest)]
    return _template().render(
        style=_asset("penstock.tca.html", "report.css") + _asset(__package__, "pretrade.css"),
        script=_asset("penstock.tca.html", "report.js"),
        version=penstock.__version__,
        title=title(analyses, basket),
        lead=lead(analyses, basket),
        tiles=tiles(analyses, basket),
        rows=[_row(each) for each in analyses] if basket is not None else [],
        joint=None if joint is None else _joint(analyses, joint),
        orders=[_block(each) for each in shown],
        more=len(analyses) - len(shown),
        say=wording,
    )


def title(analyses: Sequence[PreTrade], basket: Basket | None) -> str:
    """What will be traded, in one line."""
    if basket is not None:
        return f"{basket.orders} orders, {wording.money(basket.value, basket.currency, 0)}"
    order = analyses[0].order
    return f"{order.side.capitalize()} {wording.quantity(order.quantity)} {order.symbol}"


def lead(analyses: Sequence[PreTrade], basket: Basket | None) -> str:
    """What it will cost, and how to work it."""
    if basket is not None:
        return (
            f"Together they should cost {wording.number(basket.expected_bps, 1)} bps, give or take"
            f" {wording.number(basket.risk_bps, 1)} bps of what prices do meanwhile."
        )
    only = analyses[0]
    chosen, number = only.chosen, wording.number
    how = way_words(chosen).partition("  (")[0]
    interval = f"{number(chosen.interval.low, 1)} and {number(chosen.interval.high, 1)}"
    return (
        f"Recommended: {how}. It should cost {number(chosen.expected_bps, 1)} bps, and with"
        f" {chosen.interval.confidence:.0%} confidence between {interval}."
    )


def tiles(analyses: Sequence[PreTrade], basket: Basket | None) -> list[Tile]:
    """The figures that a reader asks for first."""
    currency = analyses[0].market.currency if basket is None else basket.currency
    number = wording.number

    def money(value: float) -> str:
        return wording.money(value, currency, 0)

    if basket is not None:
        return [
            Tile("Value", money(basket.value), f"net {money(basket.net_value)}"),
            Tile("Expected cost", f"{number(basket.expected_bps, 1)} bps", money(basket.expected)),
            Tile("Risk, 1 σ", f"{number(basket.risk_bps, 1)} bps", f"correlation {basket.correlation:g}"),
            Tile("Risk in money", money(basket.risk), f"{money(basket.risk_if_alone)} if independent"),
        ]
    only = analyses[0]
    chosen, found = only.chosen, only.liquidity
    interval = f"{number(chosen.interval.low, 1)} to {number(chosen.interval.high, 1)}"
    value = only.market.value(only.order.quantity)
    return [
        Tile("Value", money(value), f"{found.size_of_adv:.2%} of a day's volume"),
        Tile("Expected cost", f"{number(chosen.expected_bps, 1)} bps", money(only.strategy.total_cost.expected)),
        Tile(f"{chosen.interval.confidence:.0%} interval", interval, "bps of the order's value"),
        Tile("Timing risk", f"{number(chosen.timing_risk_bps, 1)} bps", "one standard deviation"),
        Tile("All at once", f"{number(found.immediate_bps, 1)} bps", "from the book, without fees"),
        Tile("Of the volume", f"{chosen.participation:.1%}", f"at most {only.order.participation_max:.0%}"),
    ]


def _row(analysis: PreTrade) -> dict[str, Any]:
    order, chosen = analysis.order, analysis.chosen
    return {
        "symbol": order.symbol,
        "side": order.side,
        "quantity": wording.quantity(order.quantity),
        "value": wording.money(analysis.market.value(order.quantity), analysis.market.currency, 0),
        "size": f"{analysis.liquidity.size_of_adv:.2%}",
        "how": way_words(chosen).partition("  (")[0],
        "expected": wording.number(chosen.expected_bps, 1),
        "risk": wording.number(chosen.timing_risk_bps, 1),
        "low": wording.number(chosen.interval.low, 1),
        "high": wording.number(chosen.interval.high, 1),
        "once": wording.number(analysis.liquidity.immediate_bps, 1),
    }


def _joint(analyses: Sequence[PreTrade], joint: JointSchedule) -> dict[str, Any]:
    reached = [joint.done[round(share * (len(joint.done) - 1))] for share in QUARTERS]
    return {
        "over": lasting(joint.minutes),
        "rows": [
            (each.order.symbol, [f"{done[place]:.0%}" for done in reached]) for place, each in enumerate(analyses)
        ],
    }


def _block(analysis: PreTrade) -> dict[str, Any]:
    order, chosen = analysis.order, analysis.chosen
    shown = shown_ways(analysis)
    return {
        "title": f"{order.side.capitalize()} {wording.quantity(order.quantity)} {order.symbol}",
        "how": way_words(chosen).partition("  (")[0],
        "parameters": ", ".join(f"{name} {value:g}" for name, value in chosen.parameters.items()),
        "reason": analysis.recommendation.reason,
        "warnings": analysis.recommendation.warnings,
        "cost_curve": cost_curve(analysis),
        "frontier": frontier_chart(analysis),
        "trajectory": trajectory_chart(analysis),
        "urgency": f"{order.urgency:g}",
        "confidence": f"{chosen.interval.confidence:.0%}",
        "ways": [
            {
                "name": NAMES[way.algorithm],
                "over": lasting(way.horizon_minutes) if way.parameters else "–",
                "share": f"{way.participation:.1%}" if way.parameters else "–",
                "passive": wording.percent(way.passive_share),
                "figures": [
                    wording.number(value, 1)
                    for value in (
                        way.spread_bps, way.temporary_bps, way.permanent_bps, way.momentum_bps, way.fees_bps,
                        way.expected_bps, way.timing_risk_bps, way.interval.low, way.interval.high, way.objective_bps,
                    )
                ],
                "chosen": way is chosen,
            }
            for way in shown
        ],
        "now": now_rows(analysis),
        "impact": impact_rows(analysis),
        "strategy": strategy_rows(analysis),
        "limits": [guard_row(each) for each in analysis.limits],
        "aborts": [guard_row(each) for each in analysis.aborts],
        "notes": analysis.market.notes,
    }  # fmt: skip


def guard_row(each: Safeguard) -> tuple[str, str, str, str]:
    return each.name, limit_words(each.value, each.unit), each.action, each.reason


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_asset(__package__, "pretrade.html"))


@cache
def _asset(package: str, name: str) -> Markup:
    return Markup(files(package).joinpath(name).read_text(encoding="utf-8"))
