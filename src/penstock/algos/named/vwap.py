"""VWAP: as the market's volume comes, by a curve of past days that is corrected by the day itself."""

from decimal import Decimal
from typing import Annotated

import msgspec

from penstock.algos.named.algorithm import Positive, Share, window_end
from penstock.algos.named.following import following_slice
from penstock.algos.named.sliced import Sliced
from penstock.algos.schedules.events import around
from penstock.algos.slicing import Fraction, Slice, round_lots
from penstock.algos.view import Plan, Session, View
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms
from penstock.market.volume_curve import Portion, VolumeCurve, curve_of, named_curve

REVISES = 0.5  # how far the day corrects the curve: what a burst brought has traded before we can join it
BELIEVED = 3.0  # the day's pace may be so many times that of the window, or the other way round
KNOWN_SHARE = 0.01  # of the day's curve: before it has passed the day itself says nothing


class Vwap(Sliced, frozen=True, kw_only=True):
    """Spread the order as the market's volume is expected to come, or follow the volume as it comes.

    `volume_profile` is `equity`, `crypto`, `flat`, or the weights of equal time bins over the session. With
    `participation_rate` the order is that share of what others trade, whatever the curve says. `dynamic` corrects the
    curve by what has traded: what has come already counts as it is, and the rest of the day is expected at the pace of
    the whole day so far.
    """

    time_horizon: Positive | None = None  # minutes
    volume_profile: str | tuple[Annotated[float, msgspec.Meta(ge=0)], ...] | None = None
    participation_rate: Share | None = None
    dynamic: bool = True

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.time_horizon, session)

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        if self.participation_rate is not None:
            return None
        return around(Portion(self.day(asset_class, session), *window), window, self.events)

    def day(self, asset_class: AssetClass, session: Session) -> VolumeCurve:
        """The curve of the whole session."""
        if isinstance(self.volume_profile, tuple):
            return curve_of(self.volume_profile, session.start, max(session.end - session.start, 1))
        return named_curve(self.volume_profile, asset_class, session.start, session.end)

    def slice(self, view: View, least: Decimal) -> Slice:
        if self.participation_rate is not None:
            return following_slice(view, self.participation_rate, self.slice_interval)
        piece = super().slice(view, least)
        if not self.dynamic or piece.is_last or self.events:
            return piece
        share = self.forecast(view, piece.end)
        if share is None:
            return piece
        planned = float(piece.target / view.terms.quantity)  # as drawn by the order's seed, around the plain curve
        revised = min(max(planned + REVISES * (share - self.day_share(view, piece.end)), 0.0), 1.0)
        target = round_lots(view.terms.quantity * Decimal(repr(revised)), view.instrument.lot_size)
        if view.terms.quantity - target < least:
            target = view.terms.quantity
        return msgspec.structs.replace(piece, target=target, before=min(piece.before, target), fixed=False)

    def day_share(self, view: View, at: int) -> float:
        """The curve's own share of the window's volume by `at`."""
        return self.day(view.instrument.asset_class, view.session).fraction(at, view.start, view.end)

    def forecast(self, view: View, until: int) -> float | None:
        """The share of the window's volume expected by `until`: what has traded, and the rest of the day at its pace.

        The pace is the whole session's so far, so that a burst in the window is joined and not taken for a new day.
        None while too little of the day has passed.
        """
        day = self.day(view.instrument.asset_class, view.session)
        known = day.cumulative(view.now) - day.cumulative(view.session.start)
        volume = sum([quote.volume for quote in view.venues.values()], Decimal(0))
        if known < KNOWN_SHARE or volume <= 0:
            return None
        pace, traded = float(volume) / known, float(view.market_volume)
        here = day.cumulative(view.now) - day.cumulative(view.start)
        if here >= KNOWN_SHARE and traded > 0:  # a venue that began to count at another time is not believed
            pace = min(max(pace, traded / here / BELIEVED), traded / here * BELIEVED)
        soon = pace * max(day.cumulative(until) - day.cumulative(view.now), 0.0)
        rest = pace * max(day.cumulative(view.end) - day.cumulative(view.now), 0.0)
        return (traded + soon) / (traded + rest) if traded + rest > 0 else None

    def at_end(self, view: View) -> Plan:
        if self.participation_rate is not None:  # a sweep would break the participation that was asked for
            return Plan((), view.end, over="end of window")
        return super().at_end(view)
