"""What scheduled algorithms share: slices along a schedule, each worked from passive to aggressive."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

from penstock.algos.named.algorithm import Algorithm, Count, Positive, Share, Unit, decimal_of
from penstock.algos.named.ending import EndPolicy, ended
from penstock.algos.schedules.events import EventWindow, around, avoided_until
from penstock.algos.slicing import Fraction, Slice, Slices, in_lots, round_lots, slice_count, smallest_child
from penstock.algos.strategy import Style, style_of
from penstock.algos.tactic import work
from penstock.algos.view import Plan, View
from penstock.domain.time import SECOND

ZERO = Decimal(0)
STEADY_SHARE = Decimal("0.25")  # of a slice


class CatchUp(StrEnum):
    """When a slice's shortfall is made good: in the next slice, or at the end of the window."""

    NEXT = "next"
    END = "end"


class Place(StrEnum):
    """Where a slice waits as a maker: at the near touch, or at the mid where the spread has room."""

    NEAR = "near"
    MID = "mid"


NEXT, MID = CatchUp.NEXT, Place.MID


class Sliced(Algorithm, frozen=True, kw_only=True):
    """Slices along a schedule. Minutes and seconds are the user's units; `events` are windows to trade around.

    `fixed`: the targets of its slices stay as they were planned.
    """

    fixed: ClassVar[bool] = True

    num_slices: Count | None = None
    slice_interval: Annotated[float, msgspec.Meta(ge=0.1)] | None = None  # seconds
    passive_share: Unit | None = None
    min_child_size: Positive | None = None
    max_participation: Share | None = None
    end_policy: EndPolicy = EndPolicy.SWEEP
    catch_up: CatchUp = CatchUp.NEXT
    place: Place = Place.NEAR
    events: tuple[EventWindow, ...] = ()

    def plan(self, view: View) -> Plan:
        if view.now >= view.end:
            return self.at_end(view)
        least = self.least(view)
        if self.events and (until := avoided_until(self.events, view.now)):
            return Plan((), min(until, view.end))
        piece = self.slice(view, least)
        filled, left = view.filled, view.left
        due = piece.target - filled
        catches_up = self.catch_up is NEXT or piece.is_last
        if not catches_up:
            due = min(due, piece.target - piece.before - (filled - view.filled_by(piece.start)))
        due = self.bounded(view, due if piece.fixed else steady(view, piece, due))
        if due > left:
            due = left
        if due < least and due != left:
            return Plan((), self.again(view, piece))
        lag = 0.0
        if catches_up and piece.before > filled:
            lag = float((piece.before - filled) / max(piece.target - piece.before, view.instrument.lot_size))
        return work(view, piece, due, self.style(view, lag), lag)

    def again(self, view: View, piece: Slice) -> int:
        """When to ask again where nothing can be done for now."""
        return piece.end

    def bounded(self, view: View, due: Decimal) -> Decimal:
        """What of `due` may be done now: never more than the share of the market's volume that is allowed."""
        if self.max_participation is None:
            return due
        allowed = round_lots(view.market_volume * decimal_of(self.max_participation), view.instrument.lot_size)
        return min(due, max(allowed - view.filled, ZERO))

    def style(self, view: View, lag: float) -> Style:
        """How a slice is worked; `lag` is how far behind schedule the order began it, in slices."""
        known = view.memo.style
        if known is not None and not lag:
            return known
        style = style_of(view.terms.strategy, view.terms.urgency, lag, self.passive_share)
        if self.place is MID:
            style = msgspec.structs.replace(style, to_mid=True)
        if not lag:
            view.memo.style = style
        return style

    def at_end(self, view: View) -> Plan:
        """The window is over: stop, sweep what is left, or carry on until the session ends."""
        if plan := ended(view, self.end_policy):
            return plan
        rest = Slice(0, view.end, view.session.end, view.terms.quantity, True)
        return work(view, rest, view.left, self.style(view, 0.0), 0.0)

    def least(self, view: View) -> Decimal:
        """The least that is worth sending (units)."""
        price = None if in_lots(view.instrument) else view.mid or view.near or view.far
        least = smallest_child(view.instrument, price)
        if self.min_child_size is None:
            return least
        return max(least, round_lots(decimal_of(self.min_child_size), view.instrument.lot_size))

    def shape(self, view: View) -> Fraction:
        """The schedule as it is now; by default the one that was planned."""
        window = (view.start, view.end)
        fraction = self.curve(view.terms, view.instrument.asset_class, window, view.session)
        assert fraction is not None
        return around(fraction, window, self.events) if self.events else fraction

    def bent(self, view: View) -> object:
        """What of the market bends the schedule now; None where it is as it was planned."""
        return None

    def slice(self, view: View, least: Decimal) -> Slice:
        """The slice that `view.now` is in."""
        slices, bent = view.memo.slices, self.bent(view)
        if slices is None or slices.bent != bent or slices.window != (view.start, view.end):
            slices = view.memo.slices = self.sliced(view, bent)
        return slices.at(view.now, least)

    def sliced(self, view: View, bent: object) -> Slices:
        """The order's slices along the schedule as it is now."""
        terms, instrument = view.terms, view.instrument
        count = self.num_slices or slice_count(  # at the arrival price: slices must not change as the market moves
            instrument.notional(terms.quantity, view.arrival_price),
            view.end - view.start,
            None if self.slice_interval is None else round(self.slice_interval * SECOND),
        )
        window = (view.start, view.end)
        return Slices(view.key, terms.quantity, instrument.lot_size, count, window, self.shape(view), bent, self.fixed)


def steady(view: View, piece: Slice, due: Decimal) -> Decimal:
    """What is due where a target moves with the market: what rests already, as long as that is about as much.

    Otherwise every tick of the target would send one more child, and tell everybody that somebody follows the market.
    """
    resting = ZERO
    for child in view.working:
        if not child.immediate:
            resting += child.leaves
    if not resting:
        return due
    grain = max(piece.target - piece.before, due) * STEADY_SHARE
    return resting if abs(due - resting) < grain else due
