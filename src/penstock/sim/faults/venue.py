"""A venue that does whatever venues do, and keeps the truth: its own ledger of our orders and their executions.

It takes an order once, however often that arrives. What it answers goes into the network and may never come out.
"""

from collections.abc import Iterable
from decimal import Decimal
from random import Random
from typing import Any

import msgspec

from penstock.domain import reports as rep
from penstock.domain.orders import OrderTerms, TimeInForce
from penstock.domain.quote import Quote
from penstock.domain.venue import Liquidity
from penstock.engine.effects import Look, SendCancel, SendNew, SendReplace, VenueEffect
from penstock.sim.faults.network import Link
from penstock.sim.faults.weather import Weather

ZERO = Decimal(0)
FEE = Decimal("0.001")  # a unit
ENDS: tuple[tuple[type[rep.VenueReport], str], ...] = (
    (rep.Canceled, "canceled"),
    (rep.Expired, "expired"),
    (rep.DoneForDay, "expired"),
)


class Held(msgspec.Struct):
    """An order as it truly stands. `most` is the largest quantity that was ever in effect."""

    number: int
    terms: OrderTerms
    most: Decimal
    state: str = "open"
    fills: dict[str, rep.Fill] = {}

    @property
    def cum_qty(self) -> Decimal:
        return sum((fill.last_qty for fill in self.fills.values()), ZERO)

    @property
    def cum_value(self) -> Decimal:
        return sum((fill.last_qty * fill.last_px for fill in self.fills.values()), ZERO)

    @property
    def left(self) -> Decimal:
        return self.terms.quantity - self.cum_qty


class FaultVenue:
    """One venue behind its link. `clock_ns` is how far its clock is ahead of the world's."""

    def __init__(self, name: str, link: Link, weather: Weather, random: Random) -> None:
        self.name, self.link, self.weather, self.random = name, link, weather, random
        self.clock_ns = random.randint(-200_000_000, 200_000_000)
        self.orders: dict[str, Held] = {}
        self.open: dict[str, Held] = {}
        self.quote: Quote | None = None
        self._seen: set[str] = set()
        self._executions = 0
        self._now = 0

    def receive(self, now: int, asked_at: int, effect: VenueEffect) -> None:
        """Take what came out of the network."""
        self._now = now
        match effect:
            case SendNew():
                self._new(effect.approved.terms)
            case SendCancel():
                self._cancel(effect)
            case SendReplace():
                self._replace(effect)
            case Look():
                self.link.tell(now, self.picture(now, asked_at, effect.order_ids))

    def act(self, now: int) -> None:
        """What happens by itself in a step: a fill, an end, an execution taken back."""
        self._now = now
        random, weather = self.random, self.weather
        if self.open and random.random() < weather.fill_per_step:
            self._fill(random.choice(list(self.open.values())))
        if self.open and random.random() < weather.end_per_step:
            held = random.choice(list(self.open.values()))
            if held.terms.tif is TimeInForce.DAY:
                self._end(held, *random.choice(ENDS))

    def amend(self, now: int, confirmed: list[rep.Fill]) -> None:
        """Take back, or correct the price of, one of the executions that the desk has confirmed."""
        self._now = now
        fill = self.random.choice(confirmed)
        held = self.orders[fill.order_id]
        heading: rep.Heading = {"ts": now, "venue": self.name, "order_id": fill.order_id}
        del held.fills[fill.exec_id]
        if self.random.random() < 0.5:
            new = msgspec.structs.replace(fill, exec_id=self._next_id(), last_px=fill.last_px + Decimal("0.01"))
            held.fills[new.exec_id] = new
            said: rep.VenueReport = rep.Corrected(
                **heading,
                exec_id=fill.exec_id,
                new_exec_id=new.exec_id,
                last_qty=new.last_qty,
                last_px=new.last_px,
                fee=new.fee,
            )
        else:
            if held.state == "filled" and held.cum_qty < held.terms.quantity:
                held.state = "open"
                self.open[fill.order_id] = held
                if held.terms.tif is TimeInForce.IOC:
                    self._end(held, rep.Canceled, "canceled")
            said = rep.Busted(**heading, exec_id=fill.exec_id, reason="clearly erroneous")
        self.link.tell_surely(now, said)

    def picture(self, now: int, asked_at: int, order_ids: Iterable[str]) -> rep.Picture:
        """Every open order of ours, and those asked for whatever became of them."""
        shown = dict(self.open) | {name: self.orders[name] for name in order_ids if name in self.orders}
        fills = [fill for held in shown.values() for fill in held.fills.values()] if self.weather.lists_fills else []
        orders = tuple(
            rep.VenueOrder(
                order_id=name,
                venue_order_id=f"{self.name}-{held.number}",
                symbol=held.terms.symbol,
                side=held.terms.side,
                quantity=held.terms.quantity,
                limit_price=held.terms.limit_price,
                cum_qty=held.cum_qty,
                cum_value=held.cum_value,
                state=held.state,
            )
            for name, held in shown.items()
        )
        return rep.Picture(ts=now, venue=self.name, asked_at=asked_at, orders=orders, fills=tuple(fills))

    def _new(self, terms: OrderTerms) -> None:
        if terms.order_id in self.orders:
            return
        held = self.orders[terms.order_id] = Held(len(self.orders), terms, terms.quantity)
        if self.random.random() < self.weather.refuse:
            held.state = "rejected"
            self._tell(rep.Refused, held, reason="not today")
            return
        self.open[terms.order_id] = held
        self._tell(rep.Accepted, held, venue_order_id=f"{self.name}-{held.number}")
        if terms.tif is TimeInForce.IOC:
            if self.random.random() < 0.8:
                self._fill(held)
            self._end(held, rep.Canceled, "canceled")

    def _cancel(self, asked: SendCancel) -> None:
        if self._is_repeated(asked.request_id):
            return
        held = self.open.get(asked.order_id)
        if self.random.random() < 0.2:
            self._say(rep.CancelPending, asked.order_id, request_id=asked.request_id)
        if held is None or self.random.random() < self.weather.cancel_refused:
            self._say(rep.CancelRefused, asked.order_id, reason="too late", request_id=asked.request_id)
        else:
            self._end(held, rep.Canceled, "canceled")

    def _replace(self, asked: SendReplace) -> None:
        if self._is_repeated(asked.request_id):
            return
        terms = asked.terms
        held = self.open.get(terms.order_id)
        refused = held is None or terms.quantity <= held.cum_qty or self.random.random() < self.weather.cancel_refused
        if held is None or refused:
            self._say(rep.ReplaceRefused, terms.order_id, reason="too late", request_id=asked.request_id)
            return
        held.terms = terms
        held.most = max(held.most, terms.quantity)
        self._tell(
            rep.Replaced,
            held,
            quantity=terms.quantity,
            limit_price=terms.limit_price,
            request_id=asked.request_id,
        )

    def _fill(self, held: Held) -> None:
        whole = self.random.random() < 0.3
        self.fill(self._now, held, held.left if whole else Decimal(self.random.randint(1, max(int(held.left), 1))))

    def fill(self, now: int, held: Held, size: Decimal) -> None:
        """Execute a part of an open order, and tell it."""
        self._now = now
        price = held.terms.limit_price or (self.quote and self.quote.mid) or Decimal(10)
        fill = rep.Fill(
            ts=self._now,
            venue=self.name,
            order_id=held.terms.order_id,
            exec_id=self._next_id(),
            last_qty=size,
            last_px=price,
            fee=FEE * size,
            liquidity=Liquidity.MAKER,
            traded_at=self._now + self.clock_ns,
        )
        held.fills[fill.exec_id] = fill
        if held.left == 0:
            held.state = "filled"
            del self.open[held.terms.order_id]
        self.link.tell(self._now, fill)

    def _end(self, held: Held, kind: type[rep.VenueReport], state: str) -> None:
        if self.open.pop(held.terms.order_id, None) is not None:
            held.state = state
            self._tell(kind, held, **({} if kind is rep.DoneForDay else {"reason": "ended"}))

    def _is_repeated(self, request_id: str) -> bool:
        if request_id and request_id in self._seen:
            return True
        self._seen.add(request_id)
        return False

    def _tell(self, kind: type[rep.VenueReport], held: Held, **fields: Any) -> None:
        self._say(kind, held.terms.order_id, **fields)

    def _say(self, kind: type[rep.VenueReport], order_id: str, **fields: Any) -> None:
        self.link.tell(self._now, kind(ts=self._now, venue=self.name, order_id=order_id, **fields))

    def _next_id(self) -> str:
        self._executions += 1
        return f"e{self._executions}"
