"""A schedule that leans on a signal: ahead of plan while the signal says now, behind it while it says later.

The even schedule's share f becomes f + band · tanh(signal / 2) · 4 f (1 − f): nothing is tilted at the two ends, so an
order always begins and always ends.
"""

from decimal import Decimal
from math import tanh
from typing import Annotated

import msgspec

from penstock.algos.named.algorithm import Positive, window_end
from penstock.algos.named.sliced import Sliced
from penstock.algos.slicing import Even, Fraction, Slice, round_lots
from penstock.algos.view import Session, View
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms
from penstock.domain.time import SECOND

LOOK = 2 * SECOND


class Tilted(Sliced, frozen=True, kw_only=True):
    """`band` is how far from the even schedule a signal may move it, as a share of the order."""

    duration_minutes: Positive | None = None
    band: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.2

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.duration_minutes, session)

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        return Even(*window)

    def signal(self, view: View) -> float:
        """How much now is the time to trade, in standard deviations; 0 says nothing."""
        raise NotImplementedError

    def slice(self, view: View, least: Decimal) -> Slice:
        piece = super().slice(view, least)
        if piece.is_last:
            return piece
        quantity, lot = view.terms.quantity, view.instrument.lot_size
        planned = float(piece.target / quantity)
        leaning = planned + self.band * tanh(self.signal(view) / 2) * 4 * planned * (1 - planned)
        target = round_lots(quantity * Decimal(repr(min(max(leaning, 0.0), 1.0))), lot)
        if quantity - target < least:
            target = quantity
        return msgspec.structs.replace(piece, target=target, before=min(piece.before, target), fixed=False)

    def again(self, view: View, piece: Slice) -> int:
        return min(view.now + LOOK, piece.end)
