"""`penstock reconcile`: what a venue's picture would change in our book. Nothing is sent and nothing is written."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from penstock.domain.errors import BadInput
from penstock.domain.reports import Fill, Picture, Replaced, VenueReport

if TYPE_CHECKING:
    from penstock.engine.state import EngineState
    from penstock.journal import Record

DIFFERENT = 1

EXAMPLE = """
The picture is JSON as a venue's adapter makes it:

    {"ts": 0, "venue": "okx", "asked_at": 1755524060000000000,
     "orders": [{"order_id": "P001-001", "venue_order_id": "77", "symbol": "BTCUSDT-PERP", "side": "buy",
                 "quantity": "2", "limit_price": "62430.0", "cum_qty": "1", "cum_value": "62430", "state": "open"}]}
"""


def reconcile(
    journal: Annotated[str, typer.Argument(help="The folder of a run, a journal file or a database URL.")],
    picture: Annotated[Path, typer.Option(help="What the venue shows: a .json file.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and do nothing: always so here.")] = True,
) -> None:
    """Show what a look at a venue would heal: fills and answers that never came, strays, and foreign orders."""
    from penstock.engine.venue_reconcile import heal
    from penstock.journal import open_record
    from penstock.journal.reading import events_of
    from penstock.journal.replay import replay

    seen = read_picture(picture)
    record = open_record(journal)
    try:
        state = replay(events_of(record))
        bring_back(state, seen, record)
    finally:
        record.close()
    orders = [order for order in state.orders.values() if order.terms.venue == seen.venue]
    healing = heal(orders, seen, state.executions, state.children)
    console = Console()
    if healing.is_empty and not healing.foreign:
        console.print(f"{seen.venue} and the journal agree on {len(orders)} orders", highlight=False)
        return
    table = Table("order", "what is missing", "details", box=None, header_style="dim")
    for report in healing.reports:
        table.add_row(report.order_id, type(report).__name__.lower(), in_words(report))
    for order_id in healing.strays:
        table.add_row(order_id, "stray", "over here, open there: it would be cancelled")
    for order_id in healing.foreign:
        table.add_row(order_id, "foreign", "not ours: shown, never touched")
    console.print(table)
    if not healing.is_empty:
        raise typer.Exit(DIFFERENT)


def bring_back(state: "EngineState", seen: Picture, record: "Record") -> None:
    """Put the archived orders that a picture shows back into this copy of the state."""
    from penstock.engine.effects import Recall
    from penstock.engine.families import put_back
    from penstock.engine.recall import archived_parent
    from penstock.journal.recall import look_up

    for order_id in dict.fromkeys([*(each.order_id for each in seen.orders), *(each.order_id for each in seen.fills)]):
        parent_id = "" if order_id in state.orders else archived_parent(state, order_id)
        found = look_up(record, Recall(order_id=parent_id)).family if parent_id else None
        if found is not None:
            put_back(state, found)


def read_picture(path: Path) -> Picture:
    """A venue's picture from a file.

    Raises:
        BadInput: no such file, or not a picture; names the field.
    """
    if not path.is_file():
        raise BadInput(str(path), "", "there is no such file")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Picture)
    except msgspec.DecodeError as error:
        rule, _, field = str(error).partition(" - at `$.")
        raise BadInput(str(path), field.rstrip("`"), f"is not a venue's picture: {rule}") from None


def in_words(report: VenueReport) -> str:
    match report:
        case Fill():
            return f"{report.last_qty} at {report.last_px}, execution {report.exec_id}"
        case Replaced():
            return f"now {report.quantity} at {report.limit_price}"
    return str(getattr(report, "reason", "") or getattr(report, "venue_order_id", ""))
