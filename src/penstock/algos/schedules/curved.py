"""The Almgren–Chriss trajectory over any clock, and the same backwards for orders that are measured at their end.

With holdings x(τ) = X sinh(κ (1 − τ)) / sinh(κ) the share done is 1 − x(τ) / X (Almgren and Chriss 2000, in units of
the window: κ here is their κT). κ is √(λ σ² / η) times the window: risk aversion and volatility against temporary
impact. κ = 0 is the clock itself. Measured against the closing price, the optimum is the mirror image: sinh(κ τ) /
sinh(κ).
"""

from math import sinh

import msgspec

from penstock.algos.slicing import Fraction

KAPPA_MAX = 20.0
KAPPA_MIN = 1e-6


class Curved(msgspec.Struct, frozen=True, gc=False):
    """`kappa` > 0 trades early, < 0 late, by the hours of `clock` (a share of the window by time)."""

    clock: Fraction
    kappa: float

    def __call__(self, at: int) -> float:
        passed = self.clock(at)
        kappa = min(abs(self.kappa), KAPPA_MAX)
        if kappa < KAPPA_MIN:
            return passed
        if self.kappa < 0:
            return sinh(kappa * passed) / sinh(kappa)
        return 1 - sinh(kappa * (1 - passed)) / sinh(kappa)
