"""POV: a share of the market's volume, as it trades. Our own fills do not count as the market's."""

from decimal import Decimal
from typing import Annotated

import msgspec

from penstock.algos.named.algorithm import Positive, Share, decimal_of, window_end
from penstock.algos.named.ending import EndPolicy
from penstock.algos.named.following import following_slice
from penstock.algos.named.sliced import Sliced
from penstock.algos.slicing import Slice
from penstock.algos.view import Session, View
from penstock.market.estimates import volatility_ratio

ZERO = Decimal(0)
CAP_OVER_TARGET = 1.5


class Pov(Sliced, frozen=True, kw_only=True):
    """Trade `participation_rate` of what others trade until `duration_minutes` are over or the order is done.

    `max_participation` bounds catching up (1.5 times the target by default). With `volatility_band` the rate is divided
    by how much more volatile the market is than usual, at most `volatility_band` times slower or faster.
    """

    participation_rate: Share = 0.1
    duration_minutes: Positive | None = None
    end_policy: EndPolicy = EndPolicy.STOP
    volatility_band: Annotated[float, msgspec.Meta(ge=1, le=10)] | None = None

    def __post_init__(self) -> None:
        if self.max_participation is not None and self.max_participation < self.participation_rate:
            raise ValueError(
                f"max_participation must be at least participation_rate ({self.participation_rate}), "
                f"got {self.max_participation}"
            )

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.duration_minutes, session)

    def slice(self, view: View, least: Decimal) -> Slice:
        return following_slice(view, self.rate(view), self.slice_interval)

    def rate(self, view: View) -> float:
        """The target participation now."""
        if self.volatility_band is None:
            return self.participation_rate
        slower = min(max(volatility_ratio(view.estimates), 1 / self.volatility_band), self.volatility_band)
        return min(self.participation_rate / slower, self.most)

    @property
    def most(self) -> float:
        """The participation never to be exceeded."""
        return self.max_participation or min(self.participation_rate * CAP_OVER_TARGET, 1.0)

    def bounded(self, view: View, due: Decimal) -> Decimal:
        allowed = view.market_volume * decimal_of(self.most) - view.filled
        if due <= allowed:
            return due
        return view.instrument.round_quantity(allowed) if allowed > ZERO else ZERO
