"""Generated markets of one's own: a symbol by what a trader knows of it, and the venues that it trades on.

[generated]
start = "2025-08-18T13:30:00Z"       # the default, as is the length
minutes = 390

[generated.symbols.ACME]
instrument = {asset_class = "equity", tick_size = 0.01, lot_size = 1}
price = 185
adv = 12000000                       # of all venues, in a session (24 hours where it trades all day)
daily_volatility = 0.016
spread = 0.014
touch_quantity = 600
correlation = 0.5                    # with what all symbols have in common
venues = {NYX = 0.6, BATX = 0.4}     # and the share of the volume that each does

[generated.venues.NYX]               # what is known of a venue; fees are none and latency 1 ms where nothing is said
latency_ms = 0.5
fees = {maker_per_unit = -0.002, taker_per_unit = 0.003}
"""

from typing import Annotated, Any

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.instruments import AnyInstrument
from penstock.domain.time import MILLISECOND, from_iso
from penstock.domain.venue import Fees, VenueSpec
from penstock.sim.conditions import FeeTable
from penstock.sim.fair_price import FairPrice
from penstock.sim.generated import GeneratedMarket
from penstock.sim.market_profile import MarketProfile
from penstock.sim.native_terms import EVERY_KIND
from penstock.sim.sources import Market
from penstock.sim.tables import checked

MINUTES_MAX = 1440
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


Listed = msgspec.defstruct(  # a symbol as the file has it: a profile's fields, and its venues
    "Listed",
    [
        ("instrument", dict[str, Any]),
        ("venues", Annotated[dict[str, Share], msgspec.Meta(min_length=1)]),
        *((field.name, field.type, field.default) for field in msgspec.structs.fields(MarketProfile)[1:]),
    ],
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)


class LitVenue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    latency_ms: Annotated[float, msgspec.Meta(gt=0, le=600_000)] = 1.0
    fees: FeeTable = FeeTable()


class Generated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    symbols: Annotated[dict[str, dict[str, Any]], msgspec.Meta(min_length=1)]
    venues: dict[str, dict[str, Any]] = {}
    start: str = "2025-08-18T13:30:00Z"
    minutes: Annotated[int, msgspec.Meta(ge=1, le=MINUTES_MAX)] = 390

    def __post_init__(self) -> None:
        from_iso(self.start)


def generated_market(table: dict[str, Any], where: str, seed: int) -> Market:
    """The market that a file's table `generated` describes.

    Raises:
        BadInput: an unknown field, or a number that no market can have.
    """
    given = checked(table, Generated, where, "generated")
    start = from_iso(given.start)
    venues = {name: checked(each, LitVenue, where, f"generated.venues.{name}") for name, each in given.venues.items()}
    books: list[GeneratedMarket] = []
    profiles: dict[str, MarketProfile] = {}
    for symbol, row in given.symbols.items():
        listed = checked(row, Listed, where, f"generated.symbols.{symbol}")
        profile = profiles[symbol] = _profile(symbol, listed, where)
        fair = FairPrice(profile, seed, start, given.minutes)
        books += [GeneratedMarket(fair, venue, seed=seed, share=share) for venue, share in listed.venues.items()]
    used = list(dict.fromkeys(book.venue for book in books))
    for name in venues:
        if name not in used:
            raise BadInput(
                where, f"generated.venues.{name}", f"trades none of the symbols; those do: {', '.join(used)}"
            )
    return Market(
        tuple(books),
        tuple(_spec(name, venues.get(name, LitVenue())) for name in used),
        tuple(profile.instrument for profile in profiles.values()),
        {symbol: profile.known for symbol, profile in profiles.items()},
        books[0].start_ns,
        books[0].end_ns,
        seed=seed,
    )


def _profile(symbol: str, listed: Any, where: str) -> MarketProfile:
    row = {"symbol": symbol, **listed.instrument}
    instrument: AnyInstrument = checked(row, AnyInstrument, where, f"generated.symbols.{symbol}.instrument")
    fields = {name: getattr(listed, name) for name in MarketProfile.__struct_fields__ if name != "instrument"}
    try:
        return MarketProfile(instrument=instrument, **fields)
    except BadInput as error:
        raise BadInput(where, f"generated.symbols.{symbol}.{error.field}", error.rule, error.value) from None


def _spec(name: str, given: LitVenue) -> VenueSpec:
    latency = round(given.latency_ms * MILLISECOND)
    fees = Fees(**msgspec.structs.asdict(given.fees))
    return VenueSpec(name=name, fees=fees, order_latency_ns=latency, report_latency_ns=latency, abilities=EVERY_KIND)
