"""The depth replay's speed on a recording: draining the tape, two orders woken every 100 ms, one call from Python.

Beside it, in the same run and on the same events, the peer: hftbacktest's depth replay, in the environment that
`make bench` sets up. Both in processor time, the fastest of some rounds.

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
from numba import njit
from numpy.typing import NDArray

from benchmarks.hftbacktest import peer_rates
from penstock.domain.time import MILLISECOND
from penstock.market.binance import load
from penstock.market.depth_tape import LOTS, TICKS, TS, DepthTape
from penstock.sim.compiled_depth import BUY, NOW, SELL, enter_order, lots_left, open_depth_stage, play_until, touch
from penstock.sim.depth_kernel import DepthBook
from penstock.sim.depth_replay import DepthReplay
from penstock.sim.jit import kernel

DATA = Path(os.environ.get("PENSTOCK_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "binance_l2"
REPEATS = 7
CALLS = 20_000
STEP_NS = 10 * MILLISECOND
WAKE_NS, DISTANCE_TICKS = 100 * MILLISECOND, 5  # of the two orders from the touch, when they are entered


@kernel
def floor(rows: NDArray[np.int64], ladder: NDArray[np.int64], until: int) -> int:
    position = 0
    while position < rows.shape[0] and rows[position, TS] <= until:
        ladder[rows[position, TICKS]] = rows[position, LOTS]
        position += 1
    return position


@njit
def look(stage: DepthBook, end: int, distance: int) -> tuple[int, int, int]:
    """Every 100 ms look at the touch and at two orders, which are entered again when they have filled.

    Returns how often it woke, how often an order was seen at work, and how many were entered.
    """
    woken, seen, entered = 0, 0, 0
    while stage.state[NOW] < end:
        play_until(stage, min(stage.state[NOW] + WAKE_NS, end))
        woken += 1
        _, bid, _, ask, _ = touch(stage)
        for order_no in (1, 2):
            if lots_left(stage, order_no) > 0:
                seen += 1
            elif bid < ask:
                entered += 1
                sign = BUY if order_no == 1 else SELL
                enter_order(stage, order_no, sign, (bid if sign == BUY else ask) - sign * distance, 1, True)
    return woken, seen, entered


def processor_s(act: Callable[[DepthBook], object], tape: DepthTape) -> float:
    """Processor seconds of the fastest of some rounds, each on a new replay; the first one compiles."""
    best = float("inf")
    for turn in range(REPEATS + 1):
        stage = open_depth_stage(tape)
        started = time.process_time()
        act(stage)
        took = time.process_time() - started
        best = min(best, took) if turn else best
    return best


def beside_the_peer(name: str, tape: DepthTape) -> list[dict[str, Any]]:
    """Both replays of the same tape."""
    shown = DepthReplay(tape).touch()
    peer = peer_rates("hftbacktest_depth.py", {"rows": tape.rows}, DISTANCE_TICKS, (shown.bid + shown.ask) / 2)
    missing = "" if peer else ": the peer could not be installed"
    events = len(tape.rows) - tape.opening
    drained = events / processor_s(lambda stage: play_until(stage, tape.end_ns), tape)
    watched = events / processor_s(lambda stage: look(stage, tape.end_ns, DISTANCE_TICKS), tape)
    woken = "two resting orders, woken every 100 ms"
    return [
        row(f"{name}: drained / hftbacktest (wanted: 1.1){missing}", drained, "events/s", peer.get("drained_per_s")),
        row(f"{name}: {woken} / hftbacktest (wanted: 1.1){missing}", watched, "events/s", peer.get("watched_per_s")),
    ]


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
        *beside_the_peer(name, tape),
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
