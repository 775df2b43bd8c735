"""The stress report's page: the worst first, then scenarios, the recorded days' tail, who makes the risk, the way out.

It holds everything it shows. It looks like the execution report, whose style sheet it uses.
"""

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

import penstock
from penstock.app.risk.figures import full, share, short
from penstock.app.risk.page.component_bars import component_bars
from penstock.app.risk.page.day_histogram import day_histogram
from penstock.app.risk.page.liquidation_chart import liquidation_chart
from penstock.app.risk.page.scenario_bars import scenario_rows
from penstock.app.risk.stress_report import BrokenLine, Outcome, StressReport
from penstock.tca.html import wording
from penstock.tca.html.headline import Tile

TOP = 10
HOLDINGS = 60  # rows of the table of positions: the largest
BROKEN_SHOWN = 12
COLOURS = 12
EXIT_DAYS = (0.5, 1.0, 5.0, 20.0)  # rows of the table beside the chart
WORD_JOINER, NO_BREAK = "\u2060", "\u00a0"


def render(report: StressReport) -> str:
    """The self-contained page; the same report always gives the same page."""
    colours = colours_of(report)
    currency = report.currency
    whole = sum(each.var for each in report.components)
    names = [(each.symbol, each.sector, each.var, colours[each.sector]) for each in report.components[:TOP]]
    sectors = [(sector, "", part, colours[sector]) for sector, part in report.component_sectors.items()]
    return _template().render(
        style=_asset("penstock.tca.html", "report.css") + _asset(__package__, "stress.css"),
        script=_asset("penstock.tca.html", "report.js"),
        version=penstock.__version__,
        report=report,
        title=title(report),
        lead=lead(report),
        tiles=tiles(report),
        groups=_groups(report, colours),
        legend=sorted(colours.items(), key=lambda pair: pair[1]),
        histogram=day_histogram(list(report.gains.values()), report.risks, currency),
        names=component_bars(names, whole, currency),
        sectors=component_bars(sectors, whole, currency),
        whole=full(whole, currency),
        exit_chart=liquidation_chart(report.horizons, report.stressed_market),
        horizons=[each for each in report.horizons if each.days in EXIT_DAYS],
        broken=_broken(report),
        holdings=report.holdings[:HOLDINGS],
        say=wording,
        full=lambda value: full(value, currency),
        short=lambda value: short(value, currency),
        share=share,
    )


def title(report: StressReport) -> str:
    """The worst in one line."""
    worst = report.worst
    if worst.gain >= 0 and len(report.outcomes) > 1:
        return f"No scenario loses money; the least is {worst.name}"
    return unbroken(f"{worst.name[0].upper()}{worst.name[1:]}: {short(worst.gain, report.currency)}")


def lead(report: StressReport) -> str:
    """What is stressed, how much of it the worst takes, and who makes most of the risk."""
    currency, worst = report.currency, report.worst
    said = [
        f"{report.positions} positions"
        + (f" and {report.orders} working order{'' if report.orders == 1 else 's'}" if report.orders else "")
        + f", gross {short(report.gross, currency)}, net {short(report.net, currency)}."
    ]
    if worst.gain < 0:
        sector, loss = next(iter(worst.sectors.items()))
        said.append(
            f"The worst of {len(report.outcomes)} scenarios takes {share(-worst.fraction).lstrip('+')} of gross,"
            f" {short(-loss, currency)} of it in {sector}."
        )
    whole = sum(each.var for each in report.components)
    if whole > 0:
        first = report.components[0]
        said.append(
            f"{first.symbol} alone is {share(first.var / whole, 0).lstrip('+')} of the value at risk,"
            f" with {share(abs(first.value) / report.gross, 0).lstrip('+')} of gross."
        )
    return unbroken(" ".join(said))


def unbroken(text: str) -> str:
    """The text with its figures kept on one line: no break after a minus or before a per cent sign."""
    return text.replace("−", f"−{WORD_JOINER}").replace(" %", f"{NO_BREAK}%")


def tiles(report: StressReport) -> list[Tile]:
    """The figures that a reader asks for first."""
    currency, worst = report.currency, report.worst
    found = [_gain_tile("Worst scenario", worst, currency)]
    days = report.of_kind("day")
    if days:
        found.append(_gain_tile("Worst recorded day", min(days, key=lambda each: each.gain), currency))
    for line in report.risks:
        if line.confidence == max(each.confidence for each in report.risks):
            shortfall = f"expected shortfall {short(line.expected_shortfall, currency)}"
            found.append(
                Tile(f"VaR {line.confidence * 100:.0f} %, {line.method}", short(line.var, currency), shortfall)
            )
    day_out = next((each for each in report.horizons if each.days == 1.0), None)
    if day_out is not None:
        cost = day_out.cost_bps / 1e4 * report.gross
        slowest = max((each.days for each in report.holdings), default=0.0)
        note = f"in a day; slowest name {slowest:,.1f} days"
        found.append(Tile("To get out", short(cost, currency), note))
    broken = sum(bool(each.broken) for each in report.outcomes)
    note = f"of {len(report.outcomes)} break a limit" + (", some today" if report.broken_today else "")
    found.append(Tile("Scenarios", str(broken), note, "cost" if broken else ""))
    return found


def _gain_tile(label: str, outcome: Outcome, currency: str) -> Tile:
    note = unbroken(f"{outcome.name}, {share(outcome.fraction)}")
    return Tile(label, short(outcome.gain, currency), note, "cost" if outcome.gain < 0 else "")


def colours_of(report: StressReport) -> dict[str, int]:
    """A colour's number for each sector, in the order of their names."""
    sectors = {sector for outcome in report.outcomes for sector in outcome.sectors}
    sectors |= {each.sector for each in report.components} | {each.sector for each in report.holdings}
    return {sector: place % COLOURS for place, sector in enumerate(sorted(sectors))}


def _groups(report: StressReport, colours: dict[str, int]) -> list[dict[str, Any]]:
    groups = (
        ("Scenarios", ("standard", "own")),
        ("The worst recorded days, come again", ("day",)),
        ("One sector down 20 %", ("sector",)),
    )
    found = []
    for heading, kinds in groups:
        outcomes = report.of_kind(*kinds)
        moved = sorted((each for each in outcomes if each.gain), key=lambda each: each.gain)
        if outcomes:
            rows = scenario_rows(moved, colours, report.currency) if moved else []
            found.append({"heading": heading, "rows": rows, "outcomes": outcomes})
    return found


def _broken(report: StressReport) -> list[tuple[str, tuple[BrokenLine, ...], int]]:
    """By scenario the limits that would be broken, as many as are shown, and how many more there are."""
    told = [("Today", report.broken_today), *((each.name, each.broken) for each in report.outcomes)]
    return [(name, broken[:BROKEN_SHOWN], max(len(broken) - BROKEN_SHOWN, 0)) for name, broken in told if broken]


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_asset(__package__, "stress.html"))


@cache
def _asset(package: str, name: str) -> Markup:
    return Markup(files(package).joinpath(name).read_text(encoding="utf-8"))
