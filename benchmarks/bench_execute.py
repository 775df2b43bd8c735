"""The main job, whole: a trading day with one VWAP parent through engine, risk and journal, against the market alone.

With PENSTOCK_DATA (or the default data folder) present the day is a recorded one, otherwise the generated market.
"""

import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from penstock.app.session import RunRequest, prepare
from penstock.journal import SqliteJournal
from penstock.portfolio.targets import Target
from penstock.sim.sources import open_market

FIRST_EVENT_S_MAX = 2.0
FIRST_EVENT = """
import sys
from time import perf_counter
start = perf_counter()
from penstock import Desk
desk = Desk.open(sys.argv[1])
desk.submit(sys.argv[2], "buy", 100)
print(perf_counter() - start)
"""
REPOSITORY = Path(__file__).resolve().parent.parent


def recorded_day() -> tuple[str, Target] | None:
    """A recorded order-by-order day, where one is at hand."""
    folder = Path(os.environ.get("PENSTOCK_DATA", REPOSITORY.parent / "shared" / "data")) / "lobster"
    found = sorted(folder.glob("*AMZN*.zip"))
    if not found:
        return None
    return f"lobster:{found[0]}", Target(symbol="AMZN", change=Decimal(20_000), algorithm="vwap")


def run() -> list[dict[str, object]]:
    """Seconds of the run in this process, kernels compiled, against the market drained; and how long a start takes."""
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
    worked(source, target)  # compiles what working a parent needs, too
    made_ready, took = worked(source, target)
    name = f"{target.symbol} day with one VWAP parent, engine and journal / the market drained alone"
    first = min(first_event(source, target.symbol) for _ in range(3))
    return [
        {"name": name, "value": took, "unit": "s", "peer_or_floor": drained, "ratio": took / drained},
        {"name": "reading the day before that", "value": made_ready, "unit": "s", "peer_or_floor": None, "ratio": None},
        {
            "name": "first import to first event in a new process",
            "value": first,
            "unit": "s",
            "peer_or_floor": FIRST_EVENT_S_MAX,
            "ratio": first / FIRST_EVENT_S_MAX,
        },
    ]


def worked(source: str, target: Target) -> tuple[float, float]:
    """Seconds to have the market ready, and to work the parent from the first event to the last."""
    start = perf_counter()
    planned = prepare(RunRequest(market=(source,), targets=(target,)))
    ready = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        journal = SqliteJournal(Path(folder) / "journal.db", durability="process")
        began = perf_counter()
        planned.begin(journal).run()
        ended = perf_counter()
        journal.close()
    return ready - start, ended - began


def first_event(source: str, symbol: str) -> float:
    """Seconds from the first import of a new process to the first event of a market in it, kernels cached."""
    told = subprocess.run(
        [sys.executable, "-c", FIRST_EVENT, source, symbol], capture_output=True, check=True, text=True
    )
    return float(told.stdout)
