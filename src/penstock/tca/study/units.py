"""Doubles as whole numbers of a power of ten, so that sums of products are exact.

A double stands for the shortest decimal that reads back as the same double: what a file or a program meant by it. Up to
18 digits fit; a column that needs more is stated to as many decimals as fit its largest value.
"""

from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.tca.shortfall import EXACT
from penstock.tca.study.tape import Floats, Ints

DIGITS_MAX = 18
FAST_DECIMALS = 12
REFERENCE_DIGITS = 12
EXACT_DOUBLE = 2.0**53
Whole = NDArray[Any]  # int64, or Python integers where a product may not fit


class Units(NamedTuple):
    """`values` · 10^−`decimals` is what the doubles said; NaN became 0."""

    values: Ints
    decimals: int


def decimals_of(*columns: Floats) -> int:
    """The least number of decimals in which every finite value of the columns is exact, as far as 18 digits go."""
    known = [column[np.isfinite(column)] for column in columns]
    largest = max((float(np.abs(column).max()) for column in known if len(column)), default=1.0)
    room = DIGITS_MAX - max(len(str(int(largest))), 1)
    needed = 0
    for column in known:
        while needed <= FAST_DECIMALS and not _exact_at(column, needed):
            needed += 1
        if needed > FAST_DECIMALS:
            return min(max((_decimals(value) for each in known for value in each.tolist()), default=0), room)
    return min(needed, room)


def to_units(column: Floats, decimals: int) -> Ints:
    """The column as whole numbers of 10^−`decimals`, rounded to the nearest where it has more."""
    clean = np.nan_to_num(column, nan=0.0, posinf=0.0, neginf=0.0)
    scaled = clean * 10.0**decimals
    if len(scaled) == 0 or (float(np.abs(scaled).max()) < EXACT_DOUBLE and decimals <= FAST_DECIMALS):
        return np.rint(scaled).astype(np.int64)
    shift = Decimal(1).scaleb(decimals)
    return np.array([int((Decimal(repr(value)) * shift).to_integral_value()) for value in clean.tolist()], np.int64)


def tidy(reference: Floats) -> Floats:
    """Quotes and mids without the noise of their last binary digits: to 12 digits of the largest."""
    known = reference[np.isfinite(reference)]
    largest = float(np.abs(known).max()) if len(known) else 1.0
    digits = int(np.floor(np.log10(max(largest, 1e-12)))) + 1
    return np.round(reference, max(REFERENCE_DIGITS - max(digits, 0), 0))


def product(left: Whole, right: Whole) -> Whole:
    """Elementwise, in int64 where no sum of the products can overflow, else in Python's integers."""
    if not len(left):
        return left
    if left.dtype != object and right.dtype != object:
        most = float(np.abs(left).max()) * float(np.abs(right).max()) * len(left)
        if most < 2.0**62:
            return np.asarray(left * right)
    return np.asarray(left.astype(object) * right.astype(object))


def sums_by(values: Whole, starts: Ints) -> Whole:
    """Sums of consecutive pieces that begin at `starts`."""
    if not len(starts):
        return values[:0]
    return np.asarray(np.add.reduceat(values, starts))


def as_decimal(value: int, decimals: int) -> Decimal:
    return Decimal(int(value)).scaleb(-decimals, EXACT)


def _exact_at(column: Floats, decimals: int) -> bool:
    """Whether whole numbers over a power of ten give the same doubles: both are exact, so the division is too."""
    scale = 10.0**decimals
    whole = np.rint(column * scale)
    return bool((np.abs(whole) < EXACT_DOUBLE).all() and (whole / scale == column).all())


def _decimals(value: float) -> int:
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
