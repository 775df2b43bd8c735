"""Cost analysis at scale: 200,000 fills against 5,000,000 trades and 5,000,000 quotes, every figure of a study.

The floor, measured in the same run, is the sum of the bare look-ups and window sums that a study needs, each done by
the fastest of numpy, pandas, polars and DuckDB (which is the peers' environment's): the quote before and after every
fill and at every horizon, at four times of every order, the traded volume and turnover of every order's interval and
day, its time-weighted mid, and its participation-weighted prices. Nothing is computed of what they find. Times are of
the process, so that another program on the machine does not count.

Memory is the most that a process holds for input and study together, against the size of the input. The long tape is
`LONG_ROWS` quotes, made block by block as they are read: what the process grows by must not depend on how many they
are.
"""

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from penstock.tca.study import Settings, study, study_report
from penstock.tca.study.tape import BLOCK_ROWS, HeldMarket, Quotes, Trades

FILLS, ORDERS, ROWS = 200_000, 2_000, 5_000_000
LONG_ROWS = 50_000_000
DAY_NS = 86_400_000_000_000
START = 1_700_006_400_000_000_000 // DAY_NS * DAY_NS
TIMES_FLOOR_MAX = 3.0
MEMORY_MAX = 3.0
LONG_GROWTH_MIB_MAX = 512
ROUNDS = 3
SYMBOL = "ACME"
PEERS = Path(__file__).resolve().parent.parent / ".venv-bench"


def market(rows: int = ROWS) -> HeldMarket:
    """A day of quotes and trades, a cent apart around a wandering price."""
    rng = np.random.default_rng(1)
    ts = np.sort(rng.integers(START, START + DAY_NS, rows))
    mid = np.round(100 + np.cumsum(rng.integers(-1, 2, rows)) * 0.01 * 0.05, 2)
    trade_ts = np.sort(rng.integers(START, START + DAY_NS, rows))
    price = np.round(mid + rng.integers(-1, 2, rows) * 0.01, 2)
    quotes = Quotes(ts, np.round(mid - 0.01, 2), np.round(mid + 0.01, 2))
    return HeldMarket(
        {SYMBOL: quotes}, {SYMBOL: Trades(trade_ts, price, rng.integers(1, 500, rows).astype(np.float64))}
    )


def executions(held: HeldMarket) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders of a hundred fills each over half an hour, at five venues by four algorithms."""
    rng = np.random.default_rng(2)
    per_order = FILLS // ORDERS
    arrival = np.sort(rng.integers(START + DAY_NS // 24, START + DAY_NS * 22 // 24, ORDERS))
    side = rng.choice(np.array([-1, 1]), ORDERS)
    order = np.repeat(np.arange(ORDERS), per_order)
    ts = np.sort(arrival[:, None] + rng.integers(1, 1_800_000_000_000, (ORDERS, per_order)), axis=1).ravel()
    quotes = held.held_quotes[SYMBOL]
    place = np.searchsorted(quotes.ts, ts) - 1
    price = np.where(side[order] > 0, quotes.ask[place], quotes.bid[place])
    names = np.char.add("O", np.arange(ORDERS).astype(str))
    quantity = rng.integers(1, 300, FILLS).astype(np.float64)
    fills = pl.DataFrame(
        {
            "fill_id": np.char.add("F", np.arange(FILLS).astype(str)),
            "order_id": names[order],
            "symbol": [SYMBOL] * FILLS,
            "side": side[order],
            "ts": ts,
            "price": price,
            "quantity": quantity,
            "fee": np.round(quantity * 0.001, 3),
            "venue": np.array(["XA", "XB", "XC", "XD", "XE"])[rng.integers(0, 5, FILLS)],
        }
    )
    orders = pl.DataFrame(
        {
            "order_id": names,
            "symbol": [SYMBOL] * ORDERS,
            "side": side,
            "quantity": np.add.reduceat(quantity, np.arange(0, FILLS, per_order)) + 10,
            "decision_ts": arrival - 5_000_000_000,
            "arrival_ts": arrival,
            "end_ts": arrival + 1_800_000_000_000,
            "algorithm": np.array(["twap", "vwap", "pov", "is"])[rng.integers(0, 4, ORDERS)],
            "trader": np.array(["ann", "bob", "cy"])[rng.integers(0, 3, ORDERS)],
        }
    )
    return fills, orders


def process_s(act: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Processor seconds of the fastest of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        start = time.process_time()
        act()
        best = min(best, time.process_time() - start)
    return best


def fastest(ways: dict[str, Callable[[], Any]]) -> tuple[str, float]:
    """The quickest way and its time; a library that is not installed is none of the ways."""
    times = {name: process_s(way) for name, way in ways.items()}
    name = min(times, key=lambda each: times[each])
    return name, times[name]


def as_of_ways(ts: Any, columns: dict[str, Any], at: Any) -> dict[str, Callable[[], Any]]:
    """A single as-of look-up of some columns at sorted times, by each library, its frames made beforehand."""
    left_pd, right_pd = pd.DataFrame({"ts": at}), pd.DataFrame({"ts": ts, **columns})
    left_pl, right_pl = pl.DataFrame({"ts": at}).set_sorted("ts"), pl.DataFrame({"ts": ts, **columns}).set_sorted("ts")

    def by_numpy() -> list[Any]:
        place = np.searchsorted(ts, at, "left") - 1
        return [column[place] for column in columns.values()]

    ways: dict[str, Callable[[], Any]] = {
        "numpy": by_numpy,
        "pandas": lambda: pd.merge_asof(left_pd, right_pd, on="ts", allow_exact_matches=False),
        "polars": lambda: left_pl.join_asof(right_pl, on="ts", allow_exact_matches=False),
    }
    duckdb = of_peers("duckdb")
    if duckdb is None:
        return ways
    link = duckdb.connect()
    link.execute("SET threads = 1")  # times are the processor's
    link.register("left_frame", left_pd)
    link.register("right_frame", right_pd)
    link.execute("CREATE TABLE l AS SELECT * FROM left_frame")
    link.execute("CREATE TABLE r AS SELECT * FROM right_frame")
    chosen = ", ".join(f"r.{name}" for name in columns)
    ways["duckdb"] = lambda: link.execute(f"SELECT {chosen} FROM l ASOF JOIN r ON l.ts > r.ts").fetchnumpy()
    return ways


@cache
def of_peers(name: str) -> Any:
    """A module of the peers' environment, which has the same interpreter; None if it is not there."""
    for folder in PEERS.glob("lib/python*/site-packages"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))  # last: what is ours stays ours
    try:
        return import_module(name)
    except ImportError:
        return None


def window_ways(ts: Any, columns: list[Any], start: Any, end: Any) -> dict[str, Callable[[], Any]]:
    """Sums of some columns over windows: running totals, and their difference at two looked-up places."""
    frame = pd.DataFrame({str(n): column for n, column in enumerate(columns)})
    table = pl.DataFrame({str(n): column for n, column in enumerate(columns)})

    def places() -> tuple[Any, Any]:
        return np.searchsorted(ts, start) - 1, np.searchsorted(ts, end) - 1

    def by_numpy() -> list[Any]:
        first, last = places()
        return [(total := np.cumsum(column))[last] - total[first] for column in columns]

    def by_pandas() -> Any:
        first, last = places()
        total = frame.cumsum().to_numpy()
        return total[last] - total[first]

    def by_polars() -> Any:
        first, last = places()
        total = table.select(pl.all().cum_sum())
        return [total[name].to_numpy()[last] - total[name].to_numpy()[first] for name in total.columns]

    return {"numpy": by_numpy, "pandas": by_pandas, "polars": by_polars}


def floor_s(held: HeldMarket, fills: pl.DataFrame, orders: pl.DataFrame) -> tuple[float, str]:
    """What the bare look-ups and window sums cost together, and who was the fastest how often."""
    quotes, trades = held.held_quotes[SYMBOL], held.held_trades[SYMBOL]
    ts = np.sort(fills["ts"].to_numpy())
    arrival, end = orders["arrival_ts"].to_numpy(), orders["end_ts"].to_numpy()
    both = {"bid": quotes.bid, "ask": quotes.ask}
    settings = Settings()
    horizons = [round(s * 1e9) for s in settings.horizons_s]
    jobs = [as_of_ways(quotes.ts, both, ts), as_of_ways(quotes.ts, both, ts + 1)]
    jobs += [as_of_ways(quotes.ts, both, ts + h) for h in horizons]
    for at in (orders["decision_ts"].to_numpy(), arrival, end, end + 60_000_000_000):
        jobs.append(as_of_ways(quotes.ts, both, at))
    day = arrival // DAY_NS * DAY_NS
    for at in (day, day + DAY_NS, day + 1):  # previous close, close, open
        jobs.append(as_of_ways(trades.ts, {"price": trades.price}, at))
    mid_area = (quotes.bid[:-1] + quotes.ask[:-1]) / 2 * np.diff(quotes.ts)
    turnover = trades.price * trades.quantity
    jobs.append(window_ways(quotes.ts[1:], [mid_area], arrival, end))
    jobs.append(window_ways(trades.ts, [trades.quantity, turnover], arrival, end))
    jobs.append(window_ways(trades.ts, [trades.quantity], day, day + DAY_NS))
    for rate in settings.rates:  # from arrival until so much had traded
        until = arrival + np.int64(1_800_000_000_000 * rate)
        jobs.append(window_ways(trades.ts, [trades.quantity, turnover], arrival, until))
    total, names = 0.0, []
    for ways in jobs:
        name, seconds = fastest(ways)
        names.append(name)
        total += seconds
    told = ", ".join(f"{names.count(name)}× {name}" for name in dict.fromkeys(names))
    return total, told


class LongTape:
    """A tape that is never whole: blocks of quotes made when they are asked for."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def quotes(self) -> Iterator[tuple[str, Quotes]]:
        step = DAY_NS // self.rows
        for start in range(0, self.rows, BLOCK_ROWS):
            at = np.arange(start, min(start + BLOCK_ROWS, self.rows))
            mid = 100 + np.round(np.sin(at / 1e6), 2)
            yield SYMBOL, Quotes(START + at * step, mid - 0.01, mid + 0.01)

    def trades(self) -> Iterator[tuple[str, Trades]]:
        return iter(())


def in_own_process(what: str) -> float:
    """A figure that needs a process of its own: the most memory a process ever had does not go down again."""
    code = f"from benchmarks import bench_tca; print(bench_tca.{what}())"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def memory_over_input() -> float:
    """The most that a process needs for input and study together, beyond what is loaded once, over the input's size."""
    small = market(10_000)
    some_fills, some_orders = executions(small)
    study_report(study(some_fills, some_orders, small))  # what is loaded once is no part of it
    gc.collect()
    before = _status("VmRSS")
    held = market()
    fills, orders = executions(held)
    quotes, trades = held.held_quotes[SYMBOL], held.held_trades[SYMBOL]
    size = sum(column.nbytes for column in (*quotes, *trades)) + fills.estimated_size() + orders.estimated_size()
    _forget_peak()
    study_report(study(fills, orders, held))
    return (_status("VmHWM") - before) * 1024 / size


def long_tape_growth() -> float:
    """MiB that a process grows by while the long tape streams through a study."""
    held = market(10_000)
    fills, orders = executions(held)
    study_report(study(fills, orders, held))
    _forget_peak()
    before = _status("VmRSS")
    study_report(study(fills, orders, LongTape(LONG_ROWS)))
    return (_status("VmHWM") - before) / 1024


def _forget_peak() -> None:
    """The most memory from here on, as the kernel counts it."""
    gc.collect()
    with open("/proc/self/clear_refs", "w") as reset:
        reset.write("5")


def _status(name: str) -> float:
    with open("/proc/self/status") as status:
        return float(next(line for line in status if line.startswith(name)).split()[1])


def run() -> list[dict[str, Any]]:
    """The study's time against its floor, its memory against its input, and the growth under a long tape."""
    held = market()
    fills, orders = executions(held)
    study_report(study(fills.head(200), None, held))  # compiles
    floor, told = floor_s(held, fills, orders)
    looked = process_s(lambda: study(fills, orders, held))
    whole = process_s(lambda: study_report(study(fills, orders, held)))
    memory, growth = in_own_process("memory_over_input"), in_own_process("long_tape_growth")
    rows = [
        ("study of 200,000 fills: tables alone, over bare look-ups", looked, "s", floor),
        (f"study of 200,000 fills: every figure, over bare look-ups ({told})", whole, "s", floor),
        ("memory of input and study, over the input", memory, "×", MEMORY_MAX),
        ("growth while 50,000,000 quotes stream through", growth, "MiB", LONG_GROWTH_MIB_MAX),
    ]
    return [{"name": n, "value": v, "unit": u, "peer_or_floor": f, "ratio": v / f} for n, v, u, f in rows]
