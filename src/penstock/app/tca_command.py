"""`penstock tca`: what did it cost, and why? For a run's journal, or for anyone's fills."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from penstock.domain.errors import BadInput

if TYPE_CHECKING:
    from penstock.tca.study.settings import Settings
    from penstock.tca.study.study import Study

EXAMPLES = """
Examples:

    penstock tca out/demo

    penstock tca --fills fills.csv --market tape.parquet --out out/tca

    penstock tca --fills fills.csv --orders orders.csv --market tape/ --timezone Europe/London --out out/tca

Columns are found by their usual names: see docs/tca.md. Without --market the fills need a bid and an ask of their own.
"""
RUN_FOLDER = "tca"


def tca(
    place: Annotated[
        str | None,
        typer.Argument(
            metavar="[DIR]", help="A run's folder, a journal's file or a postgresql:// URL.", show_default=False
        ),
    ] = None,
    fills: Annotated[
        Path | None, typer.Option(help="Fills made elsewhere: CSV or Parquet.", show_default=False)
    ] = None,
    market: Annotated[
        Path | None,
        typer.Option(help="Their market: a file of quotes, trades or both, or a folder.", show_default=False),
    ] = None,
    orders: Annotated[Path | None, typer.Option(help="Their orders: CSV or Parquet.", show_default=False)] = None,
    routes: Annotated[
        Path | None,
        typer.Option(help="Orders sent to venues: status and times, for rates and latencies.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for page and tables; DIR/tca for a run.", show_default=False)
    ] = None,
    timezone: Annotated[str, typer.Option(help="Of times without one, such as America/New_York.")] = "UTC",
    currency: Annotated[str, typer.Option(help="Of prices, where no file and no pair says it.")] = "USD",
    horizons: Annotated[str, typer.Option(help="Of mark-outs, in seconds.")] = "1,5,10,30,60,300",
    realised: Annotated[float, typer.Option(help="Horizon of realised spread and adverse selection, in seconds.")] = 60,
    seed: Annotated[int, typer.Option(help="Of the intervals' random draws.", min=0)] = 0,
    store: Annotated[
        str | None,
        typer.Option(
            help="Keep the analysis for trends: a file, a run's folder or a postgresql:// URL, or 'none'. A run is kept"
            " beside its journal."
        ),
    ] = None,
) -> None:
    """Analyse what trading cost: benchmarks, exact parts, mark-outs, venues, quality; a page, tables and pictures."""
    from penstock.app.tca.outputs import write_study
    from penstock.tca.study.report import study_report

    console = Console()
    settings = settings_of(horizons, realised, seed)
    if (place is None) == (fills is None):
        raise BadInput("penstock tca", "", "give either a run's folder or --fills")
    if place is not None:
        if market or orders or routes:
            raise BadInput("penstock tca", "--market, --orders, --routes", "belong to --fills")
        study, source, violations = _of_run(place, settings)
        target = out or _beside(place)
        kept = place if store is None else store
    else:
        assert fills is not None
        if out is None:
            raise BadInput("penstock tca", "--out", "is needed: the folder to write to")
        study, source = _of_files(fills, market, orders, routes, timezone, currency, settings), fills.name
        violations = []
        target, kept = out, store or "none"
    report = study_report(study)
    written = write_study(study, report, target, source=source, violations=violations)
    if fills is not None:
        written.insert(1, _execution_report(study, report, target))
    if kept != "none":
        from penstock.tca.store import open_store

        with open_store(kept) as held:
            held.keep(_name_of(place, fills), study)
    _tell(study, report, written, console)


def _name_of(place: str | None, fills: Path | None) -> str:
    """What a source is known by in the store: its path, or a database's URL without who uses it."""
    from penstock.journal.location import is_database

    if fills is not None:
        return str(fills.resolve())
    assert place is not None
    return place.rsplit("@", 1)[-1] if is_database(place) else str(Path(place).resolve())


def settings_of(horizons: str, realised: float, seed: int) -> "Settings":
    """Refuse what is no list of positive seconds."""
    from penstock.tca.study.settings import Settings

    try:
        seconds = tuple(sorted({float(part) for part in horizons.split(",")} | {float(realised)}))
    except ValueError:
        raise BadInput("--horizons", "", "must be seconds, separated by commas", horizons) from None
    if not all(0 < each < 1e6 for each in seconds):
        raise BadInput("--horizons", "", "must be between 0 and 1,000,000 seconds", horizons)
    return Settings(horizons_s=seconds, realised_s=float(realised), seed=seed)


def _of_run(place: str, settings: "Settings") -> "tuple[Study, str, list[dict[str, Any]]]":
    """A run's study, what it is called, and what went wrong in it."""
    from penstock.app.journal_commands import sound_events
    from penstock.tca.analysis import analyse
    from penstock.tca.execution_report import report_of
    from penstock.tca.study.from_run import study_of_analysis

    analysis = analyse(sound_events(place))
    return study_of_analysis(analysis, settings), _shown(place), report_of(analysis)["violations"]


def _shown(place: str) -> str:
    """A run's folder by its name, a database without who uses it: what a page may say to anyone."""
    from penstock.journal.location import is_database

    return place.rsplit("@", 1)[-1] if is_database(place) else Path(place).resolve().name


def _of_files(
    fills: Path,
    market: Path | None,
    orders: Path | None,
    routes: Path | None,
    zone: str,
    currency: str,
    settings: "Settings",
) -> "Study":
    from rich.progress import Progress

    from penstock.tca.imports.read import study_of_files

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading the market", total=None)
        return study_of_files(
            fills,
            market,
            orders,
            routes=routes,
            zone=zone,
            currency=currency,
            settings=settings,
            told=lambda rows: bar.advance(task, rows),
        )


def _beside(place: str) -> Path:
    from penstock.journal.location import is_database

    if is_database(place):
        raise BadInput("penstock tca", "--out", "is needed: the folder to write to")
    path = Path(place)
    return path / RUN_FOLDER if path.is_dir() else path.parent / RUN_FOLDER


def _execution_report(study: "Study", report: dict[str, Any], out: Path) -> Path:
    from penstock.app.execute import REPORT, write
    from penstock.tca.execution_report import to_json
    from penstock.tca.imports.execution_report import imported_report
    from penstock.tca.schema import validate

    made = imported_report(study, report)
    validate(made)
    write(out / REPORT, to_json(made))
    return out / REPORT


def _tell(study: "Study", report: dict[str, Any], written: list[Path], console: Console) -> None:
    """The verdict, the benchmarks, what was left out, and where the files are."""
    from rich.table import Table

    from penstock.tca.html.study.words import lead, title
    from penstock.tca.html.wording import number, signed

    console.print(f"[bold]{title(study)}[/bold]", highlight=False)
    console.print(lead(report), highlight=False, markup=False)
    table = Table(box=None, pad_edge=False)
    for head in ("against", "bps", "95 %", "orders"):
        table.add_column(head, justify="left" if head == "against" else "right")
    for row in report["benchmarks"]:
        if row["mean"] is not None:
            between = "" if row["low"] is None else f"{signed(row['low'])} to {signed(row['high'])}"
            table.add_row(row["benchmark"].replace("_", " "), signed(row["mean"]), between, str(row["orders"]))
    console.print(table)
    scores = ", ".join(f"{name.replace('_', ' ')} {number(score)}" for name, score in report["scores"].items())
    console.print(f"quality: {scores}", highlight=False)
    for rule, count in report["left_out"]["counts"].items():
        told = report["left_out"]["rules"][rule]
        console.print(f"  {count:,} × {told['says']}: {told['effect']}", style="yellow", highlight=False, markup=False)
    for path in written:
        console.print(f"  {path}", highlight=False, soft_wrap=True)
