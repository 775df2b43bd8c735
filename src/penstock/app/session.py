"""From a request to a running session: market opened, parents planned, journal begun. Nothing is written before
everything has been checked.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

import penstock
from penstock.algos.registry import build, check, normalise, plain
from penstock.app.volume_profile import resolve_profile
from penstock.domain.errors import BadInput
from penstock.domain.events import SessionStarted
from penstock.domain.orders import OrderTerms
from penstock.domain.sessions import SessionTimes
from penstock.domain.time import SECOND
from penstock.engine.ports import Journal
from penstock.engine.sight import consolidated_mid
from penstock.market.calendars import sessions_between
from penstock.portfolio.targets import Target, plan_parents
from penstock.risk.limit_book import plain_book, restored_book
from penstock.sim.driver import Simulation
from penstock.sim.exchange import Exchange
from penstock.sim.sources import Market, open_market

OPENING_PATIENCE_S = 300  # how long a market may take to show both sides


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides a run: the same request gives the same run, byte for byte.

    `limits` is a book of limits as plain data; what is left out has its default.
    """

    market: tuple[str, ...] = ("synthetic",)
    seed: int = 0
    targets: tuple[Target, ...] = ()
    algorithm: str = "twap"
    parameters: dict[str, Any] = {}
    positions: dict[str, Decimal] = {}
    entry_prices: dict[str, Decimal] = {}
    limits: dict[str, Any] = {}
    calendars: dict[str, str] = {}


class Planned(msgspec.Struct, frozen=True):
    """A run that is ready to begin."""

    opening: SessionStarted
    exchange: Exchange
    parents: list[tuple[OrderTerms, Decimal | None]]

    def begin(self, journal: Journal) -> Simulation:
        """Write the first event, and hand the parents to the engine."""
        simulation = Simulation(self.opening, self.exchange, journal)
        simulation.submit(self.parents)
        return simulation


def prepare(request: RunRequest) -> Planned:
    """Open the market and turn targets into parent orders.

    Raises:
        BadInput: anything about the request that cannot be carried out.
    """
    check_default(request)
    market = open_market(request.market, request.seed)
    exchange = market.exchange()
    instruments = {instrument.symbol: instrument for instrument in market.instruments}
    named = {target.symbol for target in request.targets} & set(instruments)
    prices = opening_prices(exchange, named or set(instruments))
    for symbol in request.positions:
        if symbol not in instruments:
            rule = f"is not in this market, which has {', '.join(sorted(instruments))}"
            raise BadInput("positions", "symbol", rule, symbol)
    targets = [with_defaults(target, request) for target in request.targets]
    parents = plan_parents(targets, request.positions, instruments, prices, market.listings, request.algorithm, check)
    decisions = {target.symbol: target.decision_price for target in targets}
    placed = [
        (msgspec.structs.replace(terms, parameters=normalise(terms.algorithm or "", terms.parameters)),
         decisions[terms.symbol])
        for terms in parents
    ]  # fmt: skip
    return Planned(opening_event(request, market, exchange.now), exchange, placed)


def check_default(request: RunRequest) -> None:
    """The default algorithm is checked by itself, so that a mistake in it is not blamed on a target."""
    try:
        build(request.algorithm, request.parameters)
    except ValueError as error:
        raise BadInput("--algo", "", str(error)) from None


def with_defaults(target: Target, request: RunRequest) -> Target:
    """A target without an algorithm gets the default one, with its parameters under the target's own."""
    parameters: Mapping[str, Any] = target.parameters
    if target.algorithm is None:
        parameters = {**request.parameters, **parameters}
    resolved = {name: plain(value) for name, value in parameters.items()}
    return msgspec.structs.replace(target, parameters=resolve_profile(resolved, target.symbol, target.where))


def opening_prices(exchange: Exchange, symbols: set[str]) -> dict[str, Decimal]:
    """The arrival mids, once every market named shows both sides.

    Raises:
        BadInput: a market that does not within `OPENING_PATIENCE_S`.
    """
    for _ in range(OPENING_PATIENCE_S):
        quotes = exchange.quotes(symbols)
        mids = {symbol: consolidated_mid(quotes[symbol]) for symbol in symbols}
        prices = {symbol: mid for symbol, mid in mids.items() if mid is not None}
        if len(prices) == len(symbols):
            return prices
        exchange.advance(exchange.now + SECOND)
    missing = ", ".join(sorted(symbols - set(prices)))
    raise BadInput("--market", "", f"shows no bid and ask for {missing} in its first {OPENING_PATIENCE_S} s")


def sessions_of(request: RunRequest, market: Market, now: int) -> dict[str, tuple[SessionTimes, ...]]:
    """The exchange sessions of every symbol that has a calendar, no later than the market itself.

    Raises:
        BadInput: an unknown symbol or calendar, or one whose exchange is closed all the time.
    """
    known = {instrument.symbol for instrument in market.instruments}
    found: dict[str, tuple[SessionTimes, ...]] = {}
    for symbol, calendar in request.calendars.items():
        if symbol not in known:
            raise BadInput("calendars", "symbol", "is not in this market", symbol)
        sessions = sessions_between(calendar, now, market.end)
        if not sessions:
            raise BadInput("calendars", symbol, "is closed as long as this market's data lasts", calendar)
        *whole, last = sessions
        found[symbol] = (*whole, msgspec.structs.replace(last, closes=min(last.closes, market.end)))
    return found


def opening_event(request: RunRequest, market: Market, now: int) -> SessionStarted:
    return SessionStarted(
        ts=now,
        version=penstock.__version__,
        seed=request.seed,
        instruments=market.instruments,
        venues=market.venues,
        listings=market.listings,
        positions=request.positions,
        entry_prices=request.entry_prices,
        limits=plain_book(restored_book(request.limits)),
        market_start=now,
        market_end=market.end,
        profiles=market.profiles,
        sessions=sessions_of(request, market, now),
        request=msgspec.to_builtins(request),
    )
