"""A market of your own, as a TOML file: what it is made of, what its venues are like, and venues that show nothing.

sources = ["synthetic"]              # as --market takes them; there may be generated markets too (see `generated_file`)

[venues.NYX]                         # a venue of those sources, as it really is (see `conditions`)
to_venue = {kind = "jitter", ms = 0.3, mean_ms = 0.5}
outages = [{start = "2025-08-18T14:00:00Z", end = "2025-08-18T14:02:00Z"}]

[pools.NIGHT]                        # a dark pool (see `hidden_interest`)
symbols.ACME = {mean_quantity = 800, arrivals_per_minute = 3}

[crossings.QUARTER]                  # a crossing network: the same, at its sessions only
every_minutes = 15
symbols.ACME = {mean_quantity = 5000}

[reactions.nasdaq]                   # a recorded venue whose prices answer to what we trade (see `reacting_market`)
symbols.AMZN = {adv = 4000000, daily_volatility = 0.02, memory_s = 600}

[auctions.NYX]                       # a venue of those sources closes with an auction, and opens with one where said
opens_after_s = 60
symbols.ACME = {mean_quantity = 500000}

[dealers.DESK]                       # a market maker who answers requests (see `market_maker`)
symbols.ACME = {usual_quantity = 2000, half_spread_bps = 1.5}
"""

import tomllib
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from penstock.domain.errors import BadInput
from penstock.sim.auction import AuctionProfile
from penstock.sim.conditions import Conditions, FeeTable
from penstock.sim.hidden_interest import PoolProfile
from penstock.sim.market_maker import DealerProfile
from penstock.sim.reacting_market import Reaction
from penstock.sim.tables import checked

T = TypeVar("T")
LATENCY_MS = 1.0
DARK_FEES = FeeTable(maker_per_unit=Decimal("0.0010"), taker_per_unit=Decimal("0.0010"))


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


class Reacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recorded venue whose prices answer to our trades."""

    symbols: dict[str, Reaction]


class Auctions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A venue that closes with an auction, and opens with one so long after the market's start."""

    symbols: dict[str, AuctionProfile]
    opens_after_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] | None = None


AnyUnlit = Pool | Crossing | Dealer


class MarketFile(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file, checked but for the table `generated`: `unlit` are the venues without a display."""

    sources: tuple[str, ...]
    generated: dict[str, Any]
    venues: dict[str, Conditions]
    reactions: dict[str, Reacts]
    auctions: dict[str, Auctions]
    unlit: dict[str, AnyUnlit]


class Tables(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file as it is written: each table is looked at by itself, so that what is wrong in it is named."""

    sources: tuple[str, ...] = ()
    generated: dict[str, Any] = {}
    venues: dict[str, dict[str, Any]] = {}
    reactions: dict[str, dict[str, Any]] = {}
    auctions: dict[str, dict[str, Any]] = {}
    pools: dict[str, dict[str, Any]] = {}
    crossings: dict[str, dict[str, Any]] = {}
    dealers: dict[str, dict[str, Any]] = {}


PROFILES: dict[type[AnyUnlit], type[Any]] = {Pool: PoolProfile, Crossing: PoolProfile, Dealer: DealerProfile}


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
    file: Tables = checked(document, Tables, where, "")
    if not file.sources and not file.generated:
        raise BadInput(where, "sources", "must name a market, or a table `generated` describe one")
    unlit: dict[str, AnyUnlit] = {}
    kinds: tuple[tuple[str, type[AnyUnlit], dict[str, dict[str, Any]]], ...] = (
        ("pools", Pool, file.pools),
        ("crossings", Crossing, file.crossings),
        ("dealers", Dealer, file.dealers),
    )
    for title, kind, tables in kinds:
        for name, table in tables.items():
            if name in unlit:
                raise BadInput(where, name, "is the name of two venues")
            unlit[name] = _venue(table, kind, PROFILES[kind], where, f"{title}.{name}")
    auctions = {
        name: _venue(each, Auctions, AuctionProfile, where, f"auctions.{name}") for name, each in file.auctions.items()
    }
    reactions = {
        name: _venue(each, Reacts, Reaction, where, f"reactions.{name}") for name, each in file.reactions.items()
    }
    conditions = {name: checked(each, Conditions, where, f"venues.{name}") for name, each in file.venues.items()}
    return MarketFile(
        sources=file.sources,
        generated=file.generated,
        venues=conditions,
        reactions=reactions,
        auctions=auctions,
        unlit=unlit,
    )


def _venue(table: dict[str, Any], kind: type[T], profile: type[Any], where: str, name: str) -> T:
    """What a table says of a venue, its symbols looked at one by one."""
    symbols = table.get("symbols")
    if not isinstance(symbols, dict) or not symbols:
        raise BadInput(where, f"{name}.symbols", "must be a table of at least one symbol", symbols)
    profiles = {symbol: checked(each, profile, where, f"{name}.symbols.{symbol}") for symbol, each in symbols.items()}
    found: T = checked({**table, "symbols": profiles}, kind, where, name)
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is not a number that can be used")
    return value
