"""The arithmetic of following volume: how an order is spread over bins, in whole lots, and what it is held against.

Static VWAP spreads an order as one curve says. Dynamic VWAP spreads what is left as the latest curve of the rest of the
day says: n_i = left · c_i / Σ_{j≥i} c_j; with a curve that never changes they are the same. POV takes a share of each
bin's volume, with its own trades counted in it (p/(1−p) of what others trade) or not. Lots are rounded on the
cumulative schedule, so that no bin is off by more than one and nothing is lost in all.

Konishi, "Optimal slice of a VWAP trade", Journal of Financial Markets 5 (2002), for the static curve: the mean share of
volume by then; Białkowski, Darolles and Le Fol, Journal of Banking & Finance 32 (2008), for the dynamic one.
"""

import numpy as np

from penstock.cost.arguments import BPS, Floats, count, finite, positive, vector
from penstock.domain.errors import BadInput

MODEL = "volume schedule"
ROUNDING = 8 * np.finfo(np.float64).eps  # what adding up floats may lack at a half


def static_schedule(quantity: float, curve: object) -> Floats:
    """The quantity of each bin: its share of the curve, whose weights need not add up to one.

    Raises:
        BadInput: a curve with a negative weight, or without volume.
    """
    finite(MODEL, quantity=quantity)
    weights = _weights("curve", curve)
    parts: Floats = quantity * weights / weights.sum()
    return parts


def dynamic_schedule(quantity: float, curves: object) -> Floats:
    """The quantity of each bin, by the curve that was the latest when it began: row i is the curve known at bin i.

    Raises:
        BadInput: curves that are not square, or one with nothing to come while something is left.
    """
    try:
        rows = np.asarray(curves, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(MODEL, "curves", "must be rows of numbers, one for each bin") from None
    if rows.ndim != 2 or rows.shape[0] != rows.shape[1]:
        raise BadInput(MODEL, "curves", "must be as many rows as bins", rows.shape)
    left, done = quantity, np.zeros(len(rows))
    for place, row in enumerate(rows):
        done[place] = rest_share(row[place:]) * left
        left -= done[place]
    return done


def rest_share(rest: object) -> float:
    """The share of what is left that this bin should do: the first weight of the rest's curve, over all of them.

    Raises:
        BadInput: a negative weight, or a rest without volume.
    """
    weights = _weights("curve", rest)
    return float(weights[0] / weights.sum())


def pov_schedule(volumes: object, participation: float, *, own_included: bool = False) -> Floats:
    """The quantity of each bin at a share of what others trade, or of all that trades (`own_included`).

    Raises:
        BadInput: a negative volume, a participation outside (0, 1), or (0, 1] where own trades are not counted.
    """
    positive(MODEL, participation=participation)
    most = participation < 1 if own_included else participation <= 1
    if not most:
        raise BadInput(
            MODEL, "participation", "must be below 1" if own_included else "must be at most 1", participation
        )
    market = vector(MODEL, "volumes", volumes)
    if (market < 0).any():
        raise BadInput(MODEL, "volumes", "must not be negative", float(market.min()))
    return market * (participation / (1 - participation) if own_included else participation)


def in_lots(schedule: object, lot: float = 1.0) -> Floats:
    """The schedule in whole lots: the cumulative sum is rounded (half up), and each bin is a difference of two.

    The total is that of the schedule, to the nearest lot.
    """
    positive(MODEL, lot=lot)
    wanted = np.cumsum(vector(MODEL, "schedule", schedule)) / lot
    whole = np.sign(wanted) * np.floor(np.abs(wanted) * (1 + ROUNDING) + 0.5)
    bins: Floats = np.diff(whole, prepend=0.0) * lot
    return bins


def largest_remainder(quantity: float, weights: object, lot: float = 1.0) -> Floats:
    """`quantity` (whole lots of it) shared by weights: each its floor, and the lots left to the largest remainders.

    Raises:
        BadInput: weights that are negative or all zero, a quantity that is not a whole number of lots.
    """
    finite(MODEL, quantity=quantity)
    positive(MODEL, lot=lot)
    parts = _weights("weights", weights)
    lots = round(abs(quantity) / lot)
    if abs(lots * lot - abs(quantity)) > 1e-9 * max(abs(quantity), lot):
        raise BadInput(MODEL, "quantity", f"must be a multiple of the lot size {lot:g}", quantity)
    exact = lots * parts / parts.sum()
    whole = np.floor(exact + 1e-9)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: lots - int(whole.sum())]] += 1
    return np.asarray(np.copysign(whole * lot, quantity), dtype=np.float64)


def even_slices(quantity: float, slices: int, lot: float = 1.0) -> Floats:
    """TWAP in whole lots: `slices` parts that differ by a lot at most."""
    count(MODEL, slices=slices)
    return in_lots(np.full(slices, quantity / slices), lot)


def average_price(quantities: object, prices: object) -> float:
    """Σ n·p / Σ n: the VWAP of a market, or the average price of an execution.

    Raises:
        BadInput: not a price for each quantity, or quantities that add up to nothing.
    """
    traded, paid = vector(MODEL, "quantities", quantities), vector(MODEL, "prices", prices)
    if len(traded) != len(paid):
        raise BadInput(MODEL, "prices", f"must be one for each of the {len(traded)} quantities", len(paid))
    if traded.sum() == 0:
        raise BadInput(MODEL, "quantities", "must not add up to zero")
    return float(traded @ paid / traded.sum())


def slippage_bps(average: float, benchmark: float, sign: int) -> float:
    """What an average price cost against a benchmark, in bps; `sign` +1 for a buy, −1 for a sale."""
    positive(MODEL, benchmark=benchmark)
    return sign * (average / benchmark - 1) * BPS


def mean_shares(days: object) -> Floats:
    """The mean share of volume by bin over past days (rows): Konishi's best static curve where prices have no drift and
    their volatility does not come with volume.

    Raises:
        BadInput: days of different lengths, or one without volume.
    """
    rows = np.asarray(days, dtype=np.float64)
    if rows.ndim != 2:
        raise BadInput(MODEL, "days", "must be rows of the same length")
    if (rows < 0).any() or (rows.sum(axis=1) <= 0).any():
        raise BadInput(MODEL, "days", "must each have volume, and none negative")
    return np.asarray((rows / rows.sum(axis=1, keepdims=True)).mean(axis=0), dtype=np.float64)


def _weights(name: str, values: object) -> Floats:
    weights = vector(MODEL, name, values)
    if (weights < 0).any() or weights.sum() <= 0:
        raise BadInput(MODEL, name, "must have no negative weight, and some volume", weights.tolist())
    return weights
