"""How far an order's queue position improves when its price level shrinks without saying who left.

Depth data shows a level's total, not its queue. What traded is known to come from the front; a cancellation may come
from ahead of us or from behind. Each model is one honest guess, and its name states its bias.

A model is the share of a cancellation that was behind us, given the lots in `front` of us and at our `back`:

- `RISK_AVERSE`: all of it, until the level is smaller than what was ahead. Pessimistic: fills come late.
- `POWER_PROB`: backⁿ / (backⁿ + frontⁿ). Even-handed at n=1; a larger n lets the longer part lose more.
- `POWER_PROB_3`: 1 − (front / (front + back))ⁿ. Even-handed at n=1; later fills with a larger n.
- `LOG_PROB`: ln(1+back) / (ln(1+back) + ln(1+front)). Nearly half and half: early fills far back in a queue.

The formulas are those of hftbacktest's queue models of the same names.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from penstock.sim.jit import kernel


class QueueFamily(IntEnum):
    RISK_AVERSE = 0
    POWER_PROB = 1
    POWER_PROB_3 = 2
    LOG_PROB = 3


class QueueModel(NamedTuple):
    """A family and its exponent (used by the power families only)."""

    family: QueueFamily = QueueFamily.RISK_AVERSE
    power: float = 1.0


RISK_AVERSE = QueueModel()

# Plain numbers for the kernel.
_RISK_AVERSE, _POWER_PROB, _POWER_PROB_3 = 0, 1, 2


@kernel
def share_behind(family: int, power: float, front: float, back: float) -> float:
    """Share of a cancellation that came from behind us, in [0, 1]."""
    total = front + back
    if family == _RISK_AVERSE or total <= 0:
        return 1.0
    if family == _POWER_PROB:
        return float(back**power / (back**power + front**power))
    if family == _POWER_PROB_3:
        return float(1.0 - (front / total) ** power)
    return float(np.log1p(back) / (np.log1p(back) + np.log1p(front)))


@kernel
def ahead_after_change(family: int, power: float, ahead: float, traded: float, before: float, after: float) -> float:
    """Lots ahead of us once the level went from `before` to `after` lots.

    `traded` lots printed there since the last change: they have moved us already, and the level's shrinking by
    as much is no news.
    """
    canceled = before - after - traded
    if family == _RISK_AVERSE or canceled <= 0:
        return min(ahead, after)
    back = max(before - ahead, 0.0)
    behind = share_behind(family, power, ahead, back)
    moved = ahead - (1.0 - behind) * canceled + min(back - behind * canceled, 0.0)
    return max(min(moved, after), 0.0)
