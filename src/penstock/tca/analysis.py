"""A session's costs in one place: each parent with its benchmarks and its shortfall, and what is held
afterwards.

Every report, page and table is a way of showing this; none computes a cost of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from penstock.domain.events import AnyEvent
from penstock.domain.venue import Liquidity
from penstock.tca.benchmarks import BPS, Benchmarks, benchmarks, cost_bps
from penstock.tca.positions import Position, positions_after
from penstock.tca.record import ParentRecord, SessionRecord, read
from penstock.tca.shortfall import Shortfall, parent_shortfall

ZERO = Decimal(0)


@dataclass(frozen=True)
class ParentCosts:
    """One parent on record, what its price is held against, and what it cost."""

    record: ParentRecord
    marks: Benchmarks
    shortfall: Shortfall
    ended_at: int

    @property
    def traded_notional(self) -> Decimal:
        return self.record.traded_notional

    @property
    def passive_notional(self) -> Decimal:
        """What was traded as the maker."""
        notional = self.record.instrument.notional
        made = (fill for fill in self.record.fills if fill.liquidity is Liquidity.MAKER)
        return sum((notional(fill.last_qty, fill.last_px) for fill in made), ZERO)

    @property
    def ordered_value(self) -> Decimal:
        """The whole order at its arrival price."""
        return self.record.instrument.notional(self.record.terms.quantity, self.record.arrival_price)

    @property
    def filled_value(self) -> Decimal:
        """What was filled, at the arrival price."""
        return self.record.instrument.notional(self.record.filled, self.record.arrival_price)

    @property
    def participation(self) -> Decimal | None:
        """Own share of the market's volume while the parent lived."""
        return self.record.filled / self.marks.market_volume if self.marks.market_volume > 0 else None

    def slippage(self, benchmark: str) -> Decimal | None:
        """Cost in bps of the average price against a benchmark by its name in `Benchmarks`."""
        return cost_bps(self.record.side, self.record.avg_price, getattr(self.marks, benchmark))

    @property
    def realised_bps(self) -> Decimal | None:
        """What the fills cost against arrival, fees included: what a pre-trade estimate foretells."""
        slippage = self.slippage("arrival")
        return None if slippage is None else slippage + self.record.fees / self.traded_notional * BPS

    @property
    def saving_bps(self) -> Decimal | None:
        """How much less the fills cost than taking everything at arrival was estimated to, fees included."""
        immediate, realised = self.record.estimate.get("immediate_bps"), self.realised_bps
        return None if immediate is None or realised is None else immediate - realised


@dataclass(frozen=True)
class Analysis:
    """A session with the costs of its parents, in the order they arrived, and its positions by symbol."""

    session: SessionRecord
    parents: tuple[ParentCosts, ...]
    positions: dict[str, Position]


def analyse(events: Iterable[AnyEvent]) -> Analysis:
    """Read a journal's events and account for every parent."""
    session = read(events)
    parents = tuple(
        ParentCosts(parent, benchmarks(session, parent), parent_shortfall(session, parent), session.end_of(parent))
        for parent in session.parents.values()
    )
    return Analysis(session, parents, positions_after(session))
