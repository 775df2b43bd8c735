"""A table that fits: on a narrow screen it closes up, then leaves out its least important columns, never a digit.

Figures are shown one way everywhere: thousands in groups, costs in basis points with their sign, red for a cost
and green for a gain.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from rich import box
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

GAPS = (2, 1)  # cells between columns: the first that fits
UNBOUNDED = 10_000
NONE = "–"
NEUTRAL_BPS = 0.05  # what rounds to 0.0 is neither cost nor gain


class Column(msgspec.Struct, frozen=True):
    """A column's heading and cells. Of several with the same `keep`, the rightmost goes first; 0 always stays."""

    heading: str
    cells: Sequence[RenderableType]
    justify: JustifyMethod = "right"
    keep: int = 0


class FittedTable:
    """A plain table that leaves out the columns with the highest `keep` until it fits the width given."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = list(self.columns)
        unbounded = options.update(width=UNBOUNDED)
        while True:
            for gap in GAPS:
                grid = _grid(columns, gap)
                if Measurement.get(console, unbounded, grid).maximum <= options.max_width:
                    yield grid
                    return
            least = max(range(len(columns)), key=lambda index: (columns[index].keep, index))
            if columns[least].keep == 0:
                yield grid
                return
            del columns[least]


def _grid(columns: Sequence[Column], gap: int) -> Table:
    """The columns side by side, `gap` cells apart (one of them is the box's own)."""
    grid = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, gap - 1, 0, 0),
        header_style="dim",
        border_style="dim",
    )
    for column in columns:
        grid.add_column(column.heading, justify=column.justify, no_wrap=True)
    for cells in zip(*(column.cells for column in columns), strict=True):
        grid.add_row(*cells)
    return grid


def cost_bps(value: Decimal | float | None) -> Text:
    """Basis points with their sign: positive is a cost."""
    if value is None:
        return Text(NONE, style="dim")
    if abs(float(value)) < NEUTRAL_BPS:
        return Text("0.0")
    return Text(f"{float(value):+.1f}", style="red" if value > 0 else "green")


def quantity_text(value: Decimal) -> str:
    """Grouped, with exactly the decimals that the quantity has."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_text(value: Decimal | None, decimals: int) -> str:
    return NONE if value is None else f"{value:,.{decimals}f}"


def price_decimals(reference: Decimal) -> int:
    """How many decimals to show of an average price: those of the price it is compared with, 2 to 6."""
    _, _, text = quantity_text(reference).partition(".")
    return min(max(len(text), 2), 6)


def percent(fraction: Decimal | float | None) -> str:
    """Whole per cent, rounded down so that 100 % means all of it."""
    return NONE if fraction is None else f"{int(fraction * 100)} %"


def side_text(side: str) -> Text:
    return Text(side, style="cyan" if side == "buy" else "magenta")
