"""A process that sees orders come and go, and prints its resident memory (KiB) after the first, and after all of them.

    python -m benchmarks.flat_memory 100000 1000000

It keeps no journal: what is measured is the engine, which archives.
"""

import gc
import os
import sys
from collections import deque
from itertools import pairwise
from pathlib import Path

import msgspec

from benchmarks.order_flow import answered, commands, opened
from penstock.app.live.settings import LiveSettings
from penstock.domain import commands as cmd
from penstock.engine.engine import Engine

CHUNK = 10_000
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024

decoder = msgspec.json.Decoder(cmd.SubmitOrder)


def main(marks: list[int]) -> None:
    engine = Engine(closed_orders_max=LiveSettings().closed_orders_max)
    opened(engine)
    for first, last in pairwise([0, *marks]):
        for start in range(first, last, CHUNK):
            trade(engine, start, min(CHUNK, last - start))
        assert not engine.state.working
        gc.collect()
        print(resident_kib(), flush=True)


def trade(engine: Engine, first: int, count: int) -> None:
    """Orders that come, are accepted and filled, and are over."""
    for body in commands(count, first):
        command = decoder.decode(body)
        deque(answered(engine, engine.handle(command), command.ts), maxlen=0)


def resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_KIB


if __name__ == "__main__":
    main([int(mark) for mark in sys.argv[1:]])
