"""Order-by-order replay: how fast a recorded day loads and drains, against the least that a replay has to do.

The floor, measured in the same run, only walks the tape and keeps each level's total: no queues, no best price.
Without the recording a made-up tape stands in.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penstock.market.tape import ADD, HIDDEN, Tape
from penstock.sim.jit import kernel
from penstock.sim.replay import OrderReplay, Session, load_session

DATA = Path(os.environ.get("PENSTOCK_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
AMZN = DATA / "lobster" / "LOBSTER_SampleFile_AMZN_2012-06-21_5.zip"
ROUNDS = 7
LOAD_S_MAX = 1.5
EVENTS_PER_S_MIN = 10_000_000


@kernel
def walk(tape: Tape, totals: NDArray[np.int64], base: int) -> None:
    """Add up each level's lots, event by event."""
    for k in range(tape.ts.shape[0]):
        side = 0 if tape.sign[k] > 0 else 1
        if tape.kind[k] == ADD:
            totals[side, tape.ticks[k] - base] += tape.lots[k]
        elif tape.kind[k] < HIDDEN:
            totals[side, tape.ticks[k] - base] -= tape.lots[k]


def fastest_s(prepare: Callable[[], Callable[[], Any]]) -> float:
    """Seconds of the fastest of some rounds, each on something newly prepared; the first one compiles."""
    prepare()()
    best = float("inf")
    for _ in range(ROUNDS):
        act = prepare()
        start = time.perf_counter()
        act()
        best = min(best, time.perf_counter() - start)
    return best


def drained(session: Session) -> Callable[[], int]:
    market = OrderReplay(session)
    return lambda: market.advance(market.end_ns)


def walked(session: Session) -> Callable[[], None]:
    tape = session.tape
    base = int(tape.ticks[tape.ticks > 0].min())
    totals = np.zeros((2, int(tape.ticks.max()) - base + 1), np.int64)
    return lambda: walk(tape, totals, base)


def run() -> list[dict[str, Any]]:
    """Measure; the ratio of the drain is against the floor, the others against what we promise at least."""
    path = AMZN if AMZN.exists() else made_up(Path(tempfile.mkdtemp()))
    load_s = fastest_s(lambda: lambda: load_session(path))
    session = load_session(path)
    events = len(session.tape.ts)
    per_s, floor_per_s = (events / fastest_s(lambda act=act: act(session)) for act in (drained, walked))
    rows = (
        ("replay: load and check a recorded day", load_s, "s", LOAD_S_MAX),
        ("replay: drain, against a walk over the tape", per_s, "events/s", floor_per_s),
        ("replay: drain, against the promise", per_s, "events/s", EVENTS_PER_S_MIN),
    )
    return [
        {"name": name, "value": value, "unit": unit, "peer_or_floor": peer, "ratio": value / peer}
        for name, value, unit, peer in rows
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
