"""From a market file to a market: the sources' books, with auctions around them and venues without a display beside."""

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.instructions import OrderType, TimeInForce
from penstock.domain.time import MILLISECOND, MINUTE, SECOND
from penstock.domain.venue import Abilities, Fees, VenueKind, VenueSpec
from penstock.sim.auction_market import AuctionMarket
from penstock.sim.book import MarketBook
from penstock.sim.conditions import FeeTable
from penstock.sim.dark_pool import DarkPool, nobody_knows
from penstock.sim.generated import GeneratedMarket
from penstock.sim.hidden_interest import Lean
from penstock.sim.market_file import AnyUnlit, Crossing, Dealer, MarketFile
from penstock.sim.market_maker import MarketMaker
from penstock.sim.reacting_market import ReactingMarket
from penstock.sim.sources import Market
from penstock.sim.unlit_market import Tell, nobody_hears

DARK_ABILITIES = Abilities(
    order_types=(OrderType.LIMIT, OrderType.PEG),
    tifs=(TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC),
    post_only=False,
    min_qty=True,
)
SESSION_ABILITIES = msgspec.structs.replace(DARK_ABILITIES, tifs=(TimeInForce.DAY, TimeInForce.GTC))
DEALER_ABILITIES = Abilities(
    order_types=(OrderType.LIMIT,), tifs=(TimeInForce.IOC, TimeInForce.FOK), post_only=False, replace=False
)


def built(file: MarketFile, market: Market, where: str, seed: int) -> Market:
    """The market of the file's sources with what the file adds.

    Raises:
        BadInput: a symbol or a venue that no source has, or the name of one of theirs.
    """
    own = {spec.name for spec in market.venues}
    for title, named in (
        ("venues", file.venues),
        ("reactions", file.reactions),
        ("auctions", file.auctions),
    ):
        for name in named:
            if name not in own:
                known = ", ".join(sorted(own))
                raise BadInput(where, f"{title}.{name}", f"must be a venue of the sources: {known}", name)
    lit: dict[str, list[MarketBook]] = {}
    for book in market.books:
        symbol = book.instrument.symbol
        book = _with_auctions(_reacting(book, file, where), file, seed)
        lit.setdefault(symbol, []).append(book)
    unlit: list[MarketBook] = []
    for name, given in file.unlit.items():
        if name in own:
            raise BadInput(where, name, "is a venue of the sources already: its conditions belong under venues")
        unlit += [
            _book(name, given, symbol, _known(lit, symbol, where, f"{name}.symbols"), seed) for symbol in given.symbols
        ]
    for title, tables in (("reactions", file.reactions), ("auctions", file.auctions)):
        for name, each in tables.items():
            for symbol in each.symbols:
                _known(lit, symbol, where, f"{title}.{name}.symbols")
    specs = [_calls(spec) if spec.name in file.auctions else spec for spec in market.venues]
    return msgspec.structs.replace(
        market,
        books=(*(book for books in lit.values() for book in books), *unlit),
        venues=(*specs, *(_spec(name, given) for name, given in file.unlit.items())),
        conditions={**file.venues, **{name: each.conditions for name, each in file.unlit.items()}},
    )


def _known(lit: dict[str, list[MarketBook]], symbol: str, where: str, field: str) -> list[MarketBook]:
    if symbol not in lit:
        raise BadInput(where, field, f"must be traded by the sources: {', '.join(sorted(lit))}", symbol)
    return lit[symbol]


def _reacting(book: MarketBook, file: MarketFile, where: str) -> MarketBook:
    """The book, answering to our trades where the file says so."""
    reacts = file.reactions.get(book.venue)
    reaction = reacts.symbols.get(book.instrument.symbol) if reacts else None
    if reaction is None:
        return book
    if isinstance(book, GeneratedMarket):
        rule = "is generated, and answers by itself: give its MarketProfile another impact"
        raise BadInput(where, f"reactions.{book.venue}", rule, book.instrument.symbol)
    return ReactingMarket(book, reaction)


def _with_auctions(book: MarketBook, file: MarketFile, seed: int) -> MarketBook:
    """The book between its auctions, where the file says that it has some."""
    auctions = file.auctions.get(book.venue)
    profile = auctions.symbols.get(book.instrument.symbol) if auctions else None
    if auctions is None or profile is None:
        return book
    after = auctions.opens_after_s
    opens_at = None if after is None else book.start_ns + round(after * SECOND)
    return AuctionMarket(book, profile, seed=seed, opens_at=opens_at, tell=heard_by(book))


def _calls(spec: VenueSpec) -> VenueSpec:
    able = msgspec.structs.replace(spec.abilities, tifs=(*spec.abilities.tifs, TimeInForce.OPG, TimeInForce.CLS))
    return msgspec.structs.replace(spec, abilities=able)


def heard_by(book: MarketBook) -> Tell:
    """How a market hears of lots that we want; one that is recorded does not."""
    inner = book.market if isinstance(book, AuctionMarket) else book
    return inner.hear if isinstance(inner, GeneratedMarket) else nobody_hears


def known_by(book: MarketBook) -> Lean:
    """What the informed know of where a market's price will go; nothing, where it is recorded."""
    inner = book.market if isinstance(book, AuctionMarket) else book
    return inner.lean if isinstance(inner, GeneratedMarket) else nobody_knows


def _book(name: str, given: AnyUnlit, symbol: str, lit: list[MarketBook], seed: int) -> MarketBook:
    tell, lean = heard_by(lit[0]), known_by(lit[0])
    if isinstance(given, Dealer):
        return MarketMaker(name, lit, given.symbols[symbol], seed=seed, tell=tell)
    every = round(given.every_minutes * MINUTE) if isinstance(given, Crossing) else 0
    return DarkPool(name, lit, given.symbols[symbol], seed=seed, every_ns=every, lean=lean, tell=tell)


def _spec(name: str, given: AnyUnlit) -> VenueSpec:
    kind, abilities = VenueKind.DARK_POOL, DARK_ABILITIES
    if isinstance(given, Crossing):
        kind, abilities = VenueKind.CROSSING_NETWORK, SESSION_ABILITIES
    elif isinstance(given, Dealer):
        kind, abilities = VenueKind.MARKET_MAKER, DEALER_ABILITIES
    latency = round(given.latency_ms * MILLISECOND)
    return VenueSpec(
        name=name,
        kind=kind,
        fees=_fees(given.fees),
        abilities=abilities,
        order_latency_ns=latency,
        report_latency_ns=latency,
    )


def _fees(given: FeeTable) -> Fees:
    return Fees(**msgspec.structs.asdict(given))
