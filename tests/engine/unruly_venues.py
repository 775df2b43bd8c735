"""Two venues that do whatever venues do: answer late, fill in parts, refuse, repeat themselves, report fills late.

They know their orders' truth; their reports reach us in order, but later and interleaved with everything else.
"""

from collections import deque
from decimal import Decimal
from random import Random
from typing import Any

from small_desk import D

from penstock.domain import reports as rep
from penstock.domain.orders import OrderTerms, TimeInForce
from penstock.domain.venue import Liquidity
from penstock.engine.effects import Effect, SendCancel, SendNew, SendReplace


class UnrulyVenues:
    """`late` holds fills that a venue forgot to report before it reported the order's end."""

    def __init__(self, random: Random, *, late_fills: bool) -> None:
        self.random, self.late_fills = random, late_fills
        self.inbox: deque[Effect] = deque()
        self.outbox: deque[rep.VenueReport] = deque()
        self.open: dict[str, OrderTerms] = {}
        self.filled: dict[str, Decimal] = {}
        self.late: list[rep.Fill] = []
        self.seen: list[str] = []
        self.executed = D(0)
        self._execs = 0

    def receive(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, SendNew):
                assert effect.approved.terms.order_id not in self.seen, "an order was sent twice"
                self.seen.append(effect.approved.terms.order_id)
            self.inbox.append(effect)

    def act(self, now: int) -> None:
        """Let one thing happen at the venues, if anything can."""
        choice = self.random.random()
        if self.inbox and choice < 0.5:
            self._answer(self.inbox.popleft(), now)
        elif self.open and choice < 0.85:
            self._fill(self.random.choice(sorted(self.open)), now)
        elif self.open and choice < 0.9:
            self._end(self.random.choice(sorted(self.open)), now, rep.Canceled)

    def next_report(self) -> rep.VenueReport | None:
        """The next report in order; now and then a fill that comes late, or was told before."""
        if self.late and self.random.random() < 0.3:
            return self.late.pop()
        return self.outbox.popleft() if self.outbox else None

    def close(self, now: int) -> None:
        """The session is over: what waits is answered, and every order expires."""
        while self.inbox:
            self._answer(self.inbox.popleft(), now)
        for order_id in list(self.open):
            self._end(order_id, now, rep.Expired)

    def _answer(self, effect: Effect, now: int) -> None:
        match effect:
            case SendNew():
                self._new(effect.approved.terms, now)
            case SendCancel():
                if effect.order_id in self.open:
                    self._end(effect.order_id, now, rep.Canceled)
                else:
                    self._say(rep.CancelRefused, effect.venue, effect.order_id, now, reason="too late")
            case SendReplace():
                self._replace(effect.terms, now)

    def _new(self, terms: OrderTerms, now: int) -> None:
        assert terms.venue is not None
        if self.random.random() < 0.1:
            self._say(rep.Refused, terms.venue, terms.order_id, now, reason="no")
            return
        self.open[terms.order_id] = terms
        self.filled[terms.order_id] = D(0)
        self._say(rep.Accepted, terms.venue, terms.order_id, now, venue_order_id="V")
        if terms.tif is TimeInForce.IOC:
            if self.random.random() < 0.7:
                self._fill(terms.order_id, now)
            self._end(terms.order_id, now, rep.Canceled)

    def _replace(self, terms: OrderTerms, now: int) -> None:
        order_id, venue = terms.order_id, terms.venue
        assert venue is not None
        if order_id not in self.open or terms.quantity <= self.filled[order_id] or self.random.random() < 0.2:
            self._say(rep.ReplaceRefused, venue, order_id, now, reason="too late")
            return
        self.open[order_id] = terms
        self._say(rep.Replaced, venue, order_id, now, quantity=terms.quantity, limit_price=terms.limit_price)

    def _fill(self, order_id: str, now: int) -> None:
        terms = self.open.get(order_id)
        if terms is None:
            return
        assert terms.venue is not None
        left = terms.quantity - self.filled[order_id]
        size = D(self.random.randint(1, int(left))) if self.random.random() < 0.7 else left
        self._execs += 1
        self.filled[order_id] += size
        self.executed += terms.side.sign * size
        fill = rep.Fill(
            ts=now,
            venue=terms.venue,
            order_id=order_id,
            exec_id=f"e{self._execs}",
            last_qty=size,
            last_px=terms.limit_price or D(10),
            fee=D("0.01"),
            liquidity=Liquidity.MAKER,
            traded_at=now,
        )
        if self.late_fills and self.random.random() < 0.1:
            self.late.append(fill)
        else:
            self.outbox.append(fill)
            if self.random.random() < 0.1:
                self.late.append(fill)  # the same execution, told again some time
        if self.filled[order_id] == terms.quantity:
            del self.open[order_id]

    def _end(self, order_id: str, now: int, kind: type[rep.VenueReport]) -> None:
        terms = self.open.pop(order_id, None)
        if terms is not None:
            assert terms.venue is not None
            self._say(kind, terms.venue, order_id, now, reason="ended")

    def _say(self, kind: type[rep.VenueReport], venue: str, order_id: str, now: int, **fields: Any) -> None:
        self.outbox.append(kind(ts=now, venue=venue, order_id=order_id, **fields))
