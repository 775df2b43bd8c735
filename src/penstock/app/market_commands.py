"""`penstock market`: is a recorded market, or a file of instruments, what it says it is?"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from penstock.app.instrument_files import read_instruments
from penstock.domain.errors import BadInput
from penstock.market.tapes.faults import Policy
from penstock.market.tapes.kinds import KINDS, parse_source

app = typer.Typer(help="Look at markets and instruments before trading on them.", no_args_is_help=True)

UNSOUND = 1
SOURCE_HELP = "`KIND:PATH`, a recording; KIND is one of " + ", ".join(f"`{kind}`" for kind in KINDS) + "."

QUALITY_EXAMPLES = """
Examples:

    penstock market quality taq:quotes_and_trades/

    penstock market quality lobster:AMZN.zip binance:spot.jsonl.zst --out quality.html

    penstock market quality bitstamp:orders.csv.xz --json | jq .[0].dimensions
"""
INSPECT_EXAMPLES = """
Examples:

    penstock market inspect lobster:AMZN.zip --out amzn.html

    penstock market inspect binance:recordings/ --listing BTCUSDT@binance-spot --png btc.png

    penstock market inspect bitstamp:orders.csv.xz --policy repair
"""


PROFILE_EXAMPLES = """
Examples:

    penstock market profile lobster:AMZN.zip --out like_amzn.toml

    penstock execute targets.json --market file:like_amzn.toml --seed 7
"""


class OnFault(StrEnum):
    """What may be asked to be done about a faulty row."""

    REFUSE = "refuse"
    SKIP = "skip"
    REPAIR = "repair"


@app.command()
def check(
    source: Annotated[str, typer.Argument(help="`lobster:PATH` or `binance:PATH`.", show_default=False)],
) -> None:
    """Rebuild a recording's book from its messages, and compare it with the book that was recorded beside them."""
    kind, path = parse_source(source)
    checks = {"lobster": check_lobster, "binance": check_binance}
    if kind not in checks:
        raise BadInput("SOURCE", kind, f"has no book beside it to check: {', '.join(checks)} have; try market quality")
    rows, sound = checks[kind](path)
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, figure in rows:
        table.add_row(name, figure)
    console = Console()
    console.print(table)
    console.print("sound" if sound else "NOT SOUND", style="green" if sound else "bold red")
    if not sound:
        raise typer.Exit(UNSOUND)


@app.command()
def instruments(
    file: Annotated[Path, typer.Argument(help="A .toml, .json or .csv file of definitions.", show_default=False)],
) -> None:
    """Check instrument definitions, and show what each is priced and settled in and what a tick on a lot is worth."""
    table = Table(box=None, pad_edge=False)
    for heading in ("symbol", "class", "priced in", "settles in", "tick", "lot", "tick on a lot"):
        table.add_column(heading)
    for each in read_instruments(file):
        step = "by its price" if each.inverse else f"{each.notional(each.lot_size, each.tick_size).normalize():f}"
        size = (f"{each.tick_size:f}", f"{each.lot_size:f}", step)
        table.add_row(each.symbol, each.asset_class, each.currency, each.settlement_currency, *size)
    Console().print(table)


@app.command(epilog=QUALITY_EXAMPLES)
def quality(
    sources: Annotated[list[str], typer.Argument(help=SOURCE_HELP, show_default=False)],
    stale: Annotated[float, typer.Option(help="Seconds without a row after which a series is stale.", min=0.001)] = 1.0,
    json: Annotated[bool, typer.Option("--json", help="The whole report as JSON instead.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write a page with charts to this .html file.")] = None,
) -> None:
    """Score recordings for completeness, accuracy, timeliness, consistency and reliability, with the counts behind."""
    from penstock.app.market.quality_command import quality as assess

    assess(sources, stale, as_json=json, out=out, console=Console())


@app.command(epilog=INSPECT_EXAMPLES)
def inspect(
    source: Annotated[str, typer.Argument(help=SOURCE_HELP, show_default=False)],
    listing: Annotated[
        str | None, typer.Option(help="`SYMBOL` or `SYMBOL@VENUE`; by default the one with the most rows.")
    ] = None,
    policy: Annotated[
        OnFault,
        typer.Option(help="Faulty rows: `refuse` stops at the first, `skip` leaves them out, `repair` mends them."),
    ] = OnFault.REFUSE,
    out: Annotated[Path | None, typer.Option(help="Write a page with charts to this .html file.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write the charts to this .png file.")] = None,
) -> None:
    """Look at one recorded market: its price, book, spread, volume, sizes and arrivals, and its indicators."""
    from penstock.app.market.inspect_command import look

    look(source, listing, Policy(policy), out, png, Console())


@app.command(epilog=PROFILE_EXAMPLES)
def profile(
    source: Annotated[str, typer.Argument(help="A market, as in penstock execute.", show_default=False)],
    seed: Annotated[int, typer.Option(help="Of a generated market.", min=0)] = 0,
    out: Annotated[Path | None, typer.Option(help="Write a .toml file, a market for `--market file:`.")] = None,
) -> None:
    """Measure what a market is like, as a file from which markets like it are generated."""
    from penstock.app.market.profile_command import describe

    describe(source, seed, out, Console())


def check_lobster(path: Path) -> tuple[list[tuple[str, str]], bool]:
    """Every message against its recorded row: figures to show, and whether the tape gives the recorded book."""
    from penstock.sim.recording import check_book

    found = check_book(path)
    entered = found.entered_added + found.entered_reduced + found.entered_gone
    inside = found.added_inside + found.reduced_inside + found.gone_inside
    return [
        ("messages", f"{found.messages:,}"),
        ("recorded book rows", f"{found.rows:,}"),
        ("  equal when replayed", f"{found.rows_replayed:,}"),
        ("  explained by the messages alone", f"{found.rows_equal:,}"),
        ("levels taken from the row on entering the window", f"{entered:,}"),
        ("  with more than was known", f"{found.entered_added:,}"),
        ("  with less, or gone", f"{found.entered_reduced + found.entered_gone:,}"),
        ("orders exchanged unseen outside the window", f"{found.swapped:,}"),
        ("corrections inside the window", f"{inside:,}"),
        ("lots that no known order had", f"{found.unexplained_lots:,}"),
        ("messages that leave the book crossed", f"{found.crossed:,}"),
    ], found.sound


def check_binance(path: Path) -> tuple[list[tuple[str, str]], bool]:
    """Every depth difference against the ticker stream; unsound if a price ever differs."""
    from penstock.market.binance_check import check_book

    found = check_book(path)
    return [
        ("depth differences", f"{found.diffs:,}"),
        ("  that end on the ticker's very touch", f"{found.equal:,} ({found.share_equal:.4%} of those checked)"),
        ("  with another price", f"{found.price_differs:,}"),
        ("  with another quantity at the touch", f"{found.lots_differ:,}"),
        ("  outside the tickers, not checked", f"{found.unchecked:,}"),
        ("first difference at line", str(found.first_difference or "none")),
    ], found.price_differs == 0
