"""The embedded default market: two perpetuals on two crypto venues, two equities on two exchanges, one trading day.

It needs no data and no network. Books generate their flow as they are advanced, so a short run does not pay for the
day; two runs with one seed see the same market.
"""

from decimal import Decimal

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.instrument import SymbolProfile
from penstock.domain.instruments import AnyInstrument, Equity, Perpetual
from penstock.domain.time import MILLISECOND, from_iso
from penstock.domain.venue import Abilities, Fees, VenueKind, VenueSpec
from penstock.sim.book import MarketBook
from penstock.sim.fair_price import FairPrice
from penstock.sim.generated import GeneratedMarket
from penstock.sim.market_profile import MarketProfile
from penstock.sim.native_terms import EVERY_KIND, PLAIN

START_NS = from_iso("2025-08-18T13:30:00Z")
MINUTES_MAX = 390

CRYPTO_FEES = Fees(maker_bps=Decimal(2), taker_bps=Decimal(5))
EQUITY_FEES = Fees(maker_per_unit=Decimal("-0.0020"), taker_per_unit=Decimal("0.0030"))


def _venue(name: str, kind: VenueKind, fees: Fees, latency_us: int, abilities: Abilities) -> VenueSpec:
    latency = latency_us * MILLISECOND // 1000
    return VenueSpec(
        name=name, kind=kind, fees=fees, order_latency_ns=latency, report_latency_ns=latency, abilities=abilities
    )


VENUES = (
    _venue("okx", VenueKind.EXCHANGE, CRYPTO_FEES, 4000, PLAIN),
    _venue("binance", VenueKind.EXCHANGE, CRYPTO_FEES, 2500, PLAIN),
    _venue("NYX", VenueKind.EXCHANGE, EQUITY_FEES, 500, EVERY_KIND),
    _venue("BATX", VenueKind.ECN, EQUITY_FEES, 500, EVERY_KIND),
)

BTC = MarketProfile(
    instrument=Perpetual(
        symbol="BTCUSDT-PERP",
        base="BTC",
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.001"),
        currency="USDT",
        min_quantity=Decimal("0.001"),
        min_notional=Decimal(5),
    ),
    price=Decimal(62430),
    adv=Decimal(24000),
    daily_volatility=0.025,
    spread=Decimal(2),
    touch_quantity=Decimal("0.25"),
    trades_per_second=2.0,
    quotes_per_second=50.0,
)
ETH = MarketProfile(
    instrument=Perpetual(
        symbol="ETHUSDT-PERP",
        base="ETH",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.01"),
        currency="USDT",
        min_quantity=Decimal("0.01"),
        min_notional=Decimal(5),
    ),
    price=Decimal(2640),
    adv=Decimal(330000),
    daily_volatility=0.032,
    spread=Decimal("0.12"),
    touch_quantity=Decimal(5),
    trades_per_second=1.6,
    quotes_per_second=45.0,
)
ACME = MarketProfile(
    instrument=Equity(symbol="ACME", tick_size=Decimal("0.01"), lot_size=Decimal(1)),
    price=Decimal(185),
    adv=Decimal(12_000_000),
    daily_volatility=0.016,
    spread=Decimal("0.014"),
    touch_quantity=Decimal(600),
    trades_per_second=2.0,
    quotes_per_second=25.0,
)
GLOBEX = MarketProfile(
    instrument=Equity(symbol="GLOBEX", tick_size=Decimal("0.01"), lot_size=Decimal(1)),
    price=Decimal(92),
    adv=Decimal(900_000),
    daily_volatility=0.021,
    spread=Decimal("0.06"),
    touch_quantity=Decimal(250),
    trades_per_second=0.4,
    quotes_per_second=8.0,
)
LISTINGS = (  # profile, then each venue's share of its volume
    (BTC, (("okx", 0.4), ("binance", 0.6))),
    (ETH, (("okx", 0.4), ("binance", 0.6))),
    (ACME, (("NYX", 0.6), ("BATX", 0.4))),
    (GLOBEX, (("NYX", 0.6), ("BATX", 0.4))),
)


class SyntheticMarket(msgspec.Struct, frozen=True):
    """Books that stand at `start_ns` with their first depth; `profiles` is what pre-trade models may know."""

    books: list[MarketBook]
    venues: tuple[VenueSpec, ...]
    instruments: tuple[AnyInstrument, ...]
    profiles: dict[str, SymbolProfile]
    start_ns: int
    end_ns: int


def synthetic_markets(seed: int, *, minutes: int = MINUTES_MAX) -> SyntheticMarket:
    """The first `minutes` of the synthetic day, 2025-08-18 from 13:30 UTC.

    Raises:
        BadInput: `minutes` outside 1..390.
    """
    if not 1 <= minutes <= MINUTES_MAX:
        raise BadInput("synthetic market", "minutes", f"must lie between 1 and {MINUTES_MAX}", minutes)
    books: list[MarketBook] = []
    for profile, listing in LISTINGS:
        fair = FairPrice(profile, seed, START_NS, minutes)
        books += [GeneratedMarket(fair, venue, seed=seed, share=share) for venue, share in listing]
    return SyntheticMarket(
        books=books,
        venues=VENUES,
        instruments=tuple(profile.instrument for profile, _ in LISTINGS),
        profiles={profile.instrument.symbol: profile.known for profile, _ in LISTINGS},
        start_ns=START_NS,
        end_ns=books[0].end_ns,
    )
