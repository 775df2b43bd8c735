"""Decimal texts as whole steps of 1e-8, many at once."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

STEPS = 10**8
STEPS_MAX = 2**53  # what a float still tells apart
INT_MAX = 2**63


def in_steps(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Each text in steps of 1e-8, and whether it is a number that can be told so; 0 where it is not."""
    values = pl.Series(texts, dtype=pl.String).cast(pl.Float64, strict=False).to_numpy() * STEPS
    sound = np.isfinite(values) & (np.abs(values) < STEPS_MAX)
    steps = np.rint(np.where(sound, values, 0)).astype(np.int64)
    for place in np.flatnonzero(~sound & np.isfinite(values)).tolist():  # rare: what a float cannot tell apart
        exact = int(Decimal(texts[place]) * STEPS)
        if abs(exact) < INT_MAX:
            steps[place], sound[place] = exact, True
    return steps, sound
