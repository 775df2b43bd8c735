"""Mean reversion: wait for prices away from their mean, in the order's favour. The opposite of momentum."""

from penstock.algos.named.tilted import Tilted
from penstock.algos.view import View
from penstock.market.estimates import deviation


class MeanReversion(Tilted, frozen=True, kw_only=True):
    """Trade more while the price is better than its mean of the last minutes, less while it is worse."""

    def signal(self, view: View) -> float:
        return -view.terms.side.sign * deviation(view.estimates)
