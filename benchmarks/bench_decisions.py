"""What a decision costs: 10,000 parents on one engine, each asked again every second in a market that moves.

A decision is the parent's view, its algorithm, the router, and the difference from what works. What follows from a
difference (the risk checks of what is sent, its event, and the state after it) is timed apart: a second row has both.
Half of the seconds the market moves by a tick; children rest at a venue that acknowledges at once and fills nothing, so
that many decisions end in leaving them where they are, as they do on a desk.
"""

from collections.abc import Callable
from decimal import Decimal
from statistics import median
from time import perf_counter_ns, process_time_ns

import msgspec

from benchmarks.order_flow import BEGIN, LIMITS, VENUE
from penstock.app.live.interpreter import tune
from penstock.app.live.settings import LiveSettings
from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.time import HOUR, SECOND
from penstock.domain.venue import VenueSpec
from penstock.engine.effects import SendCancel, SendNew, SendReplace
from penstock.engine.engine import Engine

PARENTS, SYMBOLS, SECONDS = 10_000, 100, 60
ALGORITHMS = ("twap", "vwap", "pov", "is")
DECISION_US_MAX, CORE_SHARE_MAX = 20.0, 0.5
TICK, SIZE = Decimal("0.01"), Decimal(500_000)
SYMBOL_NAMES = [f"EQ{number:02d}" for number in range(SYMBOLS)]


def opened() -> Engine:
    engine = Engine()
    engine.open_session(
        ev.SessionStarted(
            ts=1,
            version="0",
            seed=0,
            instruments=tuple(Equity(symbol=name, tick_size=TICK, lot_size=Decimal(1)) for name in SYMBOL_NAMES),
            venues=(VenueSpec(name=VENUE),),
            listings={VENUE: tuple(SYMBOL_NAMES)},
            positions={},
            entry_prices={},
            limits=msgspec.to_builtins(msgspec.structs.replace(LIMITS, child_timeout_s=3600)),
            market_start=0,
            market_end=8 * HOUR,
        )
    )
    return engine


def show(engine: Engine, second: int) -> None:
    """All symbols' quotes of a second; every other second they are a tick higher."""
    up = TICK * (second // 2 % 3)
    quote = Quote(
        ts=BEGIN + second * SECOND,
        bid=Decimal(10) + up,
        bid_qty=SIZE,
        ask=Decimal("10.02") + up,
        ask_qty=SIZE,
        volume=Decimal(2_000_000 + 20_000 * second),
    )
    engine.take(cmd.MarketUpdate(ts=quote.ts, quotes={name: {VENUE: quote} for name in SYMBOL_NAMES}))


def answer(engine: Engine) -> None:
    """Acknowledge everything that was sent, and what follows from that."""
    while effects := engine.finish().effects:
        for effect in effects:
            if isinstance(effect, SendNew):
                order_id = effect.approved.terms.order_id
                report: rep.VenueReport = rep.Accepted(
                    ts=engine.desk.now, venue=VENUE, order_id=order_id, venue_order_id=order_id
                )
            elif isinstance(effect, SendReplace):
                terms = effect.terms
                assert terms.limit_price is not None
                report = rep.Replaced(
                    ts=engine.desk.now, venue=VENUE, order_id=terms.order_id, quantity=terms.quantity,
                    limit_price=terms.limit_price, request_id=effect.request_id,
                )  # fmt: skip
            else:
                assert isinstance(effect, SendCancel)
                report = rep.Canceled(ts=engine.desk.now, venue=VENUE, order_id=effect.order_id, reason="canceled")
            engine.take(report)


class Aside:
    """The time (ns) that calls of some of an object's methods take, those within others counted once."""

    def __init__(self, owner: object, *names: str) -> None:
        self.ns, self._depth = 0, 0
        for name in names:
            setattr(owner, name, self._timed(getattr(owner, name)))

    def _timed(self, call: Callable[..., object]) -> Callable[..., object]:
        def timed(*args: object) -> object:
            self._depth += 1
            at = perf_counter_ns()
            try:
                return call(*args)
            finally:
                self._depth -= 1
                if not self._depth:
                    self.ns += perf_counter_ns() - at

        return timed


def run() -> list[dict[str, object]]:
    """Three rows: the median decision, alone and with what follows from it, and the share of a core of all of it."""
    engine = opened()
    show(engine, 0)
    for number in range(PARENTS):
        terms = OrderTerms(
            order_id=f"P{number}",
            symbol=SYMBOL_NAMES[number % SYMBOLS],
            side=Side.BUY if number // SYMBOLS % 2 else Side.SELL,
            quantity=Decimal(20_000),
            algorithm=ALGORITHMS[number // SYMBOLS % len(ALGORITHMS)],
        )
        engine.take(cmd.SubmitOrder(ts=BEGIN, terms=terms))
        answer(engine)
    tune(LiveSettings().switch_interval_s)  # as a desk does
    whole: list[int] = []
    alone: list[int] = []
    carried_out = Aside(engine.worker, "_submit", "_move", "ask_cancel")
    began, ids = process_time_ns(), list(engine.state.working)
    for second in range(1, SECONDS + 1):
        show(engine, second)
        for order_id in ids:
            carried_out.ns, at = 0, perf_counter_ns()
            engine.worker.decide(order_id)
            took = perf_counter_ns() - at
            whole.append(took)
            alone.append(took - carried_out.ns)
        answer(engine)
    core = (process_time_ns() - began) / SECONDS / 1e9
    name = "a decision, from the view to the difference in orders: median"
    return [
        row(name, median(alone) / 1000, "us", DECISION_US_MAX),
        row("the same with risk checks and events of what it sends: median", median(whole) / 1000, "us", None),
        row(f"{PARENTS:,} parents asked each second: share of a core", core, "cores", CORE_SHARE_MAX),
    ]


def row(name: str, value: float, unit: str, most: float | None) -> dict[str, object]:
    ratio = None if most is None else value / most
    return {"name": name, "value": value, "unit": unit, "peer_or_floor": most, "ratio": ratio}
