"""What the limits cost an order: the question put before it leaves, and what its events change in the state of risk.

With the default limits, and with fifty of which an order meets most; among ten symbols and among ten thousand. And how
long the kill switch takes for ten thousand working orders, from the command to a synced journal with every cancel.
"""

import asyncio
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import msgspec

from benchmarks.order_flow import BEGIN, accepted, commands, opened
from penstock.app.live.interpreter import tune
from penstock.app.live.settings import LiveSettings
from penstock.domain import commands as cmd
from penstock.domain.instruments import Equity
from penstock.domain.orders import Order, OrderTerms, Side, State
from penstock.engine.effects import SendCancel
from penstock.engine.engine import Engine
from penstock.journal import GroupCommit, SqliteJournal
from penstock.risk.asked import Asked
from penstock.risk.effective import Effectives
from penstock.risk.exposure_changes import price_moved
from penstock.risk.gate import forbidden
from penstock.risk.limit_book import read_book
from penstock.risk.risk_state import RiskState, child_filled, child_open, child_sent, limits_changed, parent_open

Row = dict[str, object]
D = Decimal

VALUE, MID = D(10_120), D("101.2")
MUCH, OFTEN = 10**14, 10**6
SIZES = {"gross_exposure_max": MUCH, "net_exposure_max": MUCH, "daily_value_max": MUCH, "daily_loss_max": MUCH}
COUNTS = {"daily_trades_max": OFTEN, "open_orders_max": OFTEN, "order_rate_max": OFTEN, "message_rate_max": OFTEN}
OF_ORDER = {"order_value_max": 10**9, "price_collar_bps": 10**4, "credit_max": MUCH, "duplicate_within_ms": 5}
FIFTY: dict[str, Any] = {
    **SIZES,
    **COUNTS,
    **OF_ORDER,
    "venue_exposure_max": MUCH,
    "account": {"main": {**SIZES, **COUNTS, "position_value_max": MUCH}},
    "user": {"alice": {**SIZES, "order_rate_max": OFTEN}},
    "strategy": {"vwap": {**SIZES, "position_quantity_max": MUCH, "position_value_max": MUCH}},
    "asset_class": {"equity": SIZES},
    "sector": {"tech": {"symbols": [f"S{number}" for number in range(5)], **SIZES}},
    "symbol": {"S0": SIZES, "S1": {"order_value_max": 10**9}, "S2": {"order_value_max": 10**9}},
    "venue": {"XA": {"gross_exposure_max": MUCH, "daily_loss_max": MUCH, "message_rate_max": OFTEN}},
}
ORDERS, REPEATS = 2_000, 7
DEFAULT_WANTED_US, FIFTY_WANTED_US = 8.0, 15.0
WORKING, KILLS, KILL_WANTED_MS = 10_000, 3, 500.0


def run() -> list[Row]:
    """Rows for the table."""
    rows = []
    for name, limits, wanted in (("default limits", {}, DEFAULT_WANTED_US), ("50 limits", FIFTY, FIFTY_WANTED_US)):
        for symbols in (10, 10_000):
            desk = Desk(limits, symbols)
            for what, ask in (("a parent", desk.ask_parent), ("a child", desk.ask_child)):
                rows.append(row(f"limits of {what}, {name}, {symbols:,} symbols / wanted", least(ask), wanted))
            rows.append(row(f"a child's events, {name}, {symbols:,} symbols", least(desk.live), None))
    took = min(asyncio.run(killed()) for _ in range(KILLS))
    name = f"halt of {WORKING:,} working orders to the last cancel on a synced journal / wanted"
    return [*rows, row(name, took, KILL_WANTED_MS, "ms")]


async def killed() -> float:
    """Milliseconds from the command to the durable record of the halt and of every cancel."""
    engine = Engine()
    with tempfile.TemporaryDirectory() as folder:
        journal = GroupCommit(SqliteJournal(Path(folder) / "journal.db", durability="full"))
        await journal.submit(opened(engine))
        decode = msgspec.json.Decoder(cmd.SubmitOrder).decode
        for body in commands(WORKING):
            engine.take(decode(body))
        working = engine.finish()
        for effect in working.effects:
            engine.take(accepted(effect, BEGIN))
        await journal.submit(working.events + engine.finish().events)
        tune(LiveSettings().switch_interval_s)  # as a desk does
        began = perf_counter()
        step = engine.handle(cmd.SetMode(ts=BEGIN, scope="desk", mode="halted", by="ann", reason="drill"))
        await journal.submit(step.events)
        took = perf_counter() - began
        await journal.close()
    assert sum(isinstance(effect, SendCancel) for effect in step.effects) == WORKING
    return took * 1000


class Desk:
    """Working parents, one a symbol, and what happens to a child of each in turn."""

    def __init__(self, limits: dict[str, Any], symbols: int) -> None:
        self.state = RiskState()
        self.instruments = [Equity(symbol=f"S{n}", tick_size=D("0.01"), lot_size=D(1)) for n in range(symbols)]
        limits_changed(self.state, read_book(limits), {each.symbol: each for each in self.instruments})
        self.effectives = Effectives(self.state.book)
        self.parents = [
            Order(terms=terms(f"P{n}", n, quantity=10**7, limit_price=D("101.3")), created_at=0, state=State.LIVE)
            for n in range(symbols)
        ]
        for parent, instrument in zip(self.parents, self.instruments, strict=True):
            self.state.users[parent.terms.order_id] = "alice"
            if self.state.counts.exposure:
                price_moved(self.state.tally.exposure, instrument, D("101.25"))
            parent_open(self.state, parent, instrument, D(101))
        self.step = 0
        given = {"quantity": 100, "limit_price": D("101.2")}
        self.of_parents = [terms("P", n, **given) for n in range(symbols)]
        self.of_children = [terms("C", n, parent_id=f"P{n}", venue="XA", **given) for n in range(symbols)]

    def ask_parent(self, number: int) -> None:
        n = number * 7919 % len(self.parents)
        self.ask(self.of_parents[n], n, "")

    def ask_child(self, number: int) -> None:
        n = number * 7919 % len(self.parents)
        self.ask(self.of_children[n], n, "XA")

    def ask(self, order: OrderTerms, n: int, venue: str) -> None:
        effective = self.effectives.of("main", "alice", "vwap", order.symbol, "equity", venue)
        asked = Asked(
            now=10**18,
            terms=order,
            instrument=self.instruments[n],
            effective=effective,
            quantity=order.quantity,
            value=VALUE,
            reference=MID,
        )
        breach = forbidden(asked, self.state)
        assert breach is None, breach

    def live(self, number: int) -> None:
        """A child is sent, rests, fills in whole."""
        self.step += 1
        n = number * 7919 % len(self.parents)
        parent, instrument = self.parents[n], self.instruments[n]
        order = terms(f"C{self.step}", n, quantity=100, limit_price=D("101.2"), parent_id=f"P{n}", venue="XA")
        child = Order(terms=order, created_at=0, state=State.LIVE)
        child_sent(self.state, self.effectives.of("main", "alice", "vwap", order.symbol, "equity", "XA"), self.step)
        child_open(self.state, child, instrument, D(101))
        child.cum_qty = D(100)
        parent.cum_qty += 100
        child_filled(self.state, child, parent, instrument, D(100), D("101.2"), D("0.1"), (D(101), D(101)))


def terms(order_id: str, n: int, *, quantity: int, **given: Any) -> OrderTerms:
    return OrderTerms(order_id=order_id, symbol=f"S{n}", side=Side.BUY, quantity=D(quantity), algorithm="vwap", **given)


def least(step: Callable[[int], None]) -> float:
    """Microseconds of one step: the least of several rounds' means, after one to warm up."""
    best = float("inf")
    for _ in range(REPEATS + 1):
        began = process_time()
        for number in range(ORDERS):
            step(number)
        best = min(best, process_time() - began)
    return best / ORDERS * 1e6


def row(name: str, value: float, wanted: float | None, unit: str = "us") -> Row:
    ratio = None if wanted is None else value / wanted
    return {"name": name, "value": value, "unit": unit, "peer_or_floor": wanted, "ratio": ratio}
