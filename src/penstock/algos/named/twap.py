"""TWAP: an even pace over the window."""

from penstock.algos.named.algorithm import Positive, window_end
from penstock.algos.named.sliced import Sliced
from penstock.algos.slicing import Even, Fraction
from penstock.algos.view import Session
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms


class Twap(Sliced, frozen=True, kw_only=True):
    """Spread the order evenly over its window."""

    duration_minutes: Positive | None = None

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.duration_minutes, session)

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        return Even(*window)
