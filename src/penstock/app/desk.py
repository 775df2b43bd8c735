"""The desk in your own program: open markets, hand it orders, await their reports. No server, no files unless asked.

Time is simulated: it passes only while somebody awaits an order. Orders handed over before the first await start at
the same instant, so `asyncio.gather` works several side by side.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from penstock.algos.registry import check, normalise
from penstock.app.order_form import Number, instructions_of, number, one_of, positive, with_type
from penstock.app.session import RunRequest, prepare
from penstock.domain import commands as cmd
from penstock.domain.contingency import Contingency
from penstock.domain.errors import BadInput
from penstock.domain.events import AlertRaised, AnyEvent, MarketSampled, SessionEnded, SessionStarted
from penstock.domain.instructions import OrderType, TimeInForce
from penstock.domain.instruments import AnyInstrument
from penstock.domain.orders import Order, OrderTerms, Side, Strategy
from penstock.engine.position import Position
from penstock.engine.sight import consolidated_mid
from penstock.engine.valuation import Rates, Valuation, rates_of, value
from penstock.journal import MemoryJournal, SqliteJournal
from penstock.portfolio.targets import Target, plan_parents
from penstock.risk import Limits
from penstock.risk.limit_book import LimitBook, book_of, plain_book
from penstock.sim.driver import Simulation
from penstock.tca.execution_report import execution_report


class Desk:
    """One session on simulated markets; see `open`."""

    def __init__(self, simulation: Simulation, recorder: "Recorder") -> None:
        self._simulation = simulation
        self._events = recorder

    @classmethod
    def open(
        cls,
        *market: str,
        seed: int = 0,
        positions: Mapping[str, Number] | None = None,
        limits: Limits | LimitBook | None = None,
        journal: Path | str | None = None,
        calendars: Mapping[str, str] | None = None,
    ) -> "Desk":
        """A desk on `synthetic` (the default), `lobster:`, `binance:` or `file:PATH`, or several on one clock.

        With `journal` (a file that does not exist yet) every event is on disk before its order leaves. `calendars`
        name the exchange calendar of a symbol (XNYS, 24/7): a DAY order ends at its close. Without one the whole
        market is one session.

        Raises:
            BadInput: a market that cannot be opened, a position in a symbol it does not have, a journal that exists.
        """
        request = RunRequest(
            market=market or ("synthetic",),
            seed=seed,
            positions={symbol: number("positions", symbol, value) for symbol, value in (positions or {}).items()},
            limits=plain_book(book_of(limits)),
            calendars=dict(calendars or {}),
        )
        planned = prepare(request)
        if journal is not None and Path(journal).exists():
            raise BadInput(str(journal), "journal", "exists already: a desk begins a new one")
        recorder = Recorder(journal)
        return cls(planned.begin(recorder), recorder)

    def submit(
        self,
        symbol: str,
        side: Side | str,
        quantity: Number,
        algorithm: str | None = None,
        *,
        client_order_id: str | None = None,
        **asked: Any,
    ) -> str:
        """Hand over an order now; returns its id. The same `client_order_id` again returns the first one's id.

        Without an algorithm it is worked by its `order_type`. See `order_terms` for what else may be asked.

        Raises:
            BadInput: whatever about it cannot be traded as asked.
        """
        state = self._simulation.engine.state
        if client_order_id is not None and client_order_id in state.client_ids:
            return state.client_ids[client_order_id]
        self._refuse_after_the_end()
        terms = self.order_terms(symbol, side, quantity, algorithm, **asked)
        terms = msgspec.structs.replace(terms, client_order_id=client_order_id)
        self._simulation.submit([(terms, None)])
        self._refuse_if_denied([terms.order_id])
        return terms.order_id

    def submit_oco(self, symbol: str, side: Side | str, quantity: Number, *legs: Mapping[str, Any]) -> list[str]:
        """One cancels the other: orders that share one quantity; each leg is what `submit` takes by name.

        Raises:
            BadInput: a leg that cannot be traded as asked, or legs that make no group.
        """
        return self._submit_group(Contingency.OCO, [(symbol, side, quantity, leg) for leg in legs])

    def submit_oto(self, *orders: Mapping[str, Any]) -> list[str]:
        """One triggers the others: once the first is filled, the rest are released. Each is what `submit` takes."""
        named = [dict(order) for order in orders]
        return self._submit_group(
            Contingency.OTO,
            [(each.pop("symbol"), each.pop("side"), each.pop("quantity"), each) for each in named],
        )

    def submit_bracket(
        self,
        symbol: str,
        side: Side | str,
        quantity: Number,
        *,
        take_profit: Number,
        stop_loss: Number,
        exit_tif: TimeInForce | str = TimeInForce.GTC,
        **entry: Any,
    ) -> list[str]:
        """An entry, and what its fills are closed with: a limit at `take_profit` or a stop at `stop_loss`.

        Returns the ids of the entry, the take-profit and the stop-loss; the last two begin with the entry's first fill.

        Raises:
            BadInput: whatever about it cannot be traded as asked.
        """
        out = Side.SELL if one_of(Side, "side", side).is_buy else Side.BUY
        profit = {"order_type": OrderType.LIMIT, "limit_price": take_profit, "tif": exit_tif}
        loss = {"order_type": OrderType.STOP, "stop_px": stop_loss, "tif": exit_tif}
        orders = [(symbol, side, quantity, entry), (symbol, out, quantity, profit), (symbol, out, quantity, loss)]
        return self._submit_group(Contingency.BRACKET, orders)

    async def wait(self, order_id: str) -> dict[str, Any]:
        """Let time pass until the order is over; returns its ExecutionReport."""
        self.order(order_id)
        await asyncio.sleep(0)  # orders handed over at this instant come first
        state = self._simulation.engine.state
        while order_id in state.working:
            if not self._simulation.step():
                self._simulation.finish()
            await asyncio.sleep(0)
        return self.report(order_id)

    async def wait_until(self, at: int) -> int:
        """Let time pass to `at` (ns), or to the market's end; returns the time reached."""
        await asyncio.sleep(0)
        self._simulation.play_to(at)
        return self.now

    async def execute(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """`submit`, then `wait`."""
        return await self.wait(self.submit(*args, **kwargs))

    def cancel(self, order_id: str) -> None:
        """Ask for an order's end; what works of it is cancelled as time passes."""
        self.order(order_id)
        self._simulation.give(cmd.CancelOrder(ts=self._simulation.now, order_id=order_id))

    def amend(
        self,
        order_id: str,
        *,
        quantity: Number | None = None,
        limit_price: Number | None = None,
        tif: TimeInForce | str | None = None,
        parameters: Mapping[str, Any] | None = None,
        **instructions: Any,
    ) -> None:
        """Give a working order another total quantity, limit price, time in force, parameters or instructions.

        Raises:
            BadInput: it is over, more than the new quantity is filled or working, or the change cannot be made.
        """
        terms = self.order(order_id).terms
        before = len(self._events.events)
        self._simulation.give(
            cmd.AmendOrder(
                ts=self._simulation.now,
                order_id=order_id,
                quantity=None if quantity is None else positive("quantity", quantity),
                limit_price=None if limit_price is None else positive("limit_price", limit_price),
                tif=None if tif is None else one_of(TimeInForce, "tif", tif),
                parameters=None if parameters is None else {**terms.parameters, **parameters},
                instructions=instructions_of(instructions, terms.instructions) if instructions else None,
            )
        )
        for event in self._events.events[before:]:
            if isinstance(event, AlertRaised) and event.order_id == order_id:
                raise BadInput("amend", order_id, event.text)

    def order(self, order_id: str) -> Order:
        """The order as it stands; live, not a copy.

        Raises:
            BadInput: no such order.
        """
        order = self._simulation.engine.state.orders.get(order_id)
        if order is None:
            waits = order_id in self._simulation.engine.state.member_of
            rule = "waits for the first order of its group" if waits else "there is no such order"
            raise BadInput("order", "order_id", rule, order_id)
        return order

    @property
    def now(self) -> int:
        """Simulated time, ns."""
        return self._simulation.now

    def instrument(self, symbol: str) -> AnyInstrument:
        """What is known of a symbol.

        Raises:
            BadInput: no market here trades it.
        """
        found = self._simulation.engine.state.instruments.get(symbol)
        if found is None:
            raise BadInput("desk", "symbol", "is not in this market", symbol)
        return found

    def mid(self, symbol: str) -> Decimal | None:
        """Half-way between the best bid and the best ask now; None without both.

        Raises:
            BadInput: no market here trades the symbol.
        """
        self.instrument(symbol)
        return consolidated_mid(self._simulation.exchange.quotes([symbol])[symbol])

    @property
    def positions(self) -> dict[str, Position]:
        return self._simulation.engine.state.positions

    def value(self, currency: str = "USD", rates: Rates | None = None) -> Valuation:
        """What trading is worth now in a currency, at the mids; what no rate leads to is named in the result.

        `rates` are by (of, into), such as ("EUR", "USD"); those that the markets here imply are known.
        """
        state = self._simulation.engine.state
        mids = {
            symbol: consolidated_mid(quotes)
            for symbol, quotes in self._simulation.exchange.quotes(list(state.instruments)).items()
        }
        marks = {symbol: mid for symbol, mid in mids.items() if mid is not None}
        known = rates_of(state.instruments.values(), marks) | dict(rates or {})
        return value(state.ledger, state.instruments, marks, currency, known)

    @property
    def events(self) -> list[AnyEvent]:
        """Everything that happened so far."""
        return self._events.events

    def report(self, order_id: str | None = None) -> dict[str, Any]:
        """The ExecutionReport of one order, or of the whole session so far."""
        events = self._events.events
        if order_id is None:
            return execution_report(events)
        symbol = self.order(order_id).terms.symbol
        chosen = [event for event in events if belongs(event, order_id, symbol)]
        if not isinstance(chosen[-1], SessionEnded):
            quotes = self._simulation.exchange.quotes([symbol])
            chosen.append(SessionEnded(ts=self.now, status="completed", quotes=quotes))
        return execution_report(chosen)

    def close(self) -> dict[str, Any]:
        """End the session: what still works is cancelled; returns the session's report."""
        if not self._simulation.engine.state.ended:
            if self._simulation.engine.state.working:
                self._simulation.interrupt("desk closed")
            self._simulation.finish()
        self._simulation.journal.close()
        return self.report()

    def order_terms(
        self,
        symbol: str,
        side: Side | str,
        quantity: Number,
        algorithm: str | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        order_type: OrderType | str | None = None,
        limit_price: Number | None = None,
        tif: TimeInForce | str = TimeInForce.DAY,
        post_only: bool = False,
        strategy: Strategy | str = Strategy.NEUTRAL,
        urgency: float = 0.5,
        venues: Iterable[str] = (),
        order_id: str | None = None,
        **instructions: Any,
    ) -> OrderTerms:
        """An order's terms, checked against the market but not handed over.

        `instructions` are the fields of `penstock.domain.instructions.Instructions`: `stop_px`, `display_qty`, `peg`...

        Raises:
            BadInput: whatever about it cannot be traded as asked.
        """
        state = self._simulation.engine.state
        assert state.session is not None
        bought = one_of(Side, "side", side)
        target = Target(
            symbol=symbol,
            change=bought.sign * positive("quantity", quantity),
            algorithm=algorithm or "market",
            parameters=dict(parameters or {}),
            limit_price=None if limit_price is None else number("order", "limit_price", limit_price),
            strategy=one_of(Strategy, "strategy", strategy),
            urgency=urgency,
            venues=tuple(venues),
            where="order",
        )
        (terms,) = plan_parents([target], {}, state.instruments, {}, state.session.listings, "", check)
        resolved = normalise(terms.algorithm or "", terms.parameters)
        terms = msgspec.structs.replace(terms, order_id=order_id or self._next_id(), parameters=resolved)
        return with_type(terms, bought, order_type, algorithm, tif, post_only, instructions)

    def _next_id(self, ahead: int = 0) -> str:
        state = self._simulation.engine.state
        number_of = len(state.parents) + 1
        while state.is_taken(f"P{number_of:03d}"):
            number_of += 1
        return f"P{number_of + ahead:03d}"

    def _submit_group(
        self, kind: Contingency, orders: Sequence[tuple[str, Side | str, Number, Mapping[str, Any]]]
    ) -> list[str]:
        self._refuse_after_the_end()
        terms = tuple(
            self.order_terms(symbol, side, quantity, order_id=self._next_id(number_of), **asked)
            for number_of, (symbol, side, quantity, asked) in enumerate(orders)
        )
        ids = [each.order_id for each in terms]
        group_id = f"G-{ids[0]}"
        self._simulation.give(
            cmd.SubmitGroup(ts=self._simulation.now, group_id=group_id, contingency=kind, orders=terms)
        )
        self._refuse_if_denied(ids)
        return ids

    def _refuse_after_the_end(self) -> None:
        if self._simulation.engine.state.ended or self._simulation.now >= self._simulation.end:
            raise BadInput("order", "", "the market's session is over")

    def _refuse_if_denied(self, order_ids: list[str]) -> None:
        state = self._simulation.engine.state
        for order_id in order_ids:
            order = state.orders.get(order_id)
            if order is not None and order.reason and order_id not in state.parents:
                raise BadInput("order", "", f"denied by risk: {order.reason}")


class Recorder(MemoryJournal):
    """Events on disk first, where that was asked for, and in memory for the desk's own reports."""

    def __init__(self, path: Path | str | None) -> None:
        super().__init__()
        self._disk = None if path is None else SqliteJournal(Path(path))

    def append(self, events: Sequence[AnyEvent]) -> None:
        if self._disk is not None:
            self._disk.append(events)
        super().append(events)

    def close(self) -> None:
        if self._disk is not None:
            self._disk.close()


def belongs(event: AnyEvent, order_id: str, symbol: str) -> bool:
    """Whether an event is part of one order's story: the session's, its market's, its own."""
    if isinstance(event, SessionStarted | SessionEnded):
        return True
    if isinstance(event, MarketSampled):
        return event.symbol == symbol
    terms = getattr(event, "terms", None)
    about: str = terms.order_id if terms is not None else getattr(event, "order_id", "")
    return about == order_id or about.startswith(f"{order_id}-")
