"""`penstock serve`: paper venues, the desk on its journal, and the HTTP server, from the first line to the last."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from penstock.api.service import ApiSettings, Service
from penstock.api.store import Store
from penstock.app.live.driver import LiveDriver
from penstock.app.live.interpreter import tune
from penstock.app.live.reference import Reference
from penstock.app.live.serve import in_words, posting, run
from penstock.app.live.settings import LiveSettings
from penstock.app.live.start import Listing, goes_on, next_session, take_up
from penstock.app.live.webhook import Webhook
from penstock.app.live.wind_down import Policy, Remains
from penstock.app.server.http_server import HttpServer, is_loopback
from penstock.app.server.pace import QuickClock
from penstock.app.server.running_desk import LiveDesk
from penstock.domain.errors import BadInput
from penstock.domain.events import SessionStarted
from penstock.engine.state import EngineState
from penstock.risk.limit_book import LimitBook
from penstock.sim.sources import Market
from penstock.venues.paper.market import PaperMarket
from penstock.venues.paper.venue import PaperVenue

PACE_MAX = 100.0
HOURS = 30 * 24.0  # a session: what lives for the day of a symbol without a calendar ends with it

Say = Callable[[str], None]


class ServeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a server is to be. It trades on paper: there is no field for a credential, and nothing would take one.

    `markets` are sources (as `--market` takes them), each with venues of its own; all go at `pace`
    times the wall clock. Exchange rates and settled cash are those of the file `reference`, if there is one.
    """

    journal: Path | str
    markets: tuple[str, ...] = ("synthetic",)
    seed: int = 0
    pace: float = 1.0
    host: str = "127.0.0.1"
    port: int = 8000
    certificate: Path | None = None
    certificate_key: Path | None = None
    behind_proxy: bool = False
    hours: float = HOURS
    limits: LimitBook = LimitBook()
    policy: Policy = Policy()
    webhook: str = ""
    settings: LiveSettings = LiveSettings()
    reference: Path | None = None
    api: ApiSettings = ApiSettings()


class Built(NamedTuple):
    """A server's parts, recovered and ready to begin; `opening` is the session to begin with, if none goes on."""

    driver: LiveDriver
    service: Service
    markets: list[PaperMarket]
    opening: SessionStarted | None
    replayed: int

    async def close(self) -> None:
        """Let go of the journal and of what lies beside it."""
        try:
            await asyncio.to_thread(self.service.close)
        finally:
            await self.driver.journal.close()


async def built(request: ServeRequest) -> Built:
    """Open the journal and the markets, and put the server together.

    Raises:
        BadInput: the request cannot be carried out.
        JournalUnavailable: the journal cannot be opened.
    """
    check(request)
    reference = Reference(request.reference) if request.reference else None
    if isinstance(request.journal, Path):
        request.journal.parent.mkdir(parents=True, exist_ok=True)
    back = take_up(request.journal, request.settings.closed_orders_max)
    try:
        store = Store.beside(request.journal)
        state = back.engine.state
        clock = QuickClock(request.pace, state.ts)
        markets = opened(request, clock.now)
        opening = None
        if not goes_on(state, clock.now()) or changed(state, markets):
            opening = session_of(state, markets, clock.now(), request)
        venues = [PaperVenue(spec.name, market) for market in markets for spec in market.market.venues]
        settings = request.settings
        driver = LiveDriver(back.engine, back.journal, venues, clock=clock, settings=settings, reference=reference)
        service = Service(LiveDesk(driver, markets), store, request.api, paper=True)
    except BaseException:
        await back.journal.close()
        raise
    return Built(driver, service, markets, opening, back.replayed)


async def serve(request: ServeRequest, say: Say) -> Remains | None:
    """Run until told to stop; returns what remains, or None if a second signal cut that short.

    Raises:
        BadInput: the request cannot be carried out.
        JournalUnavailable: the journal cannot be opened.
    """
    webhook = Webhook(request.webhook) if request.webhook else None
    parts = await built(request)
    driver, state = parts.driver, parts.driver.state
    try:
        say(f"recovered {state.seq} events ({parts.replayed} replayed), {len(state.working)} working")
        tune(request.settings.switch_interval_s)
        driver.begin(parts.opening)
        tell_first_secret(parts.service, say)
        async with playing(parts.markets), posting(driver, webhook):
            remains = await run(driver, server_of(request, parts.service), request.policy, say)
        for line in in_words(remains):
            say(line)
        return remains
    finally:
        await parts.close()


def server_of(request: ServeRequest, service: Service) -> HttpServer:
    return HttpServer(service, request.host, request.port, certificate=request.certificate, key=request.certificate_key)


@asynccontextmanager
async def playing(markets: Sequence[PaperMarket]) -> AsyncIterator[None]:
    """The markets move with the clock."""
    tasks = [asyncio.create_task(market.run()) for market in markets]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def check(request: ServeRequest) -> None:
    """Refuse what would be open to others without being meant to be."""
    if not is_loopback(request.host) and request.certificate is None and not request.behind_proxy:
        rule = "is open to other machines: give --tls-certificate and --tls-key, or --behind-proxy if one does TLS"
        raise BadInput("--host", "", rule, request.host)
    if (request.certificate is None) != (request.certificate_key is None):
        raise BadInput("--tls-certificate", "", "goes with --tls-key, and neither without the other")
    if not 0 < request.pace <= PACE_MAX:
        raise BadInput("--speed", "", f"must lie above 0, and be at most {PACE_MAX:g}", request.pace)


def opened(request: ServeRequest, now: Callable[[], int]) -> list[PaperMarket]:
    """The paper markets; no two with a venue in common.

    Raises:
        BadInput: an unknown source, or a venue that two sources have.
    """
    markets = [PaperMarket(source, request.seed, now, request.pace) for source in request.markets]
    seen: dict[str, str] = {}
    for each in markets:
        for spec in each.market.venues:
            if spec.name in seen:
                raise BadInput("--market", each.source, f"has the venue {spec.name}, which {seen[spec.name]} has too")
            seen[spec.name] = each.source
    return markets


def changed(state: EngineState, markets: Sequence[PaperMarket]) -> bool:
    """Whether other venues are given than those of the session on record."""
    return {spec.name for each in markets for spec in each.market.venues} != set(state.venues)


def session_of(state: EngineState, markets: Sequence[PaperMarket], now: int, request: ServeRequest) -> SessionStarted:
    """The session to open: with the venues' own fees and abilities, and what is known of the symbols."""
    made: list[Market] = [each.market for each in markets]
    listings = [
        Listing(
            venue=spec.name,
            instruments=tuple(each for each in market.instruments if each.symbol in market.listings[spec.name]),
            fees=spec.fees,
        )
        for market in made
        for spec in market.venues
    ]
    opening = next_session(
        state, listings, now, hours=request.hours * request.pace, limits=request.limits, seed=request.seed
    )
    return msgspec.structs.replace(
        opening,
        venues=tuple(spec for market in made for spec in market.venues),
        profiles={symbol: profile for market in made for symbol, profile in market.profiles.items()},
    )


def tell_first_secret(service: Service, say: Say) -> None:
    if service.first_secret:
        say("first start: the user admin was made. This secret sets its password, once:")
        say(f"  {service.first_secret}")
