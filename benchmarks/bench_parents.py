"""A hundred parents at once over twenty instruments, against one parent alone.

Every instrument is a generated market of its own, on one exchange; five VWAP parents work in each. The one parent works
in one of these markets. Both run whole: market, engine, risk and a journal in memory. 110 times one is accepted.
"""

from decimal import Decimal
from statistics import median
from time import perf_counter

import msgspec

from penstock.app.evaluation.play import LIMITS
from penstock.app.session import RunRequest, opening_event
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, Side
from penstock.journal import MemoryJournal
from penstock.sim.book import MarketBook
from penstock.sim.driver import Simulation
from penstock.sim.fair_price import FairPrice
from penstock.sim.generated import GeneratedMarket
from penstock.sim.sources import Market
from penstock.sim.synthetic import ACME, START_NS, VENUES

INSTRUMENTS, PARENTS, MINUTES, ROUNDS = 20, 100, 20, 5
MOST = 110
NYX = next(venue for venue in VENUES if venue.name == "NYX")


def market_of(count: int) -> Market:
    """So many equities like ACME, each with a price path of its own."""
    books: list[MarketBook] = []
    for number in range(count):
        instrument = Equity(symbol=f"EQ{number:02d}", tick_size=Decimal("0.01"), lot_size=Decimal(1))
        profile = msgspec.structs.replace(ACME, instrument=instrument)
        books.append(GeneratedMarket(FairPrice(profile, 1, START_NS, MINUTES), "NYX", seed=1))
    instruments = tuple(book.instrument for book in books)
    known = {instrument.symbol: ACME.known for instrument in instruments}
    return Market(tuple(books), (NYX,), instruments, known, books[0].start_ns, books[0].end_ns)


def seconds(parents: int, instruments: int) -> float:
    """What it takes from the first event to the last report."""
    market = market_of(instruments)
    opening = opening_event(RunRequest(limits=LIMITS), market, market.start)
    simulation = Simulation(opening, market.exchange(), MemoryJournal())
    symbols = [instrument.symbol for instrument in market.instruments]
    orders = [
        OrderTerms(
            order_id=f"P{number:03d}",
            symbol=symbols[number % instruments],
            side=Side.BUY if number % 2 else Side.SELL,
            quantity=Decimal(4000),
            algorithm="vwap",
            parameters={"time_horizon": MINUTES - 2},
        )
        for number in range(parents)
    ]
    start = perf_counter()
    simulation.submit([(terms, None) for terms in orders])
    simulation.run()
    took = perf_counter() - start
    filled = sum(simulation.engine.state.orders[terms.order_id].cum_qty for terms in orders)
    assert filled == 4000 * parents, f"{filled} of {4000 * parents} filled"
    return took


def run() -> list[dict[str, object]]:
    """One row: what a hundred cost over what one costs, of medians."""
    seconds(1, 1)
    one = median(seconds(1, 1) for _ in range(ROUNDS))
    many = median(seconds(PARENTS, INSTRUMENTS) for _ in range(max(ROUNDS // 2, 1)))
    return [
        {
            "name": f"{PARENTS} VWAP parents over {INSTRUMENTS} instruments / one parent, whole runs",
            "value": many / one,
            "unit": "×",
            "peer_or_floor": MOST,
            "ratio": many / one / MOST,
        },
        {
            "name": "one parent alone, 18 minutes of market",
            "value": one,
            "unit": "s",
            "peer_or_floor": None,
            "ratio": None,
        },
    ]
