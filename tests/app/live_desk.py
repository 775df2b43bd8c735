"""A live driver in this process, on a journal and venues that do what the test says. All is awaited, nothing slept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from random import Random
from typing import Any

from penstock.app.live.driver import LiveDriver
from penstock.app.live.settings import LiveSettings
from penstock.app.live.start import Listing, next_session
from penstock.domain import commands as cmd
from penstock.domain import reports as rep
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.venue import Liquidity
from penstock.engine.effects import Look, SendCancel, SendReplace
from penstock.engine.engine import Engine
from penstock.engine.ports import VenueSays
from penstock.journal import GroupCommit, WritableRecord
from penstock.risk import Approved, Limits

D = Decimal
STOCK = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))
PATIENCE_S = 20.0
QUICK = LiveSettings(
    reconnect_first_s=0.001, reconnect_most_s=0.01, journal_retry_first_s=0.001, journal_retry_most_s=0.01
)


class ScriptedVenue:
    """Accepts every order and remembers what it was sent; `fills` says whether it fills them too.

    `call` is awaited within every call, to hold it or to raise; `refuse_connections` is how many attempts fail.
    """

    def __init__(self, name: str, *, fills: bool = True) -> None:
        self.name, self.fills = name, fills
        self.sent: list[str] = []
        self.orders: dict[str, OrderTerms] = {}
        self.refuse_connections = 0
        self.connections = 0
        self.call: Callable[[str], Any] | None = None
        self._told: asyncio.Queue[VenueSays | None] = asyncio.Queue()
        self.changed = asyncio.Event()

    async def connect(self) -> None:
        self.connections += 1
        if self.refuse_connections:
            self.refuse_connections -= 1
            raise ConnectionRefusedError("nobody is there")
        self._told = asyncio.Queue()
        self.quote()

    async def disconnect(self) -> None:
        """Nothing to let go of."""

    async def messages(self) -> AsyncIterator[VenueSays]:
        while (said := await self._told.get()) is not None:
            yield said

    def hang_up(self) -> None:
        self._told.put_nowait(None)

    def say(self, said: VenueSays) -> None:
        self._told.put_nowait(said)

    def quote(self) -> None:
        now = Quote(ts=2**62, bid=D("9.99"), bid_qty=D(10**6), ask=D("10.01"), ask_qty=D(10**6))
        self.say(cmd.MarketUpdate(ts=0, quotes={"ACME": {self.name: now}}))

    async def send_new(self, approved: Approved) -> None:
        terms = approved.terms
        await self._called(f"new {terms.order_id}")
        assert terms.order_id not in self.orders, "an order was sent twice"
        self.orders[terms.order_id] = terms
        self.say(rep.Accepted(ts=0, venue=self.name, order_id=terms.order_id, venue_order_id="V"))
        if self.fills:
            self.fill(terms.order_id)

    async def send_cancel(self, cancel: SendCancel) -> None:
        await self._called(f"cancel {cancel.order_id}")
        del self.orders[cancel.order_id]
        self.say(rep.Canceled(ts=0, venue=self.name, order_id=cancel.order_id))

    async def send_replace(self, replace: SendReplace) -> None:
        await self._called(f"replace {replace.terms.order_id}")

    async def look(self, look: Look) -> None:
        await self._called("look")
        shown = tuple(
            rep.VenueOrder(
                order_id=terms.order_id,
                venue_order_id="V",
                symbol=terms.symbol,
                side=terms.side,
                quantity=terms.quantity,
                limit_price=terms.limit_price,
                cum_qty=D(0),
                cum_value=D(0),
                state="open",
            )
            for terms in self.orders.values()
        )
        self.say(rep.Picture(ts=0, venue=self.name, asked_at=2**62, orders=shown))

    def fill(self, order_id: str) -> None:
        terms = self.orders.pop(order_id)
        self.say(
            rep.Fill(
                ts=0,
                venue=self.name,
                order_id=order_id,
                exec_id=f"E{order_id}",
                last_qty=terms.quantity,
                last_px=terms.limit_price or D(10),
                fee=D(0),
                liquidity=Liquidity.TAKER,
                traded_at=0,
            )
        )

    async def until(self, *sent: str) -> None:
        """Wait until all these have been sent."""
        async with asyncio.timeout(PATIENCE_S):
            while not set(sent) <= set(self.sent):
                self.changed.clear()
                await self.changed.wait()

    async def _called(self, what: str) -> None:
        if self.call is not None and (held := self.call(what)) is not None:
            await held
        self.sent.append(what)
        self.changed.set()


def driver_on(
    journal: WritableRecord, *venues: ScriptedVenue, engine: Engine | None = None, settings: LiveSettings = QUICK
) -> LiveDriver:
    """A driver that has not begun."""
    return LiveDriver(engine or Engine(), GroupCommit(journal), venues, settings=settings, random=Random(0))


def begin(driver: LiveDriver) -> None:
    """Open a session, or go on with the one on record."""
    opening = None
    if driver.state.session is None:
        listings = [Listing(venue=name, instruments=(STOCK,)) for name in driver.gateways]
        limits = Limits(stale_after_s=1e9)
        opening = next_session(driver.state, listings, driver.clock.now(), hours=1, limits=limits)
    driver.begin(opening)


@asynccontextmanager
async def running(driver: LiveDriver, *, looked_at: bool = True) -> AsyncIterator[LiveDriver]:
    """The driver at work; in the end its journal is closed. `looked_at`: first wait for every venue to be up."""
    begin(driver)
    task = asyncio.create_task(driver.run())
    try:
        if looked_at:
            await soon(driver.until(lambda: not driver.state.venue_status))
        yield driver
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await driver.journal.close()


async def soon(waited: Any) -> Any:
    """Await, but not for ever."""
    async with asyncio.timeout(PATIENCE_S):
        return await waited


def order(order_id: str, quantity: int = 100, venue: str = "", **changes: Any) -> cmd.SubmitOrder:
    """A market order, or a limit order away from the market if `limit_price` says so."""
    given: dict[str, Any] = {"side": Side.BUY, "algorithm": "market"} | changes
    if "limit_price" in changes:
        given["algorithm"] = "limit"
    venues = (venue,) if venue else ()
    terms = OrderTerms(order_id=order_id, symbol="ACME", quantity=D(quantity), venues=venues, **given)
    return cmd.SubmitOrder(ts=0, terms=terms)
