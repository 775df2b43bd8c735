"""A stress report on a terminal: the headline, then tables that fit; losses are red."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from penstock.app.fitted_table import Column, FittedTable
from penstock.app.risk.figures import full, share, short
from penstock.app.risk.stress_report import Outcome, StressReport

TOP = 10
BREAKS_SHOWN = 3
GAIN = "green"
LOSS = "red"


def tell(report: StressReport, console: Console) -> None:
    """Print the whole report."""
    console.print(Text(report.headline, style="bold red" if report.worst.gain < 0 else "bold"))
    console.print(Text(summary(report), style="dim"), soft_wrap=True)
    for heading, table in tables(report):
        console.print()
        console.print(Text(heading, style="bold"))
        console.print(table)
    _tell_limits(report, console)
    for note in report.notes:
        console.print(f"note: {note}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def summary(report: StressReport) -> str:
    """The portfolio in one line."""
    currency = report.currency
    plural = "" if report.orders == 1 else "s"
    orders = f", {report.orders} working order{plural}" if report.orders else ""
    gross, net = short(report.gross, currency), short(report.net, currency)
    return f"as of {report.as_of}: {report.positions} positions{orders}, gross {gross}, net {net}"


def tables(report: StressReport) -> Iterator[tuple[str, FittedTable]]:
    """Each table with its heading; those that have nothing to show are left out."""
    currency = report.currency
    for heading, outcomes in (
        ("Scenarios", report.of_kind("standard", "own")),
        ("Sectors", report.of_kind("sector")),
        ("Recorded days, the worst for these positions", report.of_kind("day")),
    ):
        if outcomes:
            yield heading, outcome_table(outcomes, currency)
    if report.of_kind("own"):
        yield "By sector", _gains(report.worst.sectors.items(), currency, report.gross)
        yield "By name, the worst first", _gains(list(report.worst.names.items())[:TOP], currency, report.gross)
    if report.risks:
        yield "Value at risk, one day", risk_table(report)
        yield f"What makes the value at risk at 99 %, the largest {TOP}", component_table(report)
    if report.horizons and not report.of_kind("own"):
        yield "Getting out of everything, bps of gross", horizon_table(report)
    if not report.of_kind("own"):
        yield "Breaker drills", drill_table(report)


def outcome_table(outcomes: Iterable[Outcome], currency: str) -> FittedTable:
    rows = list(outcomes)
    return FittedTable(
        [
            Column("scenario", [each.name for each in rows], "left"),
            Column("P&L", [toned(each.gain, full(each.gain, currency)) for each in rows]),
            Column("of gross", [toned(each.gain, share(each.fraction)) for each in rows]),
            Column("worst name", [_first(each.names, currency) for each in rows], "left", keep=5),
            Column("worst sector", [_first(each.sectors, currency) for each in rows], "left", keep=4),
            Column("VaR 99", ["–" if each.var is None else short(each.var, currency) for each in rows], keep=2),
            Column("cost to exit", [short(each.exit_cost, currency) for each in rows], keep=1),
            Column("days", [f"{each.days:,.1f}" for each in rows], keep=3),
            Column("limits broken", [_count(len(each.broken)) for each in rows], keep=1),
            Column("breakers stop", [_stops(each) for each in rows], "left", keep=6),
        ]
    )


def risk_table(report: StressReport) -> FittedTable:
    lines, currency = report.risks, report.currency
    return FittedTable(
        [
            Column("method", [each.method for each in lines], "left"),
            Column("confidence", [f"{each.confidence * 100:.0f} %" for each in lines]),
            Column("VaR", [full(each.var, currency) for each in lines]),
            Column("of gross", [share(each.var / report.gross, 2).lstrip("+") for each in lines], keep=1),
            Column("expected shortfall", [full(each.expected_shortfall, currency) for each in lines]),
        ]
    )


def component_table(report: StressReport) -> FittedTable:
    parts, currency = report.components[:TOP], report.currency
    whole = sum(each.var for each in report.components) or 1.0
    return FittedTable(
        [
            Column("name", [each.symbol for each in parts], "left"),
            Column("sector", [each.sector for each in parts], "left", keep=1),
            Column("position", [full(each.value, currency) for each in parts]),
            Column("part of VaR", [full(each.var, currency) for each in parts]),
            Column("share", [share(each.var / whole).lstrip("+") for each in parts]),
        ]
    )


def horizon_table(report: StressReport) -> FittedTable:
    rows = report.horizons
    risk = ["–" if each.risk_bps is None else f"{each.risk_bps:,.0f}" for each in rows]
    return FittedTable(
        [
            Column("days", [f"{each.days:g}" for each in rows]),
            Column("cost today", [f"{each.cost_bps:,.1f}" for each in rows]),
            Column(f"if {report.stressed_market}", [f"{each.stressed_bps:,.1f}" for each in rows]),
            Column("risk meanwhile, 1 σ", risk, keep=1),
        ]
    )


def drill_table(report: StressReport) -> FittedTable:
    rows = report.drills
    trips = ["–" if each.trips_at is None else f"no. {each.trips_at}, after {each.after_s:g} s" for each in rows]
    return FittedTable(
        [
            Column("breaker", [each.breaker for each in rows], "left"),
            Column("each measurement", [f"{each.measured}, every {each.every_s:g} s" for each in rows], "left", keep=1),
            Column("trips at", trips, "left"),
            Column("then", [each.then for each in rows], "left", keep=2),
        ]
    )


def toned(value: float, text: str) -> Text:
    return Text(text, style=LOSS if value < 0 else GAIN if value > 0 else "")


def _tell_limits(report: StressReport, console: Console) -> None:
    told = [("today", report.broken_today), *((each.name, each.broken) for each in report.outcomes)]
    if any(broken for _, broken in told):
        console.print()
        console.print(Text("Limits that would be broken", style="bold"))
    for name, broken in told:
        for each in broken[:BREAKS_SHOWN]:
            console.print(f"{name}: {each.sentence}", style=LOSS, markup=False, highlight=False, soft_wrap=True)
        if len(broken) > BREAKS_SHOWN:
            console.print(f"{name}: and {len(broken) - BREAKS_SHOWN} more", style=LOSS, highlight=False)


def _gains(rows: Iterable[tuple[str, float]], currency: str, gross: float) -> FittedTable:
    listed = list(rows)
    return FittedTable(
        [
            Column("", [name for name, _ in listed], "left"),
            Column("P&L", [toned(gain, full(gain, currency)) for _, gain in listed]),
            Column("of gross", [toned(gain, share(gain / gross if gross else 0.0)) for _, gain in listed]),
        ]
    )


def _first(gains: dict[str, float], currency: str) -> str:
    name, gain = next(iter(gains.items()))
    return f"{name} {short(gain, currency)}" if gain < 0 else "–"


def _count(number: int) -> Text:
    return Text(str(number), style=LOSS if number else "dim")


def _stops(outcome: Outcome) -> str:
    said = [
        f"{name} {count}"
        for name, count in (("stress", outcome.stress_stops), ("slippage", outcome.slippage_stops))
        if count
    ]
    return ", ".join(said) or "–"
