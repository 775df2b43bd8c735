"""Close: as near to the closing price as the order's own impact lets it be.

Measured against the close, the optimal schedule is that of implementation shortfall backwards: little at first, most at
the end. What the closing auction is to take waits for it where a venue holds one, and is done in the last minute
elsewhere.
"""

from typing import Annotated

import msgspec

from penstock.algos.named.algorithm import Positive, Unit, window_end
from penstock.algos.named.sliced import Sliced
from penstock.algos.schedules.curved import Curved
from penstock.algos.slicing import Fraction
from penstock.algos.view import Session
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms
from penstock.domain.time import MINUTE
from penstock.market.volume_curve import Portion, named_curve


class Close(Sliced, frozen=True, kw_only=True):
    """Work the last `minutes` before the session's end, later the more `concentration` in [0, 1] there is."""

    minutes: Positive = 30.0
    concentration: Unit = 0.5
    max_participation: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = 0.3

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return max(now, session.end - round(self.minutes * MINUTE)), window_end(now, None, session)

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        clock = Portion(named_curve(None, asset_class, session.start, session.end), *window)
        return Curved(clock, -6.0 * self.concentration)
