"""A market of your own, as a TOML file: what it is made of, what its venues are like, and venues that show nothing.

sources = ["synthetic"]              # as --market takes them

[venues.NYX]                         # a venue of those sources, as it really is (see `conditions`)
to_venue = {kind = "jitter", ms = 0.3, mean_ms = 0.5}
outages = [{start = "2025-08-18T14:00:00Z", end = "2025-08-18T14:02:00Z"}]

[pools.NIGHT]                        # a dark pool (see `hidden_interest`)
symbols.ACME = {mean_quantity = 800, arrivals_per_minute = 3}

[crossings.QUARTER]                  # a crossing network: the same, at its sessions only
every_minutes = 15
symbols.ACME = {mean_quantity = 5000}

[dealers.DESK]                       # a market maker who answers requests (see `market_maker`)
symbols.ACME = {usual_quantity = 2000, half_spread_bps = 1.5}
"""

import tomllib
from collections.abc import Sequence
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.instructions import OrderType, TimeInForce
from penstock.domain.time import MILLISECOND, MINUTE
from penstock.domain.venue import Abilities, Fees, VenueKind, VenueSpec
from penstock.sim.book import MarketBook
from penstock.sim.conditions import Conditions, FeeTable
from penstock.sim.dark_pool import DarkPool, nobody_hears, nobody_knows
from penstock.sim.generated import GeneratedMarket
from penstock.sim.hidden_interest import PoolProfile
from penstock.sim.market_maker import DealerProfile, MarketMaker

T = TypeVar("T")
LATENCY_MS = 1.0
DARK_FEES = FeeTable(maker_per_unit=Decimal("0.0010"), taker_per_unit=Decimal("0.0010"))
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


class Unlit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every venue without a display says of itself; `latency_ms` is one way."""

    latency_ms: Annotated[float, msgspec.Meta(gt=0, le=600_000)] = LATENCY_MS
    fees: FeeTable = DARK_FEES
    conditions: Conditions = Conditions()


class Pool(Unlit, frozen=True, kw_only=True, forbid_unknown_fields=True):
    symbols: dict[str, PoolProfile]


class Crossing(Pool, frozen=True, kw_only=True, forbid_unknown_fields=True):
    every_minutes: Annotated[float, msgspec.Meta(gt=0, le=1440)]


class Dealer(Unlit, frozen=True, kw_only=True, forbid_unknown_fields=True):
    symbols: dict[str, DealerProfile]


AnyUnlit = Pool | Crossing | Dealer


class MarketFile(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file, checked: `unlit` are the venues without a display."""

    sources: tuple[str, ...]
    venues: dict[str, Conditions]
    unlit: dict[str, AnyUnlit]


class Tables(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file as it is written: each table is looked at by itself, so that what is wrong in it is named."""

    sources: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    venues: dict[str, dict[str, Any]] = {}
    pools: dict[str, dict[str, Any]] = {}
    crossings: dict[str, dict[str, Any]] = {}
    dealers: dict[str, dict[str, Any]] = {}


def read_market_file(path: Path) -> MarketFile:
    """The file at `path`.

    Raises:
        BadInput: it cannot be read, or breaks a rule; the field is named.
    """
    where = str(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=_finite)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(where, "", f"cannot be read: {error}") from None
    except ValueError as error:
        raise BadInput(where, "", f"is not TOML: {error}") from None
    file = _checked(document, Tables, where, "")
    unlit: dict[str, AnyUnlit] = {}
    for title, kind, tables in (
        ("pools", Pool, file.pools), ("crossings", Crossing, file.crossings), ("dealers", Dealer, file.dealers),
    ):  # fmt: skip
        for name, table in tables.items():
            if name in unlit:
                raise BadInput(where, name, "is the name of two venues")
            unlit[name] = _venue(table, kind, where, f"{title}.{name}")
    conditions = {name: _checked(each, Conditions, where, f"venues.{name}") for name, each in file.venues.items()}
    return MarketFile(sources=file.sources, venues=conditions, unlit=unlit)


def _venue(table: dict[str, Any], kind: type[AnyUnlit], where: str, name: str) -> AnyUnlit:
    """One venue without a display; its symbols one by one."""
    profile: type[PoolProfile | DealerProfile] = DealerProfile if kind is Dealer else PoolProfile
    symbols = table.get("symbols")
    if not isinstance(symbols, dict) or not symbols:
        raise BadInput(where, f"{name}.symbols", "must be a table of at least one symbol", symbols)
    checked = {symbol: _checked(each, profile, where, f"{name}.symbols.{symbol}") for symbol, each in symbols.items()}
    return _checked({**table, "symbols": checked}, kind, where, name)


def _checked(table: Any, kind: type[T], where: str, name: str) -> T:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        rule, _, path = str(error).partition(" - at `$")
        field = ".".join(part for part in (name, path.strip(".`")) if part)
        raise BadInput(where, field, rule[:1].lower() + rule[1:]) from None


Venue = tuple[VenueSpec, list[MarketBook]]


def unlit_venues(file: MarketFile, books: Sequence[MarketBook], where: str, seed: int) -> list[Venue]:
    """The venues without a display, each with its books beside the lit ones that they follow.

    Raises:
        BadInput: a symbol or a venue that no source has, or the name of one of theirs.
    """
    lit: dict[str, list[MarketBook]] = {}
    for book in books:
        lit.setdefault(book.instrument.symbol, []).append(book)
    made = []
    for name, given in file.unlit.items():
        if name in {book.venue for book in books}:
            raise BadInput(where, name, "is a venue of the sources already: its conditions belong under venues")
        own: list[MarketBook] = []
        for symbol in given.symbols:
            if symbol not in lit:
                raise BadInput(
                    where, f"{name}.symbols", f"must be traded by the sources: {', '.join(sorted(lit))}", symbol
                )
            own.append(_book(name, given, symbol, lit[symbol], seed))
        made.append((_spec(name, given), own))
    for name in file.venues:
        if name not in {book.venue for book in books}:
            known = ", ".join(sorted({book.venue for book in books}))
            raise BadInput(where, f"venues.{name}", f"must be a venue of the sources: {known}", name)
    return made


def _book(name: str, given: AnyUnlit, symbol: str, lit: list[MarketBook], seed: int) -> MarketBook:
    first = lit[0]
    tell = first.hear if isinstance(first, GeneratedMarket) else nobody_hears
    if isinstance(given, Dealer):
        return MarketMaker(name, lit, given.symbols[symbol], seed=seed, tell=tell)
    lean = first.lean if isinstance(first, GeneratedMarket) else nobody_knows
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


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is not a number that can be used")
    return value
