"""`penstock evaluate`: which algorithm, for which order, in which market? Many parents, each worked by all of them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from penstock.domain.errors import BadInput

if TYPE_CHECKING:
    from penstock.app.evaluation.figures import Interval, Line
    from penstock.app.evaluation.trials import Contender, Outcome
    from penstock.sim.sources import Market

EXAMPLES = """
Examples:

    penstock evaluate --algos twap,vwap,is --parents 100 --out out/compare

    penstock evaluate --market lobster:AMZN.zip --sizes 1,5 --minutes 60 --jobs 2

    penstock evaluate --algos "is:urgency=0.2" --algos "is:urgency=0.8" --algos twap/passive
"""
DEFAULT = "twap,vwap,pov,is,adaptive"


def evaluate(
    algos: Annotated[
        list[str] | None,
        typer.Option(
            help="Algorithms by name, separated by commas, or one with parameters (`is:urgency=0.8`) or a strategy "
            "(`twap/passive`); may be given again. The immediate market order and TWAP always take part.",
            show_default=DEFAULT,
        ),
    ] = None,
    market: Annotated[
        list[str] | None, typer.Option(help="As in `penstock execute`; a generated market is a new one each time.")
    ] = None,
    symbols: Annotated[str, typer.Option(help="Only these, separated by commas; all of the market by default.")] = "",
    sizes: Annotated[
        str, typer.Option(help="Orders' sizes in per cent of what the market trades in their window.")
    ] = "1,5,10,20",
    minutes: Annotated[float, typer.Option(help="How long an order may take.", min=0.5)] = 30.0,
    parents: Annotated[int, typer.Option(help="How many parents; each is bought and sold by every algorithm.")] = 40,
    seed: Annotated[int, typer.Option(help="Of all randomness.", min=0)] = 0,
    jobs: Annotated[int, typer.Option(help="In how many processes.", min=1)] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for a page, the table and every outcome.")] = None,
) -> None:
    """Trade many parents by several algorithms in the same market, and compare what they cost."""
    from penstock.app.evaluation.page import render
    from penstock.app.evaluation.play import play_all
    from penstock.app.evaluation.trials import draws
    from penstock.sim.sources import open_market

    if parents < 1:
        raise BadInput("--parents", "", "must be at least 1", parents)
    sources = tuple(market or ["synthetic"])
    opened = open_market(sources, seed)
    contenders = contenders_of(algos or [DEFAULT])
    drawn = list(
        draws(
            sources,
            symbols_of(symbols, opened),
            [size / 100 for size in sizes_of(sizes)],
            minutes,
            parents,
            seed,
            opened.end - opened.start,
            fresh="synthetic" in sources,
        )
    )
    console = Console(width=None if sys.stdout.isatty() else 150)
    outcomes: list[Outcome] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("parents", total=len(drawn))
        for found in play_all(drawn, contenders, jobs):
            outcomes += found
            bar.advance(task)
    parts = figures_of(outcomes)
    if not parts:
        raise BadInput("--sizes", "", "are less than a lot in every window drawn: ask for more or longer ones", sizes)
    for title, rows in parts:
        console.print(table(title, rows))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "evaluation.json").write_bytes(
            msgspec.json.format(msgspec.json.encode({"figures": dict(parts), "outcomes": outcomes}), indent=1)
        )
        (out / "evaluation.html").write_text(render(parts, sources, minutes), encoding="utf-8")
        console.print(f"written: {out / 'evaluation.html'}, {out / 'evaluation.json'}", highlight=False)


def figures_of(outcomes: "list[Outcome]") -> "list[tuple[str, list[Line]]]":
    """The figures over all parents, and over those of each size where there are several."""
    from penstock.app.evaluation.figures import lines

    sizes = sorted({outcome.size for outcome in outcomes})
    parts = [("all sizes", lines(outcomes))] if len(sizes) != 1 else []
    parts += [
        (f"{size * 100:g} % of volume", lines([outcome for outcome in outcomes if outcome.size == size]))
        for size in sizes
    ]
    return [(title, rows) for title, rows in parts if rows]


def contenders_of(texts: list[str]) -> "list[Contender]":
    """Who takes part; the immediate order and TWAP always do.

    Raises:
        BadInput: an unknown algorithm, parameter or strategy.
    """
    from penstock.algos import build
    from penstock.app.cli import parse_algorithm
    from penstock.app.evaluation.trials import BASELINE, REFERENCE, Contender
    from penstock.domain.orders import Strategy

    asked: list[str] = []
    for text in texts:
        asked += [text] if ":" in text else [part.strip() for part in text.split(",") if part.strip()]
    found: dict[str, Contender] = {}
    for label in dict.fromkeys([BASELINE, REFERENCE, *asked]):
        plain, _, strategy = label.partition("/")
        if strategy and strategy not in list(Strategy):
            raise BadInput("--algos", label, f"the strategy must be one of {', '.join(Strategy)}", strategy)
        name, parameters = parse_algorithm(plain)
        try:
            build(name, parameters)
        except ValueError as error:
            raise BadInput("--algos", label, str(error)) from None
        found[label] = Contender(label, name, parameters, strategy or Strategy.NEUTRAL.value)
    return list(found.values())


def symbols_of(text: str, market: "Market") -> list[str]:
    there = [instrument.symbol for instrument in market.instruments]
    asked = [part.strip() for part in text.split(",") if part.strip()]
    for symbol in asked:
        if symbol not in there:
            raise BadInput("--symbols", "", f"is not in this market, which has {', '.join(there)}", symbol)
    return asked or there


def sizes_of(text: str) -> list[float]:
    """The sizes in per cent."""
    found = []
    for part in text.split(","):
        try:
            size = float(part)
        except ValueError:
            raise BadInput("--sizes", "", "must be numbers, separated by commas", part) from None
        if not 0 < size <= 100:
            raise BadInput("--sizes", "", "must be above 0 and at most 100 per cent", part)
        found.append(size)
    return found


def table(title: str, rows: "list[Line]") -> Table:
    grid = Table(title=f"{title}: {rows[0].parents} parents, bought and sold", box=None, pad_edge=False)
    for name in ("algorithm", "cost bps", "±", "saved", "95 %", "vs twap bps", "filled", "passive", "own benchmark",
                 "tracking", "vs VWAP", "cost + risk", "orders"):  # fmt: skip
        grid.add_column(name, justify="left" if name == "algorithm" else "right", no_wrap=True)
    for row in rows:
        grid.add_row(
            row.label,
            f"{row.cost:.2f}",
            f"{row.error:.2f}",
            "–" if row.saving is None else f"{row.saving.value:.0%}",
            "–" if row.saving is None else f"{row.saving.low:.0%} to {row.saving.high:.0%}",
            "–" if row.against_twap is None else spread(row.against_twap),
            f"{row.filled:.1%}",
            f"{row.passive:.0%}",
            f"{row.benchmark:+.2f}",
            f"{row.tracking:.2f}",
            f"{row.tracking_vwap:.2f}",
            f"{row.objective:.1f}",
            f"{row.children:.0f}",
        )
    return grid


def spread(figure: "Interval") -> str:
    return f"{figure.value:+.2f} ({figure.low:+.2f} to {figure.high:+.2f})"
