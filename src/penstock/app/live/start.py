"""Starting a live desk: first what the journal holds, then what the venues show, and only then is anything sent."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

import penstock
from penstock.domain.events import SessionStarted
from penstock.domain.instruments import AnyInstrument
from penstock.domain.time import HOUR
from penstock.domain.venue import Abilities, Fees, VenueSpec
from penstock.domain.venue_budget import Budget
from penstock.engine.engine import Engine
from penstock.engine.state import EngineState
from penstock.journal import GroupCommit, open_journal, recovery
from penstock.risk import Limits
from penstock.risk.limit_book import LimitBook, book_of, plain_book


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue trades, what it charges, what it can do, and how much may be said to it."""

    venue: str
    instruments: tuple[AnyInstrument, ...]
    fees: Fees = Fees()
    abilities: Abilities = Abilities()
    budgets: tuple[Budget, ...] = ()


class Recovered(NamedTuple):
    """An engine as its journal left it, the journal open for more, and how many events that took."""

    engine: Engine
    journal: GroupCommit
    replayed: int


def take_up(location: Path | str, closed_orders_max: int | None = None) -> Recovered:
    """Open a journal for its one writer, and bring its engine back; for `closed_orders_max` see `Engine`.

    Raises:
        BadInput: something else is there.
        JournalUnavailable: the database does not answer, or another desk has this journal.
        JournalCorrupt: the record does not hold together.
    """
    record = open_journal(location)
    try:
        back = recovery(record)
    except BaseException:
        record.close()
        raise
    return Recovered(Engine(back.state, closed_orders_max), GroupCommit(record), back.replayed)


def goes_on(state: EngineState, now: int) -> bool:
    """Whether the session on record is still open."""
    return state.session is not None and now < state.session.market_end and not state.ended


def next_session(
    state: EngineState,
    listings: Sequence[Listing],
    now: int,
    *,
    hours: float,
    limits: Limits | LimitBook,
    seed: int = 0,
) -> SessionStarted:
    """The session to open when none goes on. Positions and open orders carry over from the one before."""
    instruments = {instrument.symbol: instrument for listing in listings for instrument in listing.instruments}
    return SessionStarted(
        ts=now,
        version=penstock.__version__,
        seed=seed,
        instruments=tuple((state.instruments | instruments).values()),
        venues=tuple(
            VenueSpec(name=listing.venue, fees=listing.fees, abilities=listing.abilities, budgets=listing.budgets)
            for listing in listings
        ),
        listings={
            listing.venue: tuple(instrument.symbol for instrument in listing.instruments) for listing in listings
        },
        positions={},
        entry_prices={},
        limits=plain_book(book_of(limits)),
        market_start=now,
        market_end=now + round(hours * HOUR),
    )
