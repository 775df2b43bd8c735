"""`penstock market inspect SOURCE`: one recorded market on the terminal, as a page, and as a picture."""

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.text import Text

from penstock.app.fitted_table import Column, FittedTable
from penstock.app.market.page.inspect_page import Faulty, lead, render, span
from penstock.app.market.sources_open import open_sources
from penstock.domain.errors import BadInput
from penstock.market.inspection.bins import step_words
from penstock.market.inspection.inspect import Inspection, choose_listing, inspect
from penstock.market.tapes.faults import Policy

BLOCKS = "▁▂▃▄▅▆▇█"
SPARK = 60


def look(
    source: str, listing: str | None, policy: Policy, out: Path | None, png: Path | None, console: Console
) -> Inspection:
    """Sum up one listing of a recording, tell it, and draw what is asked for.

    Raises:
        BadInput: the source, the first faulty row where the policy is to refuse, or a file that cannot be written.
    """
    try:
        (tape,) = open_sources([source], policy)
    except BadInput as error:
        if policy is Policy.REFUSE and error.where != "SOURCE":
            raise BadInput(
                error.where, error.field, f"{error.rule}; --policy repair or skip reads on", error.value
            ) from None
        raise
    with Console(stderr=True).status("summing up"):
        seen = inspect(tape, choose_listing(tape, listing))
    tell(seen, console)
    for kind, count in tape.faults.counts.items():
        console.print(Text(f"{count:,} {kind} rows: {policy}", style="yellow"))
    for example in tape.faults.examples[:5]:
        console.print(Text(f"   {example.error()}", style="dim"), highlight=False)
    if out is not None:
        _written(out, render(seen, Faulty(tape.faults.counts, policy)).encode(), console, "--out")
    if png is not None:
        from penstock.app.market.inspect_picture import picture

        _written(png, picture(seen), console, "--png")
    return seen


def tell(seen: Inspection, console: Console) -> None:
    """The summary for a terminal: lines of blocks for price, spread and volume, and the indicators."""
    console.print(Text.assemble((seen.listing.name, "bold"), f"  {span(seen)}"), highlight=False)
    console.print(lead(seen), style="dim", highlight=False)
    bins, tick, lot = seen.bins, float(seen.listing.tick), float(seen.listing.lot)
    for name, values, unit in (
        ("rate" if "funding" in seen.rows else "price", bins.mid * tick, ""),
        ("spread", bins.spread_bps, " bps"),
        ("volume", np.where(bins.volume > 0, bins.volume * lot, np.nan), f" a {step_words(bins.step_ns)}"),
    ):
        known = values[np.isfinite(values)]
        if len(known) > 1:
            figures = f"{known.min():,.6g} to {known.max():,.6g}{unit}"
            console.print(
                Text.assemble((f"{name:8}", "dim"), (sparkline(values), "cyan"), f"  {figures}"), highlight=False
            )
    if seen.indicators:
        names = list(seen.indicators)
        console.print(
            FittedTable(
                [
                    Column("indicator", names, justify="left"),
                    Column("figure", [f"{seen.indicators[name][0]:.4g}" for name in names]),
                    Column("of what", [seen.indicators[name][1] for name in names], justify="left", keep=1),
                ]
            )
        )


def sparkline(values: np.ndarray, cells: int = SPARK) -> str:
    """Values as blocks, the mean of each cell; a space where nothing is known."""
    low, high = np.nanquantile(values, 0.01), np.nanquantile(values, 0.99)
    text = ""
    for part in np.array_split(values, min(cells, len(values))):
        known = part[np.isfinite(part)]
        share = (known.mean() - low) / (high - low) if len(known) and high > low else 0.0
        text += BLOCKS[min(max(int(share * 8), 0), 7)] if len(known) else " "
    return text


def _written(path: Path, data: bytes, console: Console, option: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise BadInput(option, str(path), f"cannot be written to: {error.strerror}") from None
    console.print(f"written: {path}", highlight=False, soft_wrap=True, markup=False)
