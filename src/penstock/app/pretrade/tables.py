"""The analysis for a terminal: what to do and what it costs first, then why, then what to watch."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.app.fitted_table import Column, FittedTable
from penstock.cost.analysis import PreTrade
from penstock.cost.basket import Basket, JointSchedule
from penstock.cost.candidates import NOT_COMPARED, Candidate
from penstock.cost.interval import Interval
from penstock.cost.recommendation import lasting
from penstock.cost.safeguards import Safeguard
from penstock.tca.html.wording import money, number, quantity

NAMES = {
    "market": "at once", "twap": "TWAP", "vwap": "VWAP", "pov": "POV", "is": "IS", "adaptive": "ADAPTIVE",
    "sniper": "SNIPER", "close": "CLOSE",
}  # fmt: skip
ONCE = ("market", "pov", "close")  # those that have no horizon of their own
QUARTERS = (0.25, 0.5, 0.75)


def tell(analysis: PreTrade, console: Console) -> None:
    """One order."""
    order, market, chosen = analysis.order, analysis.market, analysis.chosen
    value = money(market.value(order.quantity), market.currency, 0)
    head = f"{order.side} {quantity(order.quantity)} {order.symbol}"
    console.print(Text(head, style="bold") + Text(f"  {value}, {analysis.liquidity.size_of_adv:.2%} of a day's volume"))
    console.print(Text("→ " + way_words(chosen), style="bold green"))
    console.print(Text(f"  {cost_words(analysis)}"), soft_wrap=True)
    console.print(Text(f"  {analysis.recommendation.reason}", style="dim"), soft_wrap=True)
    for warning in analysis.recommendation.warnings:
        console.print(Text(f"  ! {warning}", style="yellow"), soft_wrap=True)
    console.print()
    console.print(ways_table(shown_ways(analysis), chosen))
    for names, why in NOT_COMPARED.items():
        console.print(Text(f"not compared: {names}: {why}", style="dim"), soft_wrap=True)
    console.print()
    _facts("now", now_rows(analysis), console)
    _facts("impact", impact_rows(analysis), console)
    _facts("strategy", strategy_rows(analysis), console)
    _facts(
        "limits", [(each.name, limit_words(each.value, each.unit), each.reason) for each in analysis.limits], console
    )
    _facts("stop if", [stop_row(each) for each in analysis.aborts], console)
    for note in market.notes:
        console.print(Text(f"note: {note}", style="dim"), soft_wrap=True)


def way_words(way: Candidate) -> str:
    """An algorithm with its parameters, as the targets file takes them."""
    given = ", ".join(f"{name}={value:g}" for name, value in way.parameters.items())
    return f"{NAMES[way.algorithm]}{f' over {lasting(way.horizon_minutes)}' if way.parameters else ''}" + (
        f"  ({given})" if given else ""
    )


def cost_words(analysis: PreTrade) -> str:
    """Expected cost and its interval, in bps and in money."""
    chosen, cost = analysis.chosen, analysis.strategy.total_cost
    between = f"{number(chosen.interval.low, 1)} and {number(chosen.interval.high, 1)} bps"
    paid = money(cost.expected, analysis.market.currency, 0)
    return f"expected {number(chosen.expected_bps, 1)} bps ({paid}); {chosen.interval.confidence:.0%} between {between}"


def shown_ways(analysis: PreTrade) -> list[Candidate]:
    """At once, the POVs, and each other algorithm over the recommended horizon, a shorter, a longer and the longest."""
    ways, chosen = analysis.ways, analysis.chosen
    minutes = sorted({way.horizon_minutes for way in ways if way.algorithm == "vwap"})
    near = min(range(len(minutes)), key=lambda place: abs(minutes[place] - chosen.horizon_minutes))
    kept = {minutes[place] for place in (near - 1, near, near + 1, len(minutes) - 1) if 0 <= place < len(minutes)}
    return [way for way in ways if way.algorithm in ONCE or way.horizon_minutes in kept or way is chosen]


def ways_table(ways: Sequence[Candidate], chosen: Candidate) -> FittedTable:
    """Every way side by side, the recommended one marked."""
    styles = ["bold green" if way is chosen else "" for way in ways]

    def cells(figures: Sequence[str]) -> list[Text]:
        return [Text(figure, style=style) for figure, style in zip(figures, styles, strict=True)]

    return FittedTable([
        Column("algorithm", cells([NAMES[way.algorithm] for way in ways]), "left"),
        Column("over", cells([lasting(way.horizon_minutes) if way.parameters else "–" for way in ways])),
        Column("of volume", cells([f"{way.participation:.1%}" if way.parameters else "–" for way in ways]), keep=2),
        Column("spread", cells([number(way.spread_bps, 1) for way in ways]), keep=3),
        Column("impact", cells([number(way.temporary_bps + way.permanent_bps, 1) for way in ways]), keep=1),
        Column("fees", cells([number(way.fees_bps, 1) for way in ways]), keep=3),
        Column("expected bps", cells([number(way.expected_bps, 1) for way in ways])),
        Column("± risk", cells([number(way.timing_risk_bps, 1) for way in ways])),
        Column(
            f"{chosen.interval.confidence:.0%} interval",
            cells([f"{number(way.interval.low, 1)} … {number(way.interval.high, 1)}" for way in ways]),
            keep=1,
        ),
        Column("cost + risk", cells([number(way.objective_bps, 1) for way in ways]), keep=2),
    ])  # fmt: skip


def now_rows(analysis: PreTrade) -> list[tuple[str, str, str]]:
    found, market = analysis.liquidity, analysis.market
    rows = [
        ("price", number(market.price, 4 if market.price < 10 else 2), f"spread {number(market.spread_bps, 2)} bps"),
        ("a day", f"{quantity(round(market.adv, 4))} units", f"volatility {market.daily_volatility:.2%}"),
        ("takes", f"{number(found.days_at_a_tenth, 2)} days", "at a tenth of the volume"),
    ]
    if found.touch_quantity is not None and found.times_touch is not None:
        times = f"the order is {number(found.times_touch, 1)} times that"
        rows.append(("touch", f"{quantity(found.touch_quantity)} units", times))
        inside = ", ".join(f"{quantity(size)} within {bps} bps" for bps, size in found.displayed.items())
        rows.append(("depth", f"{quantity(found.displayed_in_all)} units displayed", inside))
    if found.imbalance is not None:
        word = "bid" if found.imbalance > 0 else "offered"
        rows.append(("imbalance", number(found.imbalance, 2), f"more is {word}" if found.imbalance else "even"))
    beyond = "all of it displayed"
    if found.beyond_the_book:
        beyond = f"{quantity(round(found.beyond_the_book, 6))} more than is displayed"
    rows.append(("at once", f"{number(found.immediate_bps, 1)} bps", beyond))
    return rows


def impact_rows(analysis: PreTrade) -> list[tuple[str, str, str]]:
    found, template = analysis.impact, analysis.template
    pace = f"{template.alpha:g} · ({found.size_of_adv:.3g} of ADV)^{template.beta:g}, for its pace"
    size = f"{template.gamma:g} · ({found.size_of_adv:.3g} of ADV)^{template.delta:g}"
    error = f"{number(found.total_bps, 2)} ± {number(found.error_bps, 2)} bps"
    rows = [
        ("temporary", f"{number(found.temporary_bps, 2)} bps", pace),
        ("permanent", f"{number(found.permanent_bps, 2)} bps", size),
        ("volatility", f"× {number(found.volatility_factor, 2)}", f"against {template.reference_volatility:.0%} a day"),
    ]
    rows += [(each.name, f"{number(each.bps, 2)} bps", each.reason) for each in found.adjustments]
    rows.append(("total", error, "one standard deviation of the model"))
    return rows


def strategy_rows(analysis: PreTrade) -> list[tuple[str, str, str]]:
    plan = analysis.strategy
    venues = ", ".join(f"{name} {share:.0%}" for name, share in plan.venues.items())
    hours = f"peak {plan.time['peak']:.0%}, off-peak {plan.time['off_peak']:.0%}"
    clips = f"lit {quantity(plan.clips.lit)}, dark {quantity(plan.clips.dark)}"
    least = f"at least {quantity(plan.clips.dark_minimum)} in the dark, blocks of {quantity(plan.clips.crossing)}"
    given = ", ".join(f"{name}={value}" for name, value in plan.parameters.items())
    cost = plan.total_cost
    return [
        ("algorithm", NAMES[plan.algorithm], given),
        ("horizon", lasting(plan.horizon_minutes), f"{number(plan.horizon_days, 3)} days, urgency {plan.urgency:g}"),
        ("volume", f"{plan.participation:.1%} of it", f"at most {plan.participation_max:.0%}"),
        ("venues", venues, ""),
        ("time", hours, "of volume above or below the day's mean pace"),
        ("clips", clips, least),
        ("impact", f"{number(plan.impact_bps, 1)} bps", between(plan.impact)),
        ("timing risk", f"{number(plan.timing_risk_bps, 1)} bps", "one standard deviation"),
        ("total", f"{number(plan.total.expected, 1)} bps", between(plan.total)),
        (
            "in money", money(cost.expected, plan.currency, 0),
            f"{money(cost.low, plan.currency, 0)} to {money(cost.high, plan.currency, 0)}",
        ),
    ]  # fmt: skip


def between(interval: Interval) -> str:
    return f"{number(interval.low, 1)} to {number(interval.high, 1)}"


def stop_row(each: Safeguard) -> tuple[str, str, str]:
    return each.name, limit_words(each.value, each.unit), f"{each.action}: {each.reason}"


def limit_words(value: float, unit: str) -> str:
    return f"{number(value, 2 if abs(value) < 100 else 1)} {unit}"


def tell_basket(analyses: Sequence[PreTrade], basket: Basket, joint: JointSchedule | None, console: Console) -> None:
    """Several orders: one line each, their sums, and the schedule that is best for all together."""
    currency = basket.currency
    names = [f"{each.order.side} {quantity(each.order.quantity)} {each.order.symbol}" for each in analyses]
    values = [money(each.market.value(each.order.quantity), each.market.currency, 0) for each in analyses]
    table = [
        Column("order", names, "left"),
        Column("value", values, keep=2),
        Column("of ADV", [f"{each.liquidity.size_of_adv:.2%}" for each in analyses], keep=1),
        Column("recommended", [way_words(each.chosen).partition("  (")[0] for each in analyses], "left"),
        Column("expected bps", [number(each.chosen.expected_bps, 1) for each in analyses]),
        Column("± risk", [number(each.chosen.timing_risk_bps, 1) for each in analyses]),
        Column("at once", [number(each.liquidity.immediate_bps, 1) for each in analyses], keep=3),
    ]
    console.print(FittedTable(table))
    console.print()
    console.print(
        Text(f"together {money(basket.value, currency, 0)}: ", style="bold")
        + Text(
            f"expected {number(basket.expected_bps, 1)} bps ({money(basket.expected, currency, 0)}), risk"
            f" ± {number(basket.risk_bps, 1)} bps ({money(basket.risk, currency, 0)}) at a correlation of"
            f" {basket.correlation:g}; {money(basket.risk_if_alone, currency, 0)} if they were independent"
        ),
        soft_wrap=True,
    )
    if joint is None:
        return
    console.print()
    console.print(Text(f"Best for all together over {lasting(joint.minutes)}: done after", style="bold"))
    rows = {share: joint.done[round(share * (len(joint.done) - 1))] for share in QUARTERS}
    console.print(
        FittedTable(
            [
                Column("", [each.order.symbol for each in analyses], "left"),
                *(
                    Column(f"{share:.0%} of the time", [f"{done:.0%}" for done in reached])
                    for share, reached in rows.items()
                ),
            ]
        )
    )
    for each in analyses:
        for warning in each.recommendation.warnings:
            console.print(Text(f"! {each.order.symbol}: {warning}", style="yellow"), soft_wrap=True)


def _facts(heading: str, rows: Sequence[tuple[str, str, str]], console: Console) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", min_width=8, no_wrap=True)
    table.add_column(min_width=16, style="dim", no_wrap=True)
    table.add_column(min_width=20, no_wrap=True)
    table.add_column(style="dim")
    for place, (name, figure, note) in enumerate(rows):
        table.add_row(heading if place == 0 else "", name, figure, note)
    console.print(table)
    console.print()
