"""`penstock report`: of a run (the default), of one of its orders, of a day, and over many days."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from penstock.domain.errors import BadInput


class RunFirst(TyperGroup):
    """`penstock report DIR` is `penstock report session DIR`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["session", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=RunFirst,
    help="Reports: of a run (`penstock report DIR`), of an order, of a day, and over many days.",
    no_args_is_help=True,
)

ORDER_EXAMPLES = """
Examples:

    penstock report order out/demo P003

    penstock report order postgresql://localhost/desk P003 --out out/P003
"""
DAILY_EXAMPLES = """
Examples:

    penstock tca out/monday --store trades.db

    penstock report daily --date 2025-08-18 --store trades.db --out out/daily
"""
TREND_EXAMPLES = """
Examples:

    penstock report trend --store trades.db

    penstock report trend --store postgresql://localhost/desk --since 2025-08-01 --out out/trend
"""

QUOTING_EXAMPLES = """
Examples:

    penstock report quoting out/market_making

    penstock report quoting postgresql://localhost/desk --out out/quoting
"""

StorePlace = Annotated[
    str,
    typer.Option(help="Where analyses were kept: a file, a run's folder or a postgresql:// URL.", show_default=False),
]


@app.command()
def session(
    out: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of a run, finished or not.", show_default=False)
    ],
) -> None:
    """Write ExecutionReport and page again, from the journal alone."""
    from penstock.app.execute import write_reports

    write_reports(out, Console())


@app.command(epilog=ORDER_EXAMPLES)
def order(
    place: Annotated[
        str, typer.Argument(metavar="DIR", help="A run's folder, a journal's file or a URL.", show_default=False)
    ],
    order_id: Annotated[str, typer.Argument(help="The order, such as P003.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="Folder to write to; DIR/tca/ORDER for a run's folder.")] = None,
) -> None:
    """What one order cost: page, tables and pictures of it alone."""
    from penstock.app.journal_commands import sound_events
    from penstock.app.tca.outputs import write_study
    from penstock.tca.study.from_run import study_of_run
    from penstock.tca.study.report import study_report
    from penstock.tca.study.selecting import only

    whole = study_of_run(sound_events(place))
    known = whole.orders["order_id"].to_list()
    if order_id not in known:
        raise BadInput(place, "ORDER_ID", f"must be one of {', '.join(known[:20])}", order_id)
    if out is None and not Path(place).is_dir():
        raise BadInput("penstock report order", "--out", "is needed: the folder to write to")
    study = only(whole, [order_id])
    written = write_study(study, study_report(study), out or Path(place) / "tca" / order_id, source=f"order {order_id}")
    _tell(written)


@app.command(epilog=QUOTING_EXAMPLES)
def quoting(
    place: Annotated[
        str, typer.Argument(metavar="DIR", help="A run's folder, a journal's file or a URL.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for a page and quoting.json; none: the figures only.")
    ] = None,
) -> None:
    """What quoting both sides brought: shown time, spreads, mark-outs, inventory, and what was made by part."""
    from penstock.app.journal_commands import sound_events
    from penstock.app.quoting_report import tell_quoting

    tell_quoting(sound_events(place), place, out, Console())


@app.command(epilog=DAILY_EXAMPLES)
def daily(
    date: Annotated[str, typer.Option(help="The day, such as 2025-08-18, UTC.", show_default=False)],
    store: StorePlace,
    out: Annotated[
        Path | None, typer.Option(help="Folder for page, tables and pictures; none: a summary only.")
    ] = None,
) -> None:
    """Everything that arrived on a day, from every source that was analysed."""
    from penstock.app.tca.outputs import write_study
    from penstock.tca.html.study.words import lead
    from penstock.tca.store import open_store
    from penstock.tca.study.report import study_report
    from penstock.tca.text_summary import text_summary

    day = day_of("--date", date)
    with open_store(store, create=False) as held:
        study = held.study_of_day(day)
    report = study_report(study)
    heading = f"Executions of {day}"
    if out is None:
        print(text_summary(report, heading))
        return
    Console().print(lead(report), highlight=False, markup=False)
    _tell(write_study(study, report, out, source=f"{len(study.orders)} orders", heading=heading))


@app.command(epilog=TREND_EXAMPLES)
def trend(
    store: StorePlace,
    since: Annotated[str, typer.Option(help="Only from this day on.")] = "",
    until: Annotated[str, typer.Option(help="Only up to this day.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder for the page and its figures; none: a table only.")] = None,
) -> None:
    """Costs, fill rates and quality by day, and whether they change by more than chance."""
    from rich.table import Table

    from penstock.app.execute import write
    from penstock.tca.execution_report import to_json
    from penstock.tca.html.study.trend_page import figure, render_trend
    from penstock.tca.html.wording import number
    from penstock.tca.store import open_store
    from penstock.tca.study.settings import Settings
    from penstock.tca.study.trend import METRICS, slopes
    from penstock.tca.study.trend import trend as by_day

    first, last = (day_of(name, day) if day else "" for name, day in (("--since", since), ("--until", until)))
    with open_store(store, create=False) as held:
        orders, name = held.orders(first, last), held.name
    if not len(orders):
        raise BadInput(name, "", "holds no analysed order of these days")
    days = by_day(orders, Settings())
    changes = slopes(days)
    table = Table(box=None, pad_edge=False)
    known = [metric for metric in METRICS if any(day[metric]["mean"] is not None for day in days)]
    table.add_column("day", no_wrap=True)
    for head in ("orders", *(METRICS[metric].lower() for metric in known)):
        table.add_column(head, justify="right", min_width=6)
    for day in days:
        cells = (figure(metric, day[metric]["mean"]).replace(" %", "%") for metric in known)
        table.add_row(day["day"], number(day["orders"]), *cells)
    Console().print(table)
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    write(out / "trend.html", render_trend(days, changes, "").encode())
    write(out / "trend.json", to_json({"days": days, "slopes": changes}))
    write(out / "orders.csv", orders.write_csv().encode())
    _tell([out / "trend.html", out / "trend.json", out / "orders.csv"])


def day_of(option: str, text: str) -> str:
    """A date as ISO-8601 writes it.

    Raises:
        BadInput: it is none.
    """
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadInput(option, "", "must be a day, such as 2025-08-18", text) from None


def _tell(written: list[Path]) -> None:
    for path in written:
        Console().print(f"  {path}", highlight=False, soft_wrap=True)
