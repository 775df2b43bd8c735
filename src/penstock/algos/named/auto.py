"""Auto: the algorithm that an order's characteristics ask for, by the rules of `penstock.cost.selection`.

It is chosen by what stays as it is from the order's start on: its size against a day's volume and against what its
window expects, its urgency, and what it is held against. So every look, and a restart, finds the same.
"""

from enum import StrEnum
from functools import lru_cache

from penstock.algos.named.adaptive import Adaptive
from penstock.algos.named.algorithm import Algorithm, Positive, window_end
from penstock.algos.named.close import Close
from penstock.algos.named.implementation_shortfall import ImplementationShortfall
from penstock.algos.named.pov import Pov
from penstock.algos.named.twap import Twap
from penstock.algos.named.vwap import Vwap
from penstock.algos.slicing import Fraction
from penstock.algos.view import Plan, Session, View
from penstock.cost.pretrade import volume_share
from penstock.cost.selection import HEAVY, Characteristics, Choice, select_for_order
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms

CHOICES: dict[str, Algorithm] = {
    "twap": Twap(),
    "vwap": Vwap(),
    "pov": Pov(participation_rate=HEAVY),
    "is": ImplementationShortfall(),
    "adaptive": Adaptive(),
    "close": Close(),
}


class Benchmark(StrEnum):
    """What an order is held against."""

    ARRIVAL = "arrival"
    VWAP = "vwap"
    TWAP = "twap"
    CLOSE = "close"


class Auto(Algorithm, frozen=True, kw_only=True):
    """Have the order worked by what suits it: TWAP, VWAP, POV, implementation shortfall or close.

    `benchmark` is what it will be held against. A window of `duration_minutes` is kept whatever is chosen, but the
    close's own. Its size counts where the symbol's daily volume is known.
    """

    duration_minutes: Positive | None = None
    benchmark: Benchmark = Benchmark.ARRIVAL

    def window(self, now: int, session: Session) -> tuple[int, int]:
        if self.benchmark is Benchmark.CLOSE:
            return CHOICES["close"].window(now, session)
        return now, window_end(now, self.duration_minutes, session)

    def choice(self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session) -> Choice:
        """Which it is, and why."""
        size = expected = 0.0
        if session.profile is not None and session.profile.adv > 0:
            size = float(terms.quantity) / float(session.profile.adv)
            expected = size / volume_share(asset_class, *window, session.start, session.end)
        return select(size, expected, terms.urgency, self.benchmark.value)

    def plan(self, view: View) -> Plan:
        window = (view.start, view.end)
        chosen = self.choice(view.terms, view.instrument.asset_class, window, view.session)
        return CHOICES[chosen.algorithm].plan(view)

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        chosen = self.choice(terms, asset_class, window, session)
        return CHOICES[chosen.algorithm].curve(terms, asset_class, window, session)


@lru_cache(maxsize=4096)  # asked for at every look
def select(size: float, expected: float, urgency: float, benchmark: str) -> Choice:
    return select_for_order(
        Characteristics(size_of_adv=size, participation=expected, urgency=urgency, benchmark=benchmark)
    )
