"""The command line. `penstock execute` does the main job; `penstock journal` reads what it left."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import penstock
from penstock.app import (
    algos_command,
    calibrate_command,
    evaluate_command,
    faults_command,
    journal_commands,
    live_commands,
    market_commands,
    pretrade_command,
    reconcile_command,
    report_commands,
    risk_commands,
    serve_command,
    tca_command,
)
from penstock.domain.errors import BadInput, PenstockError
from penstock.domain.version import VERSION

BAD_INPUT = 2

app = typer.Typer(
    name="penstock",
    help="Work a target portfolio into the market, and prove what it cost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(journal_commands.app, name="journal")
app.add_typer(market_commands.app, name="market")
app.add_typer(risk_commands.app, name="risk")
app.add_typer(report_commands.app, name="report")
app.command(name="desk")(live_commands.desk)
app.command(name="venue-sim")(live_commands.venue_sim)
app.command(epilog=serve_command.EXAMPLES)(serve_command.serve)
app.command(epilog=reconcile_command.EXAMPLE)(reconcile_command.reconcile)
app.command(epilog=faults_command.EXAMPLES)(faults_command.faults)
app.command(epilog=evaluate_command.EXAMPLES)(evaluate_command.evaluate)
app.command(epilog=algos_command.EXAMPLES)(algos_command.algos)
app.command(epilog=pretrade_command.EXAMPLES)(pretrade_command.pretrade)
app.command(epilog=calibrate_command.EXAMPLES)(calibrate_command.calibrate)
app.command(epilog=tca_command.EXAMPLES)(tca_command.tca)

EXECUTE_EXAMPLES = """
Examples:

    penstock execute examples/demo.json --out out/demo

    penstock execute targets.csv --market lobster:AMZN.zip --out out/amzn --algo vwap

    penstock execute targets.toml --market binance:spot.jsonl.zst binance:usdm.jsonl.zst --out out/btc
"""


@app.command(epilog=EXECUTE_EXAMPLES)
def execute(
    targets: Annotated[Path, typer.Argument(help="What to trade: a .json, .toml or .csv file.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder for journal, report and page.", show_default=False)],
    market: Annotated[
        list[str] | None,
        typer.Option(
            help="`synthetic` (the default), `lobster:`, `binance:` or `file:PATH`; several run on one clock."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all randomness: the same seed gives the same bytes.", min=0)] = 0,
    algo: Annotated[
        str, typer.Option(help="For targets that name none: a name, or `name:parameter=value,…`.")
    ] = "twap",
    positions: Annotated[Path | None, typer.Option(help="What is held now: .json, .toml or .csv.")] = None,
    limits: Annotated[Path | None, typer.Option(help="Risk limits: a .toml file.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that OUT already holds.")] = False,
) -> None:
    """Turn targets into child orders on simulated venues; write journal, ExecutionReport and a page with charts."""
    from penstock.app.execute import execute as run
    from penstock.app.inputs import read_limits, read_positions, read_targets
    from penstock.app.session import RunRequest
    from penstock.risk.limit_book import LimitBook, plain_book

    book = read_limits(limits) if limits else LimitBook()
    for line in book.warnings():
        Console(stderr=True).print(f"[yellow]{line}[/yellow]", highlight=False)
    wanted = read_targets(targets)
    held = read_positions(positions) if positions else {}
    name, parameters = parse_algorithm(algo)
    request = RunRequest(
        market=tuple(market or ["synthetic"]),
        seed=seed,
        targets=tuple(wanted),
        algorithm=name,
        parameters=parameters,
        positions={symbol: quantity for symbol, (quantity, _) in held.items()},
        entry_prices={symbol: price for symbol, (_, price) in held.items() if price is not None},
        limits=plain_book(book),
    )
    report = run(request, out, Console(), overwrite=overwrite)
    raise typer.Exit(exit_code(report))


@app.command()
def resume(
    out: Annotated[Path, typer.Argument(help="The folder of a run whose process died.", show_default=False)],
) -> None:
    """Take up a killed run where its journal ends; it ends as if nothing had happened."""
    from penstock.app.execute import resume as take_up

    raise typer.Exit(exit_code(take_up(out, Console())))


@app.command()
def version() -> None:
    """Print the version."""
    print(penstock.__version__)


def parse_algorithm(text: str) -> tuple[str, dict[str, Any]]:
    """`twap:duration_minutes=30,num_slices=10` as a name and its parameters."""
    name, _, rest = text.partition(":")
    parameters: dict[str, Any] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise BadInput("--algo", "", "parameters are written name=value, separated by commas", part)
        parameters[key.strip()] = plain_value(value.strip())
    return name, parameters


def spread_sources(arguments: list[str]) -> list[str]:
    """`--market A B` as `--market A --market B`: every word after it that names a source belongs to it."""
    spread: list[str] = []
    in_market = False
    for word in arguments:
        is_source = word == "synthetic" or word.startswith(("lobster:", "binance:"))
        if in_market and is_source and spread[-1] != "--market":
            spread.append("--market")
        in_market = word == "--market" or (in_market and is_source)
        spread.append(word)
    return spread


def plain_value(text: str) -> bool | int | float | str:
    """What a parameter's value is meant to be: yes or no, a number, or a word."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def exit_code(report: dict[str, Any]) -> int:
    """0 for a run that came to its end, 130 (as a shell counts an interrupt) for one that was stopped."""
    return 0 if report["details"]["status"] == "completed" else 130


def show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"penstock {VERSION}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Work a target portfolio into the market, and prove what it cost."""


def main() -> None:
    """Run the command line: bad input is one line and exit code 2."""
    try:
        app(args=spread_sources(sys.argv[1:]))
    except PenstockError as error:
        Console(stderr=True).print(f"penstock: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
