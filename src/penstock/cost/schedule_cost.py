"""What a schedule costs and risks, slice by slice, whatever its shape: the impact template on each slice's pace.

With n_j the share of the order traded in slice j and v_j the share of a day's volume expected in it,

    temporary = Σ n_j · α·s·(n_j·Q/(ADV·v_j))^β      timing risk = σ · √Σ v_j · mean of (share still to do)² in the
    slice

Variance is taken to come as volume does. Between slice ends trading is even.
"""

import numpy as np

from penstock.cost.arguments import BPS, Floats, vector
from penstock.cost.impact_template import ImpactTemplate
from penstock.domain.errors import BadInput

MODEL = "schedule cost"


def temporary_bps(done: object, shares: object, size: float, template: ImpactTemplate, scale: float = 1.0) -> float:
    """The temporary impact in bps of the whole order.

    `done` (N+1) rises from 0 to 1 at the slices' ends; `shares` (N) are v_j; `size` is Q/ADV; `scale` is σ/σ_ref.

    Raises:
        BadInput: not one more of `done` than of `shares`, or a slice that trades where no volume is expected.
    """
    traded, volume = _slices(done, shares)
    busy = traded > 0
    if (volume[busy] <= 0).any():
        raise BadInput(MODEL, "shares", "must be above zero wherever something is to be traded")
    pace = abs(size) * traded[busy] / volume[busy]
    return float(template.alpha * scale * (traded[busy] @ pace**template.beta))


def timing_risk_bps(done: object, shares: object, daily_volatility: float) -> float:
    """One standard deviation in bps of what the price does to the order while it is worked."""
    reached = vector(MODEL, "done", done, least=2)
    _, volume = _slices(done, shares)
    left = 1 - reached
    before, after = left[:-1], left[1:]
    return float(daily_volatility * BPS * np.sqrt(volume @ (before**2 + before * after + after**2) / 3))


def worst_pace(done: object, shares: object, size: float) -> float:
    """The largest participation of any slice: n_j·Q/(ADV·v_j)."""
    traded, volume = _slices(done, shares)
    busy = traded > 0
    return float((abs(size) * traded[busy] / volume[busy]).max()) if busy.any() else 0.0


def _slices(done: object, shares: object) -> tuple[Floats, Floats]:
    reached, volume = vector(MODEL, "done", done, least=2), vector(MODEL, "shares", shares)
    if len(reached) != len(volume) + 1:
        raise BadInput(MODEL, "done", f"must have one more than the {len(volume)} slices", len(reached))
    return np.diff(reached), volume
