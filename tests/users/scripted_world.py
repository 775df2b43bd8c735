"""A fault world in which nothing goes wrong by itself: the test says what does."""

from decimal import Decimal
from typing import Any

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.orders import Order, OrderTerms, OrderType, Side
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND
from penstock.engine.effects import Effect
from penstock.risk import Limits
from penstock.sim.faults.clients import SYMBOL
from penstock.sim.faults.venue import FaultVenue, Held
from penstock.sim.faults.weather import CALM
from penstock.sim.faults.world import VENUES, World

D = Decimal
LOOSE = Limits(slippage_abort_bps=D(1000), consecutive_rejects_max=50)


class ScriptedWorld(World):
    """Venues that do what they are told, on a network that is quick and whole until the test harms it."""

    def __init__(self, seed: int = 1, **weather: Any) -> None:
        super().__init__(seed, 0, msgspec.structs.replace(CALM, **weather), LOOSE, archives=False)
        self.show()

    def show(self, bid: str = "9.99", ask: str = "10.01") -> None:
        """The market as it is from now on."""
        size = D(500)
        quote = Quote(ts=self.clock, bid=D(bid), bid_qty=size, ask=D(ask), ask_qty=size)
        self.give(cmd.MarketUpdate(ts=self.clock, quotes={SYMBOL: dict.fromkeys(VENUES, quote)}))

    def submit(self, order_id: str, quantity: int = 100, **changes: Any) -> None:
        """A limit order at 9.95 on XA, unless told otherwise."""
        given: dict[str, Any] = {
            "side": Side.BUY,
            "order_type": OrderType.LIMIT,
            "limit_price": D("9.95"),
            "venues": ("XA",),
        } | changes
        terms = OrderTerms(order_id=order_id, symbol=SYMBOL, quantity=D(quantity), **given)
        self.give(cmd.SubmitOrder(ts=self.clock, terms=terms))
        self._commit()

    def ask(self, command: type[cmd.Command], **fields: Any) -> None:
        """Another command, now."""
        self.give(command(ts=self.clock, **fields))
        self._commit()

    def pass_time(self, seconds: float) -> None:
        """Let time pass with the market standing still."""
        for _ in range(round(seconds * 10)):
            self.play(SECOND // 10)
            if self.now % SECOND == 0:
                self.show()

    @property
    def xa(self) -> FaultVenue:
        return self.venues["XA"]

    def held(self, order_id: str) -> Held:
        """An order as its venue truly has it."""
        return next(venue.orders[order_id] for venue in self.venues.values() if order_id in venue.orders)

    def fill(self, order_id: str, quantity: int | Decimal) -> None:
        """Execute at the venue; the report is on its way then."""
        held = self.held(order_id)
        self.venues[held.terms.venue or ""].fill(self.now, held, D(quantity))

    def lose_reports(self) -> None:
        """What the venues have just told never comes."""
        for link in self.links.values():
            link.back.clear()

    def order(self, order_id: str) -> Order:
        return self.engine.state.orders[order_id]

    def sent_of(self, kind: type[Effect]) -> list[Effect]:
        return [effect for _, effect in self.sent if isinstance(effect, kind)]

    def events_of(self, kind: type[Any]) -> list[Any]:
        return [each for event in self.record for each in ev.spelled_out(event) if isinstance(each, kind)]

    def books_are_equal(self) -> bool:
        """Whether every order is at its venue as in our book."""
        orders = self.engine.state.orders
        return all(
            (orders[name].cum_qty, orders[name].cum_value) == (held.cum_qty, held.cum_value)
            and orders[name].is_open == (held.state == "open")
            for venue in self.venues.values()
            for name, held in venue.orders.items()
        )
