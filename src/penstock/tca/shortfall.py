"""Implementation shortfall against the decision price, in parts that add up to it exactly (Perold, Wagner).

For S to trade, filled q at p each, with decision price P_d, arrival price P_0 and end price P_n:

    shortfall = Σ q·(p − P_d) + (S − Σ q)·(P_n − P_d) + fees        (times −1 for a sell, fees apart)
    p − P_d   = (P_0 − P_d) delay + (m − I − P_0) timing + I permanent + (t − m) spread + (p − t) temporary

where m is the venue's mid just before the fill, t the touch that a taker faces (a maker's own price: it
earns the spread), and I what is left of the move that our own earlier taking made on that venue. A move is
ours until the market takes it back: what the mid returns before our next fill there leaves I, down to
nothing; further drift, either way, is timing. Fills out of one event share
their quotes and count one move. A passive fill's move is the aggressor's. Where a fill has no quote before
it, its whole distance from arrival is timing: spread and impact cannot be told from drift.

Amounts are exact: every part is a sum over fills of `Instrument.move_value`, anchored at the decision price
for inverse contracts, where the one division is stated to 18 decimals.
"""

from collections import defaultdict
from decimal import Context, Decimal, localcontext

import msgspec

from penstock.domain.events import ChildFilled
from penstock.domain.instrument import Instrument
from penstock.domain.orders import Side
from penstock.domain.quote import Quote
from penstock.domain.venue import Liquidity
from penstock.tca.benchmarks import BPS, end_price
from penstock.tca.fees import fees_of
from penstock.tca.record import ParentRecord, SessionRecord

ZERO = Decimal(0)
EXACT = Context(prec=80)
INVERSE_UNIT = Decimal(1).scaleb(-18)
PARTS = ("delay", "spread", "temporary", "permanent", "timing", "opportunity", "fees")


class Shortfall(msgspec.Struct, frozen=True, kw_only=True):
    """What an order cost, in the instrument's currency; `total` is the exact sum of the parts.

    `notional` is the whole order at the decision price. `unquoted_fills` is how many fills had no quote
    before them, so that their spread and impact stand under timing.
    """

    delay: Decimal
    spread: Decimal
    temporary: Decimal
    permanent: Decimal
    timing: Decimal
    opportunity: Decimal
    fees: Decimal
    notional: Decimal
    unquoted_fills: int = 0

    @property
    def parts(self) -> dict[str, Decimal]:
        return {name: getattr(self, name) for name in PARTS}

    @property
    def total(self) -> Decimal:
        with localcontext(EXACT):
            return sum(self.parts.values(), ZERO)

    @property
    def impact(self) -> Decimal:
        with localcontext(EXACT):
            return self.temporary + self.permanent

    def bps(self, amount: Decimal) -> Decimal:
        """An amount in basis points of the decision notional."""
        return amount / self.notional * BPS if self.notional else ZERO


def parent_shortfall(session: SessionRecord, parent: ParentRecord) -> Shortfall:
    """What a parent on record cost, its unfilled rest valued at the last mid of its life."""
    return shortfall(
        instrument=parent.instrument,
        side=parent.side,
        quantity=parent.terms.quantity,
        decision=parent.decision_price,
        arrival=parent.arrival_price,
        end=end_price(session, parent),
        fills=parent.fills,
    )


def shortfall(
    *,
    instrument: Instrument,
    side: Side,
    quantity: Decimal,
    decision: Decimal,
    arrival: Decimal,
    end: Decimal,
    fills: list[ChildFilled],
) -> Shortfall:
    """Decompose the cost of trading `fills` (in the order of events) out of `quantity`."""
    with localcontext(EXACT):
        sums: dict[str, Decimal] = defaultdict(Decimal)

        def charge(part: str, size: Decimal, start: Decimal, to: Decimal) -> None:
            sums[part] += side.sign * instrument.move_value(size, start, to, decision)

        own = OwnMoves()
        unquoted = 0
        for fill in fills:
            size, price = fill.last_qty, fill.last_px
            charge("delay", size, decision, arrival)
            moved = own.before(fill)
            if fill.before is None or (mid := fill.before.mid) is None:
                unquoted += 1
                charge("timing", size, arrival, price)
                continue
            touch = _touch(side, fill, fill.before)
            charge("timing", size, arrival + moved, mid)
            charge("permanent", size, ZERO, moved)
            charge("spread", size, mid, touch)
            charge("temporary", size, touch, price)
        rest = quantity - sum((fill.last_qty for fill in fills), ZERO)
        charge("opportunity", rest, decision, end)
        sums["fees"] = fees_of(instrument, fills)
        if instrument.inverse:
            for part in PARTS:
                sums[part] = sums[part].quantize(INVERSE_UNIT)
        return Shortfall(
            **{part: sums[part] for part in PARTS},
            notional=instrument.notional(quantity, decision),
            unquoted_fills=unquoted,
        )


class OwnMoves:
    """How far our own taking still holds each venue's mid away from where it was, in price."""

    def __init__(self) -> None:
        self._held: dict[str, Decimal] = defaultdict(Decimal)
        self._event: dict[str, tuple[int, Quote]] = {}
        self._left_at: dict[str, Decimal] = {}
        self._pending: dict[str, Decimal] = {}

    def before(self, fill: ChildFilled) -> Decimal:
        """The move of ours that this fill finds on its venue; then the fill's own move is taken note of."""
        venue, before = fill.venue, fill.before
        if before is None or before.mid is None:
            return ZERO
        if self._event.get(venue) != (fill.traded_at, before):
            self._event[venue] = (fill.traded_at, before)
            self._held[venue] = self._kept(venue, before.mid)
        after = fill.after.mid if fill.after is not None else None
        if after is None or fill.liquidity is Liquidity.MAKER:
            after = before.mid
        self._left_at[venue] = after
        self._pending[venue] = after - before.mid
        return self._held[venue]

    def _kept(self, venue: str, mid: Decimal) -> Decimal:
        """What is left of our move, now that the mid has come to `mid` since our last fill on the venue."""
        held = self._held[venue] + self._pending.get(venue, ZERO)
        drift = mid - self._left_at.get(venue, mid)
        if held * drift >= 0:
            return held
        return held + drift if abs(drift) < abs(held) else ZERO


def _touch(side: Side, fill: ChildFilled, before: Quote) -> Decimal:
    """The price that a taker faced before the fill; a maker stood at its own."""
    facing = before.ask if side.is_buy else before.bid
    return fill.last_px if fill.liquidity is Liquidity.MAKER or facing is None else facing
