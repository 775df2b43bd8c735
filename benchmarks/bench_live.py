"""The live driver: how soon an order is acknowledged as durable, and how many a second one process carries to a fill.

Orders are due at fixed instants and their latency counts from then, so that a slow moment is not hidden by waiting
with it. They are put in line as the server does it with those that it reads from a connection, by a loop whose timers
know less than the millisecond of epoll's. The venue answers from within the process: what is measured is the desk. A
floor is one synced commit of one event, on the same disk right before and after.
"""

import asyncio
import selectors
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, TypeVar

from penstock.app.live.answers import Ack
from penstock.app.live.driver import LiveDriver
from penstock.app.live.interpreter import tune
from penstock.app.live.start import Listing, next_session
from penstock.domain import commands as cmd
from penstock.domain import reports as rep
from penstock.domain.events import CancelAsked
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.venue import Liquidity
from penstock.engine.effects import Look, SendCancel, SendReplace
from penstock.engine.engine import Engine
from penstock.engine.ports import VenueSays
from penstock.journal import GroupCommit, open_journal
from penstock.risk import Approved
from penstock.risk.limit_book import read_book

Row = dict[str, object]
Figure = TypeVar("Figure")
D = Decimal
RATES, SECONDS = (1_000, 5_000), 3
SUSTAINED, OUTSTANDING = 20_000, 256
COMMITS = 300
P99_MS_MAX = 5.0
# a slow moment is to be measured here, not stopped by a breaker
LIMITS = {
    "stale_after_s": 1e9,
    "position_value_max": "none",
    "consecutive_rejects_max": 1_000_000,
    "prevent_self_trade": False,
    "breaker": {"latency": {"threshold": 1_000_000}},
}
STOCK = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))


class Latencies(NamedTuple):
    """Milliseconds at the median and the 99th percentile."""

    p50: float
    p99: float


class InstantVenue:
    """Accepts and fills every order the moment it is sent."""

    name = "XA"

    def __init__(self) -> None:
        self._told: asyncio.Queue[VenueSays] = asyncio.Queue()

    async def connect(self) -> None:
        quote = Quote(ts=2**62, bid=D("9.99"), bid_qty=D(10**6), ask=D("10.01"), ask_qty=D(10**6))
        self._told.put_nowait(cmd.MarketUpdate(ts=0, quotes={"ACME": {self.name: quote}}))

    async def disconnect(self) -> None:
        """Nothing to let go of."""

    async def messages(self) -> AsyncIterator[VenueSays]:
        while True:
            yield await self._told.get()

    async def send_new(self, approved: Approved) -> None:
        terms = approved.terms
        self._told.put_nowait(rep.Accepted(ts=0, venue=self.name, order_id=terms.order_id, venue_order_id="V"))
        self._told.put_nowait(
            rep.Fill(
                ts=0,
                venue=self.name,
                order_id=terms.order_id,
                exec_id=terms.order_id,
                last_qty=terms.quantity,
                last_px=D("10.00"),
                fee=D(0),
                liquidity=Liquidity.TAKER,
                traded_at=0,
            )
        )

    async def send_cancel(self, cancel: SendCancel) -> None:
        raise AssertionError("nothing rests here")

    async def send_replace(self, replace: SendReplace) -> None:
        raise AssertionError("nothing rests here")

    async def look(self, look: Look) -> None:
        self._told.put_nowait(rep.Picture(ts=0, venue=self.name, asked_at=0, orders=()))


def run() -> list[Row]:
    return list(rows())


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        for rate in RATES:
            commits = synced_commits(Path(folder) / f"before{rate}.db")
            steady = on_time(on_a_desk(Path(folder) / f"steady{rate}.db", partial(at_a_rate, rate)))
            commit = percentile(commits + synced_commits(Path(folder) / f"after{rate}.db"), 0.5) * 1000
            yield row(f"acknowledgement at {rate:,} orders/s, p50 / one synced commit", steady.p50, "ms", commit)
            yield row(f"acknowledgement at {rate:,} orders/s, p99 / the most accepted", steady.p99, "ms", P99_MS_MAX)
        most = asyncio.run(on_a_desk(Path(folder) / "flat_out.db", flat_out))
        yield row("orders a second to an acknowledged, durable fill, SQLite synced", most, "orders/s", None)


def row(name: str, value: float, unit: str, floor: float | None) -> Row:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "peer_or_floor": floor,
        "ratio": None if floor is None else value / floor,
    }


def on_time(work: Coroutine[None, None, Figure]) -> Figure:
    """Run in a loop whose timers are not rounded up to a whole millisecond, as epoll's are."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        return runner.run(work)


def synced_commits(path: Path) -> list[float]:
    """Seconds that commits of one event take."""
    journal = open_journal(path)
    event = CancelAsked(ts=0, order_id="P001", reason="floor")
    times = []
    for _ in range(COMMITS):
        began = perf_counter()
        journal.append([event])
        times.append(perf_counter() - began)
    journal.close()
    return times


async def on_a_desk(path: Path, load: Callable[[LiveDriver], Coroutine[None, None, Figure]]) -> Figure:
    """Run a load on a new desk, and close it."""
    driver = LiveDriver(Engine(), GroupCommit(open_journal(path)), [InstantVenue()])
    limits = read_book(LIMITS)
    listing = Listing(venue="XA", instruments=(STOCK,))
    driver.begin(next_session(driver.state, [listing], driver.clock.now(), hours=1, limits=limits))
    task = asyncio.create_task(driver.run())
    await driver.until(lambda: not driver.state.venue_status)
    tune(driver.settings.switch_interval_s)
    try:
        return await load(driver)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await driver.journal.close()


class Timed:
    """Waits for an order's answer, and notes how long after its instant it came."""

    def __init__(self, due: float, latencies: list[float]) -> None:
        self._due, self._latencies = due, latencies

    def done(self) -> bool:
        return False

    def set_result(self, ack: Ack) -> None:
        self._latencies.append(perf_counter() - self._due)
        assert ack.outcome == "accepted", ack


async def at_a_rate(rate: int, driver: LiveDriver) -> Latencies:
    """Orders at their instants, whatever became of those before."""
    loop, latencies, orders = asyncio.get_running_loop(), list[float](), rate * SECONDS
    began, began_loop = perf_counter(), loop.time()

    def give(number: int) -> None:
        """Give what is due, and come again when the next one is."""
        while number < orders and (due := began + number / rate) <= perf_counter():
            assert driver.put_now(order(number), Timed(due, latencies))
            number += 1
        if number < orders:
            loop.call_at(began_loop + number / rate, give, number)

    give(0)
    await driver.until(lambda: len(latencies) == orders)
    return Latencies(percentile(latencies, 0.5) * 1000, percentile(latencies, 0.99) * 1000)


async def flat_out(driver: LiveDriver) -> float:
    """Orders from many clients, each of which waits for its answer; orders a second until the last one is filled."""
    numbers = iter(range(SUSTAINED))

    async def client() -> None:
        for number in numbers:
            ack = await driver.give(order(number))
            assert ack.outcome == "accepted", ack

    began = perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(OUTSTANDING):
            tasks.create_task(client())
    await driver.until(lambda: not driver.state.working)
    return SUSTAINED / (perf_counter() - began)


def order(number: int) -> cmd.SubmitOrder:
    side = Side.BUY if number % 2 else Side.SELL
    terms = OrderTerms(order_id=f"O{number}", symbol="ACME", side=side, quantity=D(100), algorithm="market")
    return cmd.SubmitOrder(ts=0, terms=terms)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]
