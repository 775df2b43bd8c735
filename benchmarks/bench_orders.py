"""The order path: how many orders a second through checks, fills and a synced journal, and what one costs to keep.

The peer is NautilusTrader's order path in memory, in an environment of its own that `make bench` sets up; every other
figure is compared with what we want to be true.
"""

import asyncio
import gc
import json
import subprocess
import sys
import tempfile
import tracemalloc
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from time import perf_counter, process_time

import msgspec

from benchmarks.order_flow import BEGIN, SYMBOL, accepted, answered, commands, filled, opened
from penstock.app.live.interpreter import tune
from penstock.app.live.settings import LiveSettings
from penstock.domain import commands as cmd
from penstock.domain.orders import OrderTerms, Side
from penstock.engine.effects import Effect
from penstock.engine.engine import Engine
from penstock.journal import GroupCommit, SqliteJournal

Row = dict[str, object]

ORDERS, CHUNK, IN_FLIGHT = 20_000, 500, 3
RATE_WANTED = 25_000
FEW, MANY, PROBES, PROBE = 1_000, 100_000, 10, 500
MEMORY_WANTED_KIB = 1.5
PARENTS, SLICES, WORKED_WANTED_S = 5_000, 10, 2.0
MARKS, FLAT_WANTED = (100_000, 1_000_000), 1.05
PEER = Path(__file__).resolve().parent.parent / ".venv-bench" / "bin" / "python"
PEER_ORDERS, PEER_DESKS = (200, 1_000), 10

decoder = msgspec.json.Decoder(cmd.SubmitOrder)


def run() -> list[Row]:
    """Rows for the table."""
    rate = asyncio.run(durable_rate())
    rows = [
        row("orders a second: decoded, checked, accepted, filled, journal synced / wanted", rate, "1/s", RATE_WANTED)
    ]
    rows += [against_peer(rate, orders) for orders in PEER_ORDERS]
    few, many = cost_of_order(FEW), cost_of_order(MANY)
    rows.append(row(f"cost of an order among {MANY:,} working / among {FEW:,}", many, "us", few))
    rows.append(row("memory of a working order, parent and child", memory_of_order(), "KiB", MEMORY_WANTED_KIB))
    rows.append(flat_memory())
    name = f"{PARENTS:,} TWAP parents of {SLICES} children, to their end"
    return [*rows, row(name, worked(PARENTS), "s", WORKED_WANTED_S)]


async def durable_rate() -> float:
    """Orders a second, where nothing goes to the venue before it is on disk."""
    engine, raw = Engine(), commands(ORDERS)
    tune(LiveSettings().switch_interval_s)  # as a desk does
    with tempfile.TemporaryDirectory() as folder:
        journal = GroupCommit(SqliteJournal(Path(folder) / "journal.db", durability="full"))
        await journal.submit(opened(engine))
        began = perf_counter()
        flying: deque[tuple[asyncio.Future[int], list[Effect]]] = deque()
        for start in range(0, ORDERS, CHUNK):
            for body in raw[start : start + CHUNK]:
                engine.take(decoder.decode(body))
            step = engine.finish()
            flying.append((journal.submit(step.events), step.effects))
            if len(flying) > IN_FLIGHT:
                await answer(engine, journal, *flying.popleft())
        last = [await answer(engine, journal, *entry) for entry in flying][-1]
        await last
        took = perf_counter() - began
        await journal.close()
    assert not engine.state.working, "every order is filled"
    return ORDERS / took


async def answer(
    engine: Engine, journal: GroupCommit, durable: asyncio.Future[int], effects: list[Effect]
) -> asyncio.Future[int]:
    """Once they are on disk, let orders out, and hear that they were accepted and filled."""
    await durable
    for effect in effects:
        engine.take(accepted(effect, engine.state.ts))
        engine.take(filled(effect, engine.state.ts))
    return journal.submit(engine.finish().events)


def against_peer(rate: float, orders: int) -> Row:
    """Our durable rate over the peer's in memory; without the peer, a row that says so."""
    name = f"the same / the peer in memory, {orders:,} orders on a new desk"
    if not PEER.exists():
        return row(f"{name}: the peer could not be installed", rate, "1/s")
    script = Path(__file__).parent / "peer" / "nautilus_orders.py"
    done = subprocess.run(
        [PEER, script, str(orders), str(PEER_DESKS)], capture_output=True, text=True, check=True, timeout=600
    )
    return row(name, rate, "1/s", json.loads(done.stdout)["orders_per_s"])


def cost_of_order(resting: int) -> float:
    """Microseconds of processor time of an order that comes and is filled while so many others rest: the quickest."""
    engine = Engine()
    opened(engine)
    for _ in rest(engine, resting):
        pass
    probes = [commands(PROBE, resting + number * PROBE) for number in range(PROBES)]
    gc.collect()
    return min(probed(engine, probe) for probe in probes) / PROBE * 1e6


def probed(engine: Engine, probe: list[bytes]) -> float:
    began = process_time()
    for body in probe:
        command = decoder.decode(body)
        for _ in answered(engine, engine.handle(command), command.ts):
            pass
    return process_time() - began


def rest(engine: Engine, count: int) -> Iterator[None]:
    """Have so many orders resting, accepted and unfilled."""
    for body in commands(count):
        command = decoder.decode(body)
        for effect in engine.handle(command).effects:
            engine.handle(accepted(effect, command.ts))
        yield


def memory_of_order() -> float:
    """KiB that the engine holds for one of many resting orders."""
    engine = Engine()
    opened(engine)
    raw = rest(engine, MANY)
    next(raw)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in raw:
        pass
    del raw
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(engine.state.working) == MANY
    return held / MANY / 1024


def flat_memory() -> Row:
    """Resident memory of a desk after many orders that came and went, over that after the first of them."""
    root = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-m", "benchmarks.flat_memory", *map(str, MARKS)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=1800)
    first, last = (int(line) / 1024 for line in done.stdout.split())
    name = f"resident memory after {MARKS[1]:,} orders that came and went / after {MARKS[0]:,} (wanted: {FLAT_WANTED})"
    return row(name, last, "MiB", first)


def worked(parents: int) -> float:
    """Seconds of processor time from the first of so many worked parents to the last child's fill."""
    engine = Engine()
    opened(engine)
    parameters = {"num_slices": SLICES, "duration_minutes": 30.0}
    began = process_time()
    for number in range(parents):
        side = Side.BUY if number % 2 else Side.SELL
        terms = OrderTerms(
            order_id=f"P{number}",
            symbol=SYMBOL,
            side=side,
            quantity=Decimal(1000),
            algorithm="twap",
            parameters=parameters,
        )
        engine.take(cmd.SubmitOrder(ts=BEGIN + number, terms=terms))
        settle(engine)
    while engine.state.working:
        wake = engine.next_wake()
        assert wake is not None
        engine.take(cmd.Wake(ts=max(wake, engine.desk.now + 1)))
        settle(engine)
    return process_time() - began


def settle(engine: Engine) -> None:
    """Have the venue answer what the engine sent, and what follows from that, until nothing more does."""
    while effects := engine.finish().effects:
        for effect in effects:
            engine.take(accepted(effect, engine.desk.now))
            engine.take(filled(effect, engine.desk.now))


def row(name: str, value: float, unit: str, peer_or_floor: float | None = None) -> Row:
    ratio = None if peer_or_floor is None else value / peer_or_floor
    return {"name": name, "value": value, "unit": unit, "peer_or_floor": peer_or_floor, "ratio": ratio}
