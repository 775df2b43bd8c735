"""A venue with several budgets is never asked too much: cancels have their lane, and who waits longest goes first.

The venue here counts exactly, in windows that slide: whatever phase a real one's fixed windows have, they see no more.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from itertools import count

import msgspec
import pytest

from penstock.domain import commands as cmd
from penstock.domain import reports as rep
from penstock.domain.events import SessionStarted
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, OrderType, Side
from penstock.domain.quote import Quote
from penstock.domain.time import MILLISECOND, SECOND, from_iso
from penstock.domain.venue import VenueSpec
from penstock.domain.venue_budget import BINANCE_SPOT, Budget, Message
from penstock.engine.effects import Effect, Look, SendCancel, SendNew, SendReplace
from penstock.engine.engine import Engine
from penstock.journal import MemoryJournal, replay

D = Decimal
START = from_iso("2026-03-02T14:00:00Z")
STOCK = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))
TRAVELS = 2 * MILLISECOND
CALM = {name: {"threshold": 1_000_000} for name in ("slippage", "reject_rate", "latency", "stress")}
# weight that orders can use up, so that cancels need their lane
TIGHT = (
    Budget(name="weight in 1 min", most=400, window_s=60, look=6),
    Budget(name="orders in 10 s", most=100, window_s=10, cancel=0),
    Budget(name="orders in 1 day", most=1500, window_s=86_400, cancel=0),
)


class Market:
    """An engine and a venue with budgets, in a time of their own. `refused` are the messages that were too many."""

    def __init__(self, budgets: tuple[Budget, ...], engine: Engine | None = None, now: int = START) -> None:
        self.engine, self.journal, self.now = engine or Engine(), MemoryJournal(), now
        self.budgets = budgets
        self.heard: list[tuple[int, Message, str]] = []
        self.refused: list[tuple[int, Message, str]] = []
        self._spent: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._due: list[tuple[int, int, rep.VenueReport | rep.Picture]] = []
        self._numbers = count()

    def open(self) -> None:
        session = SessionStarted(
            ts=self.now,
            version="0",
            seed=1,
            instruments=(STOCK,),
            venues=(VenueSpec(name="BX", budgets=self.budgets),),
            listings={"BX": ("ACME",)},
            positions={},
            entry_prices={},
            limits={"prevent_self_trade": False, "stale_after_s": 1e9, "breaker": CALM},
            market_start=START,
            market_end=START + 86_400 * SECOND,
        )
        self._keep(self.engine.open_session(session))
        self.quote()

    def quote(self) -> None:
        seen = Quote(ts=self.now, bid=D("9.99"), bid_qty=D(10**6), ask=D("10.01"), ask_qty=D(10**6))
        self.give(cmd.MarketUpdate(ts=self.now, quotes={"ACME": {"BX": seen}}))

    def rest(self, name: str, price: str = "9.50") -> None:
        terms = OrderTerms(
            order_id=name, symbol="ACME", side=Side.BUY, quantity=D(1), order_type=OrderType.LIMIT, limit_price=D(price)
        )
        self.give(cmd.SubmitOrder(ts=self.now, terms=terms))

    def give(self, item: object) -> None:
        self._keep(self.engine.handle(item))  # type: ignore[arg-type]

    def to(self, at: int) -> None:
        """Let time pass: what the venue says arrives, and the engine is woken when it wants to be."""
        while True:
            wake = self.engine.next_wake()
            due = min(self._due, default=None, key=lambda each: each[:2])
            times = [each for each in (wake, due and due[0]) if each is not None and each <= at]
            if not times:
                break
            self.now = max(self.now, min(times))
            if due is not None and due[0] <= self.now:
                self._due.remove(due)
                self.give(msgspec.structs.replace(due[2], ts=self.now))
            else:
                self.give(cmd.Wake(ts=self.now))
                again = self.engine.next_wake()
                if again is not None and again <= self.now:
                    self.now += MILLISECOND
        self.now = at

    def first_sent(self) -> list[str]:
        """Parents in the order in which their first order left."""
        return list(dict.fromkeys(order_id.rpartition("-")[0] for _, what, order_id in self.heard if what == "new"))

    def _keep(self, step: object) -> None:
        events, effects = step  # type: ignore[misc]
        self.journal.append(events)
        for effect in effects:
            self._hear(effect)

    def _hear(self, effect: Effect) -> None:
        match effect:
            case SendNew():
                self._take(Message.NEW, effect.approved.terms.order_id, rep.Accepted, venue_order_id="V")
            case SendReplace():
                terms = effect.terms
                given = {"quantity": terms.quantity, "limit_price": terms.limit_price, "request_id": effect.request_id}
                self._take(Message.REPLACE, terms.order_id, rep.Replaced, **given)
            case SendCancel():
                self._take(Message.CANCEL, effect.order_id, rep.Canceled)
            case Look():
                self._take(Message.LOOK, "", None)

    def _take(self, message: Message, order_id: str, answers: type[rep.VenueReport] | None, **given: object) -> None:
        said = (self.now, message, order_id)
        if any(self._is_over(budget, message) for budget in self.budgets):
            self.refused.append(said)
            return
        self.heard.append(said)
        for budget in self.budgets:
            self._spent[budget.name].append((self.now, budget.cost(message)))
        if answers is not None:
            report = answers(ts=0, venue="BX", order_id=order_id, **given)  # type: ignore[arg-type]
            self._due.append((self.now + TRAVELS, next(self._numbers), report))

    def _is_over(self, budget: Budget, message: Message) -> bool:
        edge = self.now - round(budget.window_s * SECOND)
        used = sum(units for at, units in self._spent[budget.name] if at > edge)
        cost = budget.cost(message)
        return bool(cost) and used + cost > budget.most


def names(numbers: Iterable[int]) -> list[str]:
    return [f"P{number:04d}" for number in numbers]


@pytest.mark.parametrize("budgets", [BINANCE_SPOT, TIGHT], ids=["binance", "tight"])
def test_a_burst_of_ten_times_the_budget_meets_no_429_and_the_oldest_go_first(budgets: tuple[Budget, ...]) -> None:
    market = Market(budgets)
    market.open()
    wanted = names(range(1000))  # ten times the hundred that ten seconds allow, within one
    for number, name in enumerate(wanted):
        market.to(START + number * MILLISECOND)
        market.rest(name)
    assert len(market.first_sent()) == 100
    market.to(START + 300 * SECOND)
    assert market.refused == []
    assert market.first_sent() == wanted, "all of them, in the order in which they came"
    assert replay(market.journal.events).state_hash() == market.engine.state.state_hash()


def test_every_cancel_leaves_at_once_while_new_orders_wait() -> None:
    market = Market(TIGHT)
    market.open()
    for name in names(range(1000)):
        market.rest(name)
    market.to(START + 50 * SECOND)  # the orders have used up all of the weight that is not reserved
    resting = market.first_sent()
    assert 340 < len(resting) <= 360
    lines, weight = market.engine.desk.budgets, TIGHT[0]
    assert lines.waiting("BX") == 1000 - len(resting)
    assert lines.used("BX", weight, market.now) == len(resting) + 6 * sum(w == Message.LOOK for _, w, _ in market.heard)
    before = len(market.heard)
    for name in resting[:20]:
        market.give(cmd.CancelOrder(ts=market.now, order_id=name))
    left = [(what, order_id) for _, what, order_id in market.heard[before:]]
    assert left == [(Message.CANCEL, f"{name}-001") for name in resting[:20]]
    assert market.refused == []


def test_a_halt_cancels_what_the_budget_allows_at_once_and_the_rest_as_it_frees_and_nothing_new() -> None:
    market = Market(TIGHT)
    market.open()
    for name in names(range(1000)):
        market.rest(name)
    market.to(START + 50 * SECOND)
    resting = market.first_sent()
    market.give(cmd.SetMode(ts=market.now, scope="desk", mode="halted", by="ann", reason="drill"))
    halted = len([what for _, what, _ in market.heard if what == "new"])
    market.to(START + 200 * SECOND)
    assert market.refused == []
    cancelled = [order_id.rpartition("-")[0] for _, what, order_id in market.heard if what == Message.CANCEL]
    assert cancelled == resting, "each once, the oldest first"
    assert len([what for _, what, _ in market.heard if what == "new"]) == halted
    assert not market.engine.state.working


def test_a_restart_does_not_begin_with_a_full_purse() -> None:
    market = Market(TIGHT)
    market.open()
    wanted = names(range(300))
    for name in wanted:
        market.rest(name)
    market.to(START + SECOND)
    assert len(market.first_sent()) == 100
    market.engine = Engine(replay(market.journal.events))
    market.quote()
    market.to(START + 9 * SECOND)
    assert len(market.first_sent()) == 100
    market.to(START + 60 * SECOND)
    assert market.first_sent() == wanted
    assert market.refused == []
