"""A desk as a process: recovered, connected, listening, until a signal winds it down."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

import msgspec

from penstock.app.live.clock import SystemClock
from penstock.app.live.command_server import CommandServer
from penstock.app.live.driver import LiveDriver
from penstock.app.live.interpreter import tune
from penstock.app.live.reference import Reference
from penstock.app.live.settings import LiveSettings
from penstock.app.live.start import Listing, goes_on, next_session, take_up
from penstock.app.live.webhook import Webhook
from penstock.app.live.wind_down import Policy, Remains, wind_down
from penstock.domain.errors import BadInput
from penstock.risk.limit_book import LimitBook
from penstock.venues.loopback.adapter import LoopbackVenue

log = logging.getLogger("penstock.live")

VENUES_PATIENCE_S = 5.0
LAST_ALERTS_S = 2.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)

Say = Callable[[str], None]


class Listener(Protocol):
    """Where clients come in: the command socket, the HTTP server. `address` is where, once started."""

    address: str

    async def start(self) -> None: ...

    async def close(self) -> None: ...


class DeskRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a desk is to be: `venues` are written `[NAME=]loopback:PORT`, `listen` is `unix:PATH` or `tcp:PORT`.

    Alerts are posted to the URL `webhook`, if it is given. Exchange rates and settled cash are those of the file
    `reference`, if there is one.
    """

    journal: Path | str
    venues: tuple[str, ...]
    listen: str
    hours: float = 24.0
    limits: LimitBook = LimitBook()
    policy: Policy = Policy()
    webhook: str = ""
    settings: LiveSettings = LiveSettings()
    reference: Path | None = None


async def serve(request: DeskRequest, say: Say) -> Remains | None:
    """Run a desk until it is told to stop; returns what remains, or None if a second signal cut that short.

    Raises:
        BadInput: the request cannot be carried out.
        JournalUnavailable: the journal cannot be opened.
    """
    webhook = Webhook(request.webhook) if request.webhook else None
    reference = Reference(request.reference) if request.reference else None
    clock = SystemClock()
    venues = [venue_of(text, clock) for text in request.venues]
    back = take_up(request.journal, request.settings.closed_orders_max)
    try:
        state, opening = back.engine.state, None
        if not goes_on(state, clock.now()):
            traded = await listings(venues)
            opening = next_session(state, traded, clock.now(), hours=request.hours, limits=request.limits)
        settings = request.settings
        driver = LiveDriver(back.engine, back.journal, venues, clock=clock, settings=settings, reference=reference)
        say(f"recovered {state.seq} events ({back.replayed} replayed), {len(state.working)} working")
        tune(request.settings.switch_interval_s)
        driver.begin(opening)
        async with posting(driver, webhook):
            remains = await run(driver, CommandServer(driver, request.listen), request.policy, say)
        for line in in_words(remains):
            say(line)
        return remains
    finally:
        await back.journal.close()


async def run(driver: LiveDriver, server: Listener, policy: Policy, say: Say) -> Remains | None:
    """Drive and serve until the first signal, then wind down; a second signal stops at once, as a crash would."""
    told: asyncio.Queue[signal.Signals] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, told.put_nowait, number)
    driving = asyncio.create_task(driver.run())
    try:
        await ready(driver, driving)
        await server.start()
        say(f"listening on {server.address}")
        first = asyncio.create_task(told.get())
        await asyncio.wait({driving, first}, return_when=asyncio.FIRST_COMPLETED)
        if driving.done():
            first.cancel()
            log.critical("the desk stops as it stands: it cannot go on")
            driving.result()
        say(f"{first.result().name}: winding down, {policy.deadline_s:g} s at most; again to stop at once")
        ending = asyncio.create_task(wind_down(driver, policy, f"the desk is stopping ({first.result().name})"))
        second = asyncio.create_task(told.get())
        await asyncio.wait({driving, ending, second}, return_when=asyncio.FIRST_COMPLETED)
        second.cancel()
        if ending.done():
            if not policy.cancel:
                for gateway in driver.gateways.values():
                    await gateway.guard.disarm()
            if driver.keeper.is_writable:
                driver.save_snapshot()
            return ending.result()
        ending.cancel()
        if driving.done():
            driving.result()
        return None
    finally:
        driving.cancel()
        with suppress(asyncio.CancelledError):
            await driving
        await server.close()
        for number in SIGNALS:
            loop.remove_signal_handler(number)


@asynccontextmanager
async def posting(driver: LiveDriver, webhook: Webhook | None) -> AsyncIterator[None]:
    """Alerts go to a webhook, if there is one; in the end those in line get a moment to be delivered."""
    if webhook is None:
        yield
        return
    driver.alerts.tellers.append(webhook.take)
    task = asyncio.create_task(webhook.run())
    try:
        yield
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_ALERTS_S):
                await webhook.delivered_all()
        if webhook.queued:
            log.error("%d alerts were not delivered: the desk has stopped", webhook.queued)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def in_words(remains: Remains | None) -> Iterator[str]:
    """What a person must know who stopped a desk."""
    if remains is None:
        yield "stopped at once: what was working is as it was; start again to take it up"
        return
    for order in remains.orders:
        yield f"remains: {order.order_id} {order.side} {order.open_qty} {order.symbol} on {order.venue} ({order.ours})"
    for symbol, quantity in remains.positions.items():
        yield f"position: {quantity} {symbol}"
    for name in remains.unverified:
        yield f"not verified: {name} did not show what it holds"
    for trouble in remains.troubles:
        yield f"trouble: {trouble}"
    yield "stopped: nothing is left working" if remains.is_clean else "stopped: the lines above are what is left"


async def ready(driver: LiveDriver, driving: asyncio.Task[None]) -> None:
    """Give the venues a moment to be looked at, so that the first orders find a market; without them it goes on too."""
    up = asyncio.create_task(driver.until(lambda: not driver.state.venue_status))
    await asyncio.wait({up, driving}, timeout=VENUES_PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    up.cancel()


async def listings(venues: Sequence[LoopbackVenue]) -> list[Listing]:
    """What the venues trade, asked of each; a new session needs to know.

    Raises:
        BadInput: a venue that cannot be reached.
    """
    found = []
    for venue in venues:
        try:
            welcome = await venue.greet()
        except OSError as error:
            raise BadInput("--venue", venue.name, f"cannot be reached: {error}") from None
        await venue.disconnect()
        found.append(
            Listing(
                venue=venue.name,
                instruments=welcome.instruments,
                fees=welcome.fees,
                abilities=welcome.abilities,
                budgets=welcome.budgets,
            )
        )
    return found


def venue_of(text: str, clock: SystemClock) -> LoopbackVenue:
    """The adapter of `loopback:PORT` or `NAME=loopback:PORT`.

    Raises:
        BadInput: it is written in another way.
    """
    name, equals, address = text.rpartition("=")
    kind, _, port = address.partition(":")
    if kind != "loopback" or not port.isdigit() or (equals and not name):
        raise BadInput("--venue", "", "must be loopback:PORT or NAME=loopback:PORT", text)
    return LoopbackVenue(name or "loopback", int(port), clock.now)
