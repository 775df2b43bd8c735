"""Order-by-order replay: how fast a recorded day loads, drains, and wakes a strategy at every event.

Beside it, in the same run and on the same events, the peer: hftbacktest's order-by-order replay, in the environment
that `make bench` sets up. Processor time, the fastest of some rounds each. Without the recording a made-up tape
stands in.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from benchmarks.hftbacktest import peer_rates
from penstock.sim.compiled_replay import (
    BUY,
    SELL,
    Stage,
    best_prices,
    enter_order,
    lots_left,
    next_message,
    open_stage,
)
from penstock.sim.replay import OrderReplay, load_session
from penstock.sim.session import Session

DATA = Path(os.environ.get("PENSTOCK_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
AMZN = DATA / "lobster" / "LOBSTER_SampleFile_AMZN_2012-06-21_5.zip"
ROUNDS = 12
LOAD_S_MAX = 1.5
DISTANCE_TICKS = 5  # of the two orders from the touch, when they are entered


@njit
def look(stage: Stage, distance: int) -> tuple[int, int, int]:
    """At every message look at the touch and at two orders, which are entered again when they have filled.

    Returns how often it woke, how often an order was seen at work, and how many were entered.
    """
    woken, seen, entered = 0, 0, 0
    while next_message(stage):
        woken += 1
        bid, _, ask, _ = best_prices(stage)
        for order_no in (1, 2):
            if lots_left(stage, order_no) > 0:
                seen += 1
            elif bid < ask:
                entered += 1
                sign = BUY if order_no == 1 else SELL
                price = (bid if sign == BUY else ask) - sign * distance
                enter_order(stage, order_no, sign, price, 1, False, True)
    return woken, seen, entered


def fastest_s(prepare: Callable[[], Callable[[], Any]]) -> float:
    """Processor seconds of the fastest of some rounds, each on something newly prepared; the first one compiles."""
    prepare()()
    best = float("inf")
    for _ in range(ROUNDS):
        act = prepare()
        start = time.process_time()
        act()
        best = min(best, time.process_time() - start)
    return best


def drained(session: Session) -> Callable[[], int]:
    market = OrderReplay(session)
    return lambda: market.advance(market.end_ns)


def watched(session: Session) -> Callable[[], tuple[int, int, int]]:
    stage = open_stage(session)
    return lambda: look(stage, DISTANCE_TICKS)


def run() -> list[dict[str, Any]]:
    """Measure; rates are against the peer's of this run, the load against what we promise at least."""
    path = AMZN if AMZN.exists() else made_up(Path(tempfile.mkdtemp()))
    load_s = fastest_s(lambda: lambda: load_session(path))
    session = load_session(path)
    events = len(session.tape.ts)
    peer = peer_rates("hftbacktest_orders.py", session.tape._asdict(), DISTANCE_TICKS)
    missing = "" if peer else ": the peer could not be installed"
    rows = (
        ("replay: load and check a recorded day", load_s, "s", LOAD_S_MAX),
        (
            f"replay: drained / hftbacktest (wanted: 3){missing}",
            events / fastest_s(lambda: drained(session)),
            "events/s",
            peer.get("drained_per_s"),
        ),
        (
            f"replay: two resting orders, woken at every event / hftbacktest (wanted: 2){missing}",
            events / fastest_s(lambda: watched(session)),
            "events/s",
            peer.get("watched_per_s"),
        ),
    )
    return [
        {"name": name, "value": value, "unit": unit, "peer_or_floor": floor, "ratio": value / floor if floor else None}
        for name, value, unit, floor in rows
    ]


def made_up(folder: Path, messages: int = 150_000) -> Path:
    """Write a recording of orders that come and go around one price."""
    random = np.random.default_rng(7)
    signs, distances = random.choice([-1, 1], messages // 2), random.integers(1, 30, messages // 2)
    path = folder / "ABC_2012-06-21_34200000_57600000_message_50.csv"
    with path.open("w") as file:
        for k, (sign, distance) in enumerate(zip(signs, distances, strict=True)):
            price = (10_000 - sign * distance) * 100
            file.write(f"{34200 + k / 10:.1f},1,{k + 1},100,{price},{sign}\n")
            if k >= 200:
                gone = k - 200
                price = (10_000 - signs[gone] * distances[gone]) * 100
                file.write(f"{34200 + k / 10:.1f},3,{gone + 1},100,{price},{signs[gone]}\n")
    return path
