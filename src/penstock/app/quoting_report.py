"""`penstock report quoting`: a market maker's figures on the terminal, and as a page with its numbers."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from penstock.app.execute import write
from penstock.domain.errors import BadInput
from penstock.domain.events import AnyEvent
from penstock.tca.html.quoting_page import figures, render_quoting
from penstock.tca.quoting import quoting

PAGE, FIGURES = "quoting.html", "quoting.json"


def tell_quoting(events: Iterable[AnyEvent], place: str, out: Path | None, console: Console) -> None:
    """Print every report, and write them.

    Raises:
        BadInput: nobody quoted.
    """
    reports = quoting(events)
    if not reports:
        raise BadInput(place, "", "has no order with the algorithm quote that was ever shown")
    for report in reports:
        table = Table(title=f"{report.symbol}, account {report.account}", box=None, show_header=False, pad_edge=False)
        for name, value in figures(report):
            table.add_row(name, value)
        console.print(table, highlight=False)
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    write(out / PAGE, render_quoting(reports, place).encode())
    rows = []
    for report in reports:
        row = msgspec.structs.asdict(report) | {"made": report.made}
        del row["path"]  # it is in the journal
        rows.append(row)
    write(out / FIGURES, msgspec.json.encode(rows, enc_hook=str))
    for name in (PAGE, FIGURES):
        console.print(f"  {out / name}", highlight=False, soft_wrap=True)
