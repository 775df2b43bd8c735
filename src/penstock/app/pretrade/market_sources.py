"""The market of a pre-trade analysis from a source by its name: what it shows when it opens, or at a time of day.

Average daily volume and volatility are the source's own profile. A recording has none: they are measured over all of
it, which is hindsight, and said so.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from math import log, sqrt

import msgspec

from penstock.app.session import opening_prices
from penstock.cost.displayed_book import merge_levels
from penstock.cost.market_state import ALL_DAY_MINUTES, EQUITY_MINUTES, Ladder, MarketState
from penstock.cost.pretrade import prices_of
from penstock.domain.errors import BadInput
from penstock.domain.instrument import AssetClass, Instrument, SymbolProfile
from penstock.domain.orders import Side
from penstock.domain.quote import Level
from penstock.domain.time import DAY, MINUTE, to_iso
from penstock.market.calendars import US_EQUITIES, sessions_between
from penstock.market.volume_curve import CRYPTO, EQUITY
from penstock.sim.book import NONE, MarketBook
from penstock.sim.exchange import Exchange
from penstock.sim.sources import Market, open_market

SAMPLE_NS = MINUTE
RETURNS_MIN = 5


class Day(msgspec.Struct, frozen=True):
    """When a symbol trades: the volumes of equal parts of its day, its minutes, and how much of it is over."""

    curve: tuple[float, ...]
    minutes: float
    opens: int
    all_day: bool

    def elapsed(self, at: int) -> float:
        """The share of the day that is over, in [0, 1)."""
        return min(max((at - self.opens) / (self.minutes * MINUTE), 0.0), 1 - 1e-9)


def read_markets(sources: Sequence[str], seed: int, symbols: Sequence[str], at: str = "") -> dict[str, MarketState]:
    """The state of each symbol; of all that the sources have if none is named. `at` is a time of day, HH:MM UTC.

    Raises:
        BadInput: an unknown source or symbol, a time outside the market's, a recording too short to measure.
    """
    market = open_market(sources, seed)
    instruments = {each.symbol: each for each in market.instruments}
    for symbol in symbols:
        if symbol not in instruments:
            rule = f"is not in this market, which has {', '.join(sorted(instruments))}"
            raise BadInput("ORDER", "symbol", rule, symbol)
    wanted = list(symbols) or sorted(instruments)
    exchange = market.exchange()
    if at:
        exchange.advance(moment(market, at))
    opening_prices(exchange, set(wanted))
    found: dict[str, MarketState] = {}
    for symbol in wanted:
        profile, note = market.profiles.get(symbol), "volume and volatility are the source's own profile"
        if profile is None:
            profile, note = measured(sources, seed, symbol)
        found[symbol] = state_of(market, exchange, instruments[symbol], profile, note)
    return found


def moment(market: Market, at: str) -> int:
    """The time (ns) that a time of day means on the market's first day.

    Raises:
        BadInput: not written HH:MM, or a time at which the source has no market.
    """
    hours, _, minutes = at.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60):
        raise BadInput("--at", "", "is written HH:MM, in UTC", at)
    ns = market.start // DAY * DAY + (int(hours) * 60 + int(minutes)) * MINUTE
    if not market.start <= ns < market.end:
        span = f"{to_iso(market.start)[11:16]} to {to_iso(market.end)[11:16]}"
        raise BadInput("--at", "", f"must lie within the market's {span} UTC", at)
    return ns


def state_of(
    market: Market, exchange: Exchange, instrument: Instrument, profile: SymbolProfile, note: str
) -> MarketState:
    """One symbol as it stands on all its venues together."""
    symbol = instrument.symbol
    quotes, specs = exchange.quotes([symbol])[symbol], {spec.name: spec for spec in market.venues}
    prices = prices_of(instrument, quotes, specs)
    assert prices is not None, "opening prices were found"
    maker, taker = fees_bps(instrument, market, prices.sound, float(prices.mid))
    depths = list(exchange.depth(symbol).values())
    day = day_of(instrument, market, exchange.now)
    return MarketState(
        symbol=symbol,
        price=float(prices.mid),
        spread_bps=float(prices.costs["half_spread_bps"]) * 4,  # half of the half spread: what crosses of an even mix
        adv=float(profile.adv),
        daily_volatility=profile.daily_volatility,
        maker_bps=maker,
        taker_bps=taker,
        bids=ladder(merge_levels(depths, Side.SELL)),
        asks=ladder(merge_levels(depths, Side.BUY)),
        curve=day.curve,
        elapsed=day.elapsed(exchange.now),
        day_minutes=day.minutes,
        currency=instrument.currency,
        value_of_unit=float(instrument.notional(Decimal(1), prices.mid) / prices.mid),
        lot=float(instrument.lot_size),
        lit_only=day.all_day,
        notes=(f"as of {to_iso(exchange.now)[:19]}Z", note),
    )


def ladder(levels: Sequence[Level]) -> Ladder:
    """Levels as floats, those of one price on several venues put together."""
    together: dict[Decimal, Decimal] = {}
    for price, quantity in levels:
        together[price] = together.get(price, Decimal(0)) + quantity
    return tuple((float(price), float(quantity)) for price, quantity in together.items())


def fees_bps(instrument: Instrument, market: Market, venues: Sequence[str], mid: float) -> tuple[float, float]:
    """The least maker and the least taker fee over the venues, in bps."""
    unit = float(instrument.notional(Decimal(1), Decimal(repr(mid))))
    fees = [spec.fees for spec in market.venues if spec.name in venues]
    maker = min(float(fee.maker_bps) + float(fee.maker_per_unit) / unit * 1e4 for fee in fees)
    return maker, min(float(fee.taker_bps) + float(fee.taker_per_unit) / unit * 1e4 for fee in fees)


def day_of(instrument: Instrument, market: Market, now: int) -> Day:
    """A share's day is its exchange's session, or what the market covers where none is known; others trade all day."""
    if instrument.asset_class is not AssetClass.EQUITY:
        return Day(CRYPTO, ALL_DAY_MINUTES, now // DAY * DAY, True)
    try:
        sessions = sessions_between(US_EQUITIES, now, market.end)
    except BadInput:
        sessions = ()
    opens = sessions[0].opens if sessions else market.start
    return Day(EQUITY, EQUITY_MINUTES, opens, False)


def measured(sources: Sequence[str], seed: int, symbol: str) -> tuple[SymbolProfile, str]:
    """Volume and volatility of a day from the whole recording, by the share of a day that it covers.

    Raises:
        BadInput: too short to tell.
    """
    market = open_market(sources, seed)
    books = [book for book in market.books if book.instrument.symbol == symbol]
    instrument = books[0].instrument
    day = day_of(instrument, market, market.start)
    mids, lots = replayed(books, market.start, market.end)
    returns = [log(after / before) for before, after in pairwise(mids) if before > 0 and after > 0]
    if len(returns) < RETURNS_MIN or not lots:
        raise BadInput("--market", symbol, "is too short to measure volume and volatility: give --adv and --volatility")
    covered = MarketState(
        symbol=symbol, price=1.0, spread_bps=0.0, adv=1.0, daily_volatility=0.0, curve=day.curve,
        day_minutes=day.minutes, elapsed=day.elapsed(market.start),
    ).volume_share((market.end - market.start) / MINUTE)  # fmt: skip
    covered = max(covered, 1e-6)
    adv = instrument.quantity(1) * Decimal(round(lots / covered))
    volatility = sqrt(sum(each * each for each in returns) / covered)
    hours = (market.end - market.start) / MINUTE / 60
    note = (
        f"volume and volatility were measured over the recording's {hours:.1f} h, which lie ahead: give yours instead"
    )
    return SymbolProfile(adv, volatility), note


def replayed(books: Sequence[MarketBook], start: int, end: int) -> tuple[list[float], int]:
    """The mid of the first book once a minute, and the lots that all of them traded."""
    mids: list[float] = []
    for at in (*range(start, end, SAMPLE_NS), end):
        for book in books:
            while book.advance(at) < at:
                continue
        touch = books[0].touch()
        if touch.bid != NONE and touch.ask != NONE:
            mids.append((touch.bid + touch.ask) / 2)
    return mids, sum(book.traded()[0] for book in books)
