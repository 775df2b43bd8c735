"""Opening a market by its name: `synthetic`, `lobster:PATH`, `binance:PATH` or `file:PATH`, several on one clock."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.instrument import SymbolProfile
from penstock.domain.instruments import AnyInstrument
from penstock.domain.time import MILLISECOND, to_iso
from penstock.domain.venue import Fees, VenueSpec
from penstock.sim.book import MarketBook
from penstock.sim.conditions import Conditions
from penstock.sim.exchange import Exchange
from penstock.sim.native_terms import EVERY_KIND, PLAIN

HALF_MS = MILLISECOND // 2
EQUITY_FEES = Fees(maker_per_unit=Decimal("-0.0020"), taker_per_unit=Decimal("0.0030"))
# List prices without discounts, in basis points.
SPOT_FEES = Fees(maker_bps=Decimal(10), taker_bps=Decimal(10))
FUTURES_FEES = Fees(maker_bps=Decimal(2), taker_bps=Decimal(5))

VENUES = {
    "nasdaq": VenueSpec(name="nasdaq", fees=EQUITY_FEES, order_latency_ns=HALF_MS, report_latency_ns=HALF_MS,
                        abilities=EVERY_KIND),
    "binance-spot": VenueSpec(name="binance-spot", fees=SPOT_FEES, order_latency_ns=5 * MILLISECOND,
                              report_latency_ns=5 * MILLISECOND, abilities=PLAIN),
    "binance-usdm": VenueSpec(name="binance-usdm", fees=FUTURES_FEES, order_latency_ns=5 * MILLISECOND,
                              report_latency_ns=5 * MILLISECOND, abilities=PLAIN),
    "binance-coinm": VenueSpec(name="binance-coinm", fees=FUTURES_FEES, order_latency_ns=5 * MILLISECOND,
                               report_latency_ns=5 * MILLISECOND, abilities=PLAIN),
}  # fmt: skip


class Market(msgspec.Struct, frozen=True):
    """Simulated venues ready to trade on, over the time that all of them cover (ns).

    `conditions` are what venues do beyond what their specs say; `seed` decides about what they leave to chance.
    """

    books: tuple[MarketBook, ...]
    venues: tuple[VenueSpec, ...]
    instruments: tuple[AnyInstrument, ...]
    profiles: dict[str, SymbolProfile]
    start: int
    end: int
    conditions: dict[str, Conditions] = {}
    seed: int = 0

    def exchange(self) -> Exchange:
        """All its venues, at the start."""
        return Exchange(self.books, self.venues, self.start, conditions=self.conditions, seed=self.seed)

    @property
    def listings(self) -> dict[str, tuple[str, ...]]:
        """The symbols that each venue trades."""
        listed: dict[str, tuple[str, ...]] = {}
        for book in self.books:
            listed[book.venue] = (*listed.get(book.venue, ()), book.instrument.symbol)
        return listed


def open_market(sources: Sequence[str], seed: int) -> Market:
    """All `sources` together: the books of each, from the latest start to the earliest end.

    Raises:
        BadInput: an unknown source, a file that breaks a rule, or what `together` says.
    """
    for source in sources:
        if sources.count(source) > 1:
            raise BadInput("--market", source, "is already given")
    return together({source: open_source(source, seed) for source in sources}, seed)


def together(markets: Mapping[str, Market], seed: int) -> Market:
    """Several markets, by what they are called, as one.

    Raises:
        BadInput: a symbol that two of them trade on one venue, or no time that they have in common.
    """
    parts = list(markets.values())
    books = tuple(book for part in parts for book in part.books)
    seen: set[tuple[str, str]] = set()
    for source, part in markets.items():
        for book in part.books:
            place = (book.venue, book.instrument.symbol)
            if place in seen:
                raise BadInput("--market", source, f"{place[1]} on {place[0]} is already given by another source")
            seen.add(place)
    start, end = max(part.start for part in parts), min(part.end for part in parts)
    if start >= end:
        spans = "; ".join(f"{source} {to_iso(part.start)} to {to_iso(part.end)}" for source, part in markets.items())
        raise BadInput("--market", "", f"the sources have no time in common: {spans}")
    venues = {venue.name: venue for part in parts for venue in part.venues}
    instruments = {instrument.symbol: instrument for part in parts for instrument in part.instruments}
    profiles = {symbol: profile for part in parts for symbol, profile in part.profiles.items()}
    conditions = {name: each for part in parts for name, each in part.conditions.items()}
    return Market(books, tuple(venues.values()), tuple(instruments.values()), profiles, start, end, conditions, seed)


def open_source(source: str, seed: int) -> Market:
    """One source by its name."""
    kind, _, path = source.partition(":")
    if source == "synthetic":
        return open_synthetic(seed)
    if kind == "file" and path:
        return open_file(Path(path), seed)
    opener = FILES.get(kind)
    if opener is None or not path:
        raise BadInput("--market", "", "must be synthetic, lobster:PATH, binance:PATH or file:PATH", source)
    book = opener(Path(path))
    instrument = book.instrument
    return Market((book,), (VENUES[book.venue],), (instrument,), {}, book.start_ns, book.end_ns)


def open_synthetic(seed: int) -> Market:
    from penstock.sim.synthetic import synthetic_markets

    made = synthetic_markets(seed)
    return Market(tuple(made.books), made.venues, made.instruments, made.profiles, made.start_ns, made.end_ns)


def open_file(path: Path, seed: int) -> Market:
    """The sources of a market file, with the venues and the conditions that it adds."""
    from penstock.sim.market_build import built
    from penstock.sim.market_file import read_market_file

    file = read_market_file(path)
    if any(source.startswith("file:") for source in file.sources):
        raise BadInput(str(path), "sources", "must not name another market file")
    markets = {source: open_source(source, seed) for source in file.sources}
    if file.generated:
        from penstock.sim.generated_file import generated_market

        markets["generated"] = generated_market(file.generated, str(path), seed)
    return built(file, together(markets, seed), str(path), seed)


def open_lobster(path: Path) -> MarketBook:
    from penstock.sim.replay import OrderReplay

    return OrderReplay.open(path)


def open_binance(path: Path) -> MarketBook:
    from penstock.market.binance import load
    from penstock.sim.depth_replay import DepthReplay

    return DepthReplay(load(path))


FILES: dict[str, Callable[[Path], MarketBook]] = {"lobster": open_lobster, "binance": open_binance}
