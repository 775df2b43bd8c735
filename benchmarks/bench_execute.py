"""The main job, whole: a trading day with one VWAP parent through engine, risk and journal, against the market alone.

With PENSTOCK_DATA (or the default data folder) present the day is a recorded one, otherwise the generated market.
"""

import os
import tempfile
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from penstock.app.session import RunRequest, prepare
from penstock.journal import SqliteJournal
from penstock.portfolio.targets import Target
from penstock.sim.sources import open_market

REPOSITORY = Path(__file__).resolve().parent.parent


def recorded_day() -> tuple[str, Target] | None:
    """A recorded order-by-order day, where one is at hand."""
    folder = Path(os.environ.get("PENSTOCK_DATA", REPOSITORY.parent / "shared" / "data")) / "lobster"
    found = sorted(folder.glob("*AMZN*.zip"))
    if not found:
        return None
    return f"lobster:{found[0]}", Target(symbol="AMZN", change=Decimal(20_000), algorithm="vwap")


def run() -> list[dict[str, object]]:
    """One row: wall seconds of the run in this process, kernels compiled, against draining the market."""
    generated = ("synthetic", Target(symbol="ACME", change=Decimal(20_000), algorithm="vwap"))
    source, target = recorded_day() or generated
    for book in open_market([source], 0).books:  # compiles what is not compiled yet
        book.advance(book.end_ns)
    market = open_market([source], 0)
    start = perf_counter()
    for book in market.books:
        if book.instrument.symbol == target.symbol:
            book.advance(book.end_ns)
    drained = perf_counter() - start
    planned = prepare(RunRequest(market=(source,), targets=(target,)))
    with tempfile.TemporaryDirectory() as folder:
        journal = SqliteJournal(Path(folder) / "journal.db", durability="process")
        start = perf_counter()
        planned.begin(journal).run()
        took = perf_counter() - start
        journal.close()
    name = f"{target.symbol} day with one VWAP parent, engine and journal / the market drained alone"
    return [{"name": name, "value": took, "unit": "s", "peer_or_floor": drained, "ratio": took / drained}]
