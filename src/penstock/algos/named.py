"""The named algorithms: each is a schedule, the slices made of it, and the tactic that works them.

Fields are the parameters by the specification's names; minutes and seconds are the user's units.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

from penstock.algos.slicing import Even, Fraction, Slice, current_slice, round_lots, slice_count, smallest_child
from penstock.algos.strategy import style_of
from penstock.algos.tactic import RETRY, SWEEP_BPS, take, work, worst_price
from penstock.algos.view import Direct, Plan, Rest, Session, Take, View
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms, TimeInForce
from penstock.domain.time import DAY, MINUTE, SECOND
from penstock.market.volume_curve import Portion, curve_of, named_curve

Positive = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1, le=100_000)]

SWEEP_GRACE = MINUTE


class EndPolicy(StrEnum):
    """What happens to what is left when the window ends."""

    SWEEP = "sweep"
    STOP = "stop"
    CARRY = "carry"


class CatchUp(StrEnum):
    """When a slice's shortfall is made good: in the next slice, or at the end of the window."""

    NEXT = "next"
    END = "end"


NEXT = CatchUp.NEXT


class Algorithm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An algorithm with its parameters: a pure function from a view to what is wanted.

    `keeps_resting`: its resting children wait as long as the order lives, whatever the child time-out.
    """

    keeps_resting: ClassVar[bool] = False

    def window(self, now: int, session: Session) -> tuple[int, int]:
        """When an order received at `now` is worked: (start, end) in ns."""
        return now, session.end

    def plan(self, view: View) -> Plan:
        raise NotImplementedError

    def direct(self, order: Direct) -> Rest | Take | None:
        """What `plan` wants of a new order that one venue alone can take, where that is the whole of it; else None."""
        return None

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        """The planned share of the order by time; None where it follows the market instead."""
        return None


class Market(Algorithm, frozen=True, kw_only=True):
    """Take everything now; what the market does not give at once is asked again until the window ends."""

    def plan(self, view: View) -> Plan:
        if view.now >= view.end:
            return Plan((), view.end, over="end of session")
        if tried(view):
            return immediate_done(view)
        return take(view, view.left, SWEEP_BPS * 4, view.end, patient=False)

    def direct(self, order: Direct) -> Rest | Take | None:
        return order.take(worst_price(order.terms, order.instrument, order.far, SWEEP_BPS * 4))


class Limit(Algorithm, frozen=True, kw_only=True):
    """One order at the limit price: taken where the market is through it, resting otherwise."""

    keeps_resting: ClassVar[bool] = True

    def plan(self, view: View) -> Plan:
        limit = view.terms.limit_price
        assert limit is not None, "a limit order has a limit price"
        if view.now >= view.end:
            return Plan((), view.end, over="end of session")
        if tried(view):
            return immediate_done(view)
        if view.terms.tif is TimeInForce.IOC:
            return Plan((Take(view.left, limit, patient=False),), view.now + RETRY)
        if view.terms.post_only and not view.working and would_take(view, limit):
            return Plan((), view.end, over="post-only would cross")
        return Plan((Rest(view.left, price=limit),), view.end)

    def direct(self, order: Direct) -> Rest | Take | None:
        terms = order.terms
        if terms.tif is TimeInForce.IOC:
            return order.take(terms.limit_price)
        return Rest(terms.quantity, price=terms.limit_price)


class Sliced(Algorithm, frozen=True, kw_only=True):
    """What TWAP and VWAP share: slices along a curve, worked from passive to aggressive."""

    num_slices: Count | None = None
    slice_interval: Annotated[float, msgspec.Meta(ge=0.1)] | None = None  # seconds
    passive_share: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    min_child_size: Positive | None = None
    max_participation: Share | None = None
    end_policy: EndPolicy = EndPolicy.SWEEP
    catch_up: CatchUp = CatchUp.NEXT

    def plan(self, view: View) -> Plan:
        least = self.least(view)
        if view.now >= view.end:
            return self.at_end(view, least)
        piece = self.slice(view, least)
        due, left = piece.target - view.filled, view.left
        catches_up = self.catch_up is NEXT or piece.is_last
        if not catches_up:
            due = min(due, piece.target - piece.before - (view.filled - view.filled_by(piece.start)))
        if self.max_participation is not None:
            allowed = view.market_volume * Decimal(repr(self.max_participation))
            due = min(due, max(round_lots(allowed, view.instrument.lot_size) - view.filled, Decimal(0)))
        due = min(due, left)
        if due < least and due != left:
            return Plan((), piece.end)
        lag = 0.0
        if catches_up and piece.before > view.filled:
            lag = float((piece.before - view.filled) / max(piece.target - piece.before, view.instrument.lot_size))
        style = style_of(view.terms.strategy, view.terms.urgency, lag, self.passive_share)
        return work(view, piece, due, style, lag)

    def at_end(self, view: View, least: Decimal) -> Plan:
        """The window is over: stop, sweep what is left, or carry on until the session ends."""
        if self.end_policy is EndPolicy.STOP or view.now >= view.session.end:
            return Plan((), view.end, over="end of window")
        if self.end_policy is EndPolicy.SWEEP and view.now >= view.end + SWEEP_GRACE:
            return Plan((), view.end, over="end of window, sweep unfinished")
        if self.end_policy is EndPolicy.SWEEP:
            return take(view, view.left, SWEEP_BPS, view.end + SWEEP_GRACE)
        rest = Slice(0, view.end, view.session.end, view.terms.quantity, True)
        style = style_of(view.terms.strategy, view.terms.urgency, 0.0, self.passive_share)
        return work(view, rest, view.left, style, 0.0)

    def least(self, view: View) -> Decimal:
        price = view.mid or view.near or view.far
        least = smallest_child(view.instrument, price) if price else view.instrument.lot_size
        if self.min_child_size is None:
            return least
        return max(least, round_lots(Decimal(repr(self.min_child_size)), view.instrument.lot_size))

    def slice(self, view: View, least: Decimal) -> Slice:
        """The slice that `view.now` is in."""
        window = (view.start, view.end)
        fraction = self.curve(view.terms, view.instrument.asset_class, window, view.session)
        assert fraction is not None
        count = self.num_slices or slice_count(  # at the arrival price: slices must not change as the market moves
            view.instrument.notional(view.terms.quantity, view.arrival_price),
            view.end - view.start,
            None if self.slice_interval is None else round(self.slice_interval * SECOND),
        )
        lot = view.instrument.lot_size
        return current_slice(view.key, view.terms.quantity, lot, least, count, window, view.now, fraction)


class Twap(Sliced, frozen=True, kw_only=True):
    """Spread the order evenly over its window."""

    duration_minutes: Positive | None = None

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.duration_minutes, session)

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        return Even(*window)


class Vwap(Sliced, frozen=True, kw_only=True):
    """Spread the order as the market's volume is expected to come, or follow the volume as it comes.

    `volume_profile` is `equity`, `crypto`, `flat`, or the weights of equal time bins over the session. With
    `participation_rate` the order is that share of what others trade, whatever the curve says.
    """

    FOLLOW_INTERVAL: ClassVar[int] = 15 * SECOND

    time_horizon: Positive | None = None  # minutes
    volume_profile: str | list[Annotated[float, msgspec.Meta(ge=0)]] | None = None
    participation_rate: Share | None = None

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.time_horizon, session)

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        if self.participation_rate is not None:
            return None
        if isinstance(self.volume_profile, list):
            shape = curve_of(tuple(self.volume_profile), session.start, max(session.end - session.start, 1))
        else:
            shape = named_curve(self.volume_profile, asset_class, session.start, session.end)
        return Portion(shape, *window)

    def slice(self, view: View, least: Decimal) -> Slice:
        if self.participation_rate is None:
            return super().slice(view, least)
        width = self.FOLLOW_INTERVAL if self.slice_interval is None else round(self.slice_interval * SECOND)
        number = (view.now - view.start) // width
        opens = view.start + number * width
        wanted = view.market_volume * Decimal(repr(self.participation_rate))
        target = min(round_lots(wanted, view.instrument.lot_size), view.terms.quantity)
        return Slice(number, opens, min(opens + width, view.end), target, False, min(view.filled, target), fixed=False)

    def at_end(self, view: View, least: Decimal) -> Plan:
        if self.participation_rate is not None:  # a sweep would break the participation that was asked for
            return Plan((), view.end, over="end of window")
        return super().at_end(view, least)


def tried(view: View) -> bool:
    """Whether an immediate order has had its one try, sent something or not."""
    return view.terms.tif.is_immediate and (view.taken_at > 0 or view.now > view.start)


def would_take(view: View, price: Decimal) -> bool:
    """Whether an order at this price would meet the other side."""
    return view.far is not None and view.terms.side.sign * (price - view.far) >= 0


def immediate_done(view: View) -> Plan:
    """An immediate order is over as soon as nothing of it is on its way."""
    return Plan((), view.now + RETRY, over="" if view.working else "immediate order done")


def window_end(now: int, minutes: float | None, session: Session) -> int:
    """End of a window of `minutes` from now, but never later than the session's end less the time of a last sweep."""
    latest = session.end - min(2 * SECOND, (session.end - now) // 20)
    return latest if minutes is None else min(now + round(min(minutes * MINUTE, float(DAY))), latest)
