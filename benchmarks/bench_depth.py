"""The depth replay's speed on a recording: draining the tape, and the price of one call from Python.

The floor is a kernel that walks the same tape and only stores each row's lots at its price: what any replay must do,
without sides, touches, prints or anything taken. Both are measured in this run, on the same rows.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.domain.time import MILLISECOND
from penstock.market.binance import load
from penstock.market.depth_tape import LOTS, TICKS, TS
from penstock.sim.depth_replay import DepthReplay
from penstock.sim.jit import kernel

DATA = Path(os.environ.get("PENSTOCK_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "binance_l2"
REPEATS = 7
CALLS = 20_000
STEP_NS = 10 * MILLISECOND


@kernel
def floor(rows: NDArray[np.int64], ladder: NDArray[np.int64], until: int) -> int:
    position = 0
    while position < rows.shape[0] and rows[position, TS] <= until:
        ladder[rows[position, TICKS]] = rows[position, LOTS]
        position += 1
    return position


def best_seconds(action: Callable[[], object], prepare: Callable[[], object] = lambda: None) -> float:
    times = []
    for _ in range(REPEATS):
        prepare()
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def run() -> list[dict[str, Any]]:
    if not DATA.is_dir():
        raise SystemExit(f"recorded market data not found at {DATA}: set PENSTOCK_DATA to its parent folder")
    rows = []
    for name in ("spot", "usdm", "cm"):
        loading = best_seconds(partial(load, DATA / name))
        rows.append(row(f"{name}: load the recording", loading, "s"))
        rows += drain_rows(name)
    return rows


def drain_rows(name: str) -> list[dict[str, Any]]:
    tape = load(DATA / name)
    prices = np.unique(tape.rows[:, TICKS])
    ranked = tape.rows.copy()
    ranked[:, TICKS] = np.searchsorted(prices, tape.rows[:, TICKS])
    ladder = np.zeros(prices.size, np.int64)
    events = len(tape.rows)
    least = events / best_seconds(lambda: floor(ranked, ladder, tape.end_ns))

    book = DepthReplay(tape)

    def fresh() -> None:
        nonlocal book
        book = DepthReplay(tape)

    def fresh_with_orders() -> None:
        fresh()
        park(book)

    draining = best_seconds(lambda: book.advance(tape.end_ns), fresh)
    watched = best_seconds(lambda: book.advance(tape.end_ns), fresh_with_orders)
    steps = (tape.end_ns - tape.start_ns) // STEP_NS + 1
    calling = best_seconds(lambda: step_through(book), fresh)
    touching = best_seconds(lambda: [book.touch() for _ in range(CALLS)])
    return [
        row(f"{name}: tape events drained", events / draining, "events/s", least),
        row(f"{name}: the same, two of our orders resting", events / watched, "events/s", least),
        row(f"{name}: messages drained", tape.messages() / draining, "messages/s"),
        row(f"{name}: advance by 10 ms", calling / steps * 1e6, "us/call"),
        row(f"{name}: touch", touching / CALLS * 1e6, "us/call"),
    ]


def park(book: DepthReplay) -> None:
    """Rest an order far from the market on either side, so that every event has someone to watch over."""
    touch = book.touch()
    book.submit(1, +1, touch.bid // 2, 1, immediate=False, post_only=True)
    book.submit(2, -1, touch.ask * 2, 1, immediate=False, post_only=True)


def step_through(book: DepthReplay) -> None:
    for now in range(book.start_ns, book.end_ns, STEP_NS):
        book.advance(now)


def row(name: str, value: float, unit: str, peer_or_floor: float | None = None) -> dict[str, Any]:
    ratio = None if peer_or_floor is None else value / peer_or_floor
    return {"name": name, "value": value, "unit": unit, "peer_or_floor": peer_or_floor, "ratio": ratio}
