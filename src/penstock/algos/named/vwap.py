"""VWAP: as the market's volume comes, by a curve of past days that is corrected by the day itself."""

from decimal import Decimal
from typing import Annotated

import msgspec

from penstock.algos.named.algorithm import Positive, Share, window_end
from penstock.algos.named.following import following_slice
from penstock.algos.named.sliced import Sliced
from penstock.algos.schedules.events import around
from penstock.algos.slicing import Fraction, Slice, round_lots
from penstock.algos.view import Expected, Plan, Session, View
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms
from penstock.market.volume_curve import Portion, VolumeCurve, curve_of, named_curve

ZERO = Decimal(0)
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
        expected = view.memo.expected
        if expected is None or expected.piece is not piece:
            expected = view.memo.expected = self.expected(view, piece)
        share = forecast(view, expected)
        if share is None:
            return piece
        quantity = view.terms.quantity
        revised = min(max(expected.planned + REVISES * (share - expected.day_share), 0.0), 1.0)
        target = round_lots(quantity * Decimal(repr(revised)), view.instrument.lot_size)
        if quantity - target < least:
            target = quantity
        return msgspec.structs.replace(piece, target=target, before=min(piece.before, target), fixed=False)

    def expected(self, view: View, piece: Slice) -> Expected:
        """What the curve expects around a slice of the order."""
        day = self.day(view.instrument.asset_class, view.session)
        return Expected(
            piece=piece,
            planned=float(piece.target / view.terms.quantity),
            day_share=day.fraction(piece.end, view.start, view.end),
            day=day,
            before=day.cumulative(view.session.start),
            at_start=day.cumulative(view.start),
            at_slice_end=day.cumulative(piece.end),
            at_end=day.cumulative(view.end),
        )

    def at_end(self, view: View) -> Plan:
        if self.participation_rate is not None:  # a sweep would break the participation that was asked for
            return Plan((), view.end, over="end of window")
        return super().at_end(view)


def forecast(view: View, expected: Expected) -> float | None:
    """The share of the window's volume expected by the slice's end: what has traded, and the rest at the day's pace.

    The pace is the whole session's so far, so that a burst in the window is joined and not taken for a new day.
    None while too little of the day has passed.
    """
    passed = expected.day.cumulative(view.now)
    known, volume = passed - expected.before, ZERO
    for quote in view.venues.values():
        volume += quote.volume
    if known < KNOWN_SHARE or not volume:
        return None
    pace, traded = float(volume) / known, float(view.market_volume)
    here = passed - expected.at_start
    if here >= KNOWN_SHARE and traded > 0:  # a venue that began to count at another time is not believed
        pace = min(max(pace, traded / here / BELIEVED), traded / here * BELIEVED)
    soon = pace * max(expected.at_slice_end - passed, 0.0)
    rest = pace * max(expected.at_end - passed, 0.0)
    return (traded + soon) / (traded + rest) if traded + rest > 0 else None
