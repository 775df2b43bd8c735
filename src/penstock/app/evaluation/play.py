"""Playing a parent: the market without it first, for its size; then each algorithm, as a buy and as a sell."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from decimal import Decimal
from functools import partial
from multiprocessing import get_context

import msgspec

from penstock.algos.registry import normalise, window_parameter
from penstock.app.evaluation.trials import Contender, Draw, Outcome
from penstock.app.session import RunRequest, opening_event
from penstock.domain.orders import OrderTerms, Side, Strategy
from penstock.domain.time import MINUTE
from penstock.engine.sight import consolidated_mid
from penstock.journal.memory import MemoryJournal
from penstock.sim.driver import Simulation
from penstock.sim.exchange import Exchange
from penstock.sim.sources import Market, open_market
from penstock.tca.analysis import ParentCosts, analyse

BENCHMARKS = {"twap": "twap", "vwap": "vwap", "pov": "vwap"}
FOLLOWS_FASTER = 1.1  # than its share of the volume that came without it
LIMITS = {"slippage_abort_bps": 10_000, "order_value_max": 1_000_000_000}  # costs are to be seen, not stopped


def played(draw: Draw, contenders: Sequence[Contender]) -> list[Outcome]:
    """Every contender's outcome for one parent; none where the market shows no two sides, or trades too little."""
    market, exchange = at_start(draw)
    quantity = size_of(draw, market, exchange)
    if quantity <= 0 or consolidated_mid(exchange.quotes({draw.symbol})[draw.symbol]) is None:
        return []
    outcomes = []
    for contender in contenders:
        buy, sell = (traded(draw, contender, side, quantity, market, exchange) for side in (Side.BUY, Side.SELL))
        benchmark = BENCHMARKS.get(contender.algorithm, "arrival")
        costs = (cost_of(buy), cost_of(sell))
        outcomes.append(
            Outcome(
                number=draw.number,
                label=contender.label,
                size=draw.size,
                cost=sum(costs) / 2,
                costs=costs,
                benchmark=(float(buy.slippage(benchmark) or 0), float(sell.slippage(benchmark) or 0)),
                vwap=(float(buy.slippage("vwap") or 0), float(sell.slippage("vwap") or 0)),
                filled=sum(float(side.record.filled / side.record.terms.quantity) for side in (buy, sell)) / 2,
                passive=sum(passive_share(side) for side in (buy, sell)) / 2,
                participation=sum(float(side.participation or 0) for side in (buy, sell)) / 2,
                children=len(buy.record.children) + len(sell.record.children),
            )
        )
    return outcomes


def at_start(draw: Draw) -> tuple[Market, Exchange]:
    """The parent's market, with its own symbol only, played to the parent's arrival."""
    whole = open_market(draw.market, draw.seed)
    books = tuple(book for book in whole.books if book.instrument.symbol == draw.symbol)
    market = msgspec.structs.replace(
        whole,
        books=books,
        venues=tuple(venue for venue in whole.venues if any(book.venue == venue.name for book in books)),
        instruments=tuple(instrument for instrument in whole.instruments if instrument.symbol == draw.symbol),
        profiles={symbol: profile for symbol, profile in whole.profiles.items() if symbol == draw.symbol},
    )
    exchange = market.exchange()
    play_to(exchange, market.start + draw.start, draw.symbol)
    return market, exchange


def play_to(exchange: Exchange, until: int, symbol: str) -> Decimal:
    """Play a market to an instant at which nothing of ours can happen; what it had traded by then (units)."""
    while exchange.now < until:
        exchange.advance(until)
    exchange.announce_outages()  # to who begins now
    return sum((quote.volume for quote in exchange.quotes({symbol})[symbol].values()), Decimal(0))


def size_of(draw: Draw, market: Market, exchange: Exchange) -> Decimal:
    """The parent's quantity in whole lots: its share of what trades in its window without it."""
    before, alone = play_to(exchange, exchange.now, draw.symbol), deepcopy(exchange)
    after = play_to(alone, alone.now + round(draw.minutes * MINUTE), draw.symbol)
    return market.instruments[0].round_quantity((after - before) * Decimal(repr(draw.size)))


def traded(
    draw: Draw, contender: Contender, side: Side, quantity: Decimal, market: Market, exchange: Exchange
) -> ParentCosts:
    """What one parent cost, from its arrival to its end, in a copy of the market."""
    journal = MemoryJournal()
    worked(draw, contender, side, quantity, market, deepcopy(exchange), journal)
    (parent,) = analyse(journal.events).parents
    return parent


def worked(
    draw: Draw,
    contender: Contender,
    side: Side,
    quantity: Decimal,
    market: Market,
    exchange: Exchange,
    journal: MemoryJournal,
) -> None:
    """Work one parent from its arrival to its end in this very market, on record."""
    opening = opening_event(RunRequest(market=draw.market, seed=draw.seed, limits=LIMITS), market, market.start)
    simulation = Simulation(opening, exchange, journal)
    terms = OrderTerms(
        order_id="P1",
        symbol=draw.symbol,
        side=side,
        quantity=quantity,
        algorithm=contender.algorithm,
        strategy=Strategy(contender.strategy),
        parameters=normalise(contender.algorithm, windowed(contender, draw)),
    )
    simulation.submit([(terms, None)])
    simulation.run()


def windowed(contender: Contender, draw: Draw) -> dict[str, object]:
    """A contender's parameters with the parent's window; one that follows the market does so fast enough to be done."""
    named = window_parameter(contender.algorithm)
    given: dict[str, object] = {} if named is None else {named: draw.minutes}
    if contender.algorithm == "pov":
        given["participation_rate"] = min(draw.size * FOLLOWS_FASTER, 1.0)
    return given | contender.parameters


def cost_of(parent: ParentCosts) -> float:
    """The whole shortfall in bps of the order's value at arrival."""
    return float(parent.shortfall.bps(parent.shortfall.total))


def passive_share(parent: ParentCosts) -> float:
    return float(parent.passive_notional / parent.traded_notional) if parent.traded_notional else 0.0


def play_all(draws: Sequence[Draw], contenders: Sequence[Contender], jobs: int) -> Iterator[list[Outcome]]:
    """Every parent's outcomes, in order, played in so many processes."""
    work = partial(played, contenders=tuple(contenders))
    if jobs == 1:
        yield from map(work, draws)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, draws)
