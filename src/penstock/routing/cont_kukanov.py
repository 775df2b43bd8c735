"""How much to take and how much to rest at each venue, when what does not fill must be paid for: Cont and Kukanov.

S units are wanted by the end of a period. M are taken at once at half a spread h and a fee f. L_k rest at venue k
behind a queue Q_k; ξ_k leave its book in the period, so that min((ξ_k − Q_k)⁺, L_k) fill, which earns h and a rebate
r_k. With A all that is filled, what lacks is bought at a penalty λ_u, what is too much is sold at λ_o, and θ is the
impact of all that is shown or taken:

    (h+f)·M − Σ(h+r_k)·fill_k + θ·(M + ΣL_k + (S−A)⁺) + λ_u·(S−A)⁺ + λ_o·(A−S)⁺

One venue: L = F⁻¹((2h+f+r)/(λ_u+h+r+θ)) − Q, kept within [0, S], and M = S − L. Several: the expectation is exact over
independent outflows, and its minimum is searched on the lattice of lots, where it is convex. Cont and Kukanov, "Optimal
order placement in limit order markets", Quantitative Finance 17 (2017), eqs. 1–7, propositions 1–3.
"""

from collections.abc import Hashable, Sequence
from functools import lru_cache
from itertools import combinations, product
from math import inf
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import integrate, stats  # type: ignore[import-untyped]

from penstock.domain.errors import BadInput

MODEL = "cont-kukanov"
LATTICE_MAX = 2000  # steps into which an order is divided at most
ALL_DIRECTIONS_VENUES = 3  # up to so many venues every neighbour on the lattice is looked at
Floats = NDArray[np.float64]


class Outflow(Hashable, Protocol):
    """What leaves a venue's book at a price within the period: trades and cancellations ahead of us, in units."""

    def below(self, level: Floats) -> Floats:
        """F: the probability that no more than `level` leave."""
        ...

    def quantile(self, probability: float) -> float:
        """The least level that is not exceeded with this probability."""
        ...


class Exponential(msgspec.Struct, frozen=True):
    """`mean` in units."""

    mean: float

    def below(self, level: Floats) -> Floats:
        return -np.expm1(-np.maximum(level, 0.0) / self.mean)

    def quantile(self, probability: float) -> float:
        return float(stats.expon.ppf(probability, scale=self.mean))


class Normal(msgspec.Struct, frozen=True):
    """`mean` and `deviation` in units."""

    mean: float
    deviation: float

    def below(self, level: Floats) -> Floats:
        return np.asarray(stats.norm.cdf(level, self.mean, self.deviation), dtype=np.float64)

    def quantile(self, probability: float) -> float:
        return float(stats.norm.ppf(probability, self.mean, self.deviation))


class Poisson(msgspec.Struct, frozen=True):
    """`mean` in units, which come one by one."""

    mean: float

    def below(self, level: Floats) -> Floats:
        return np.asarray(stats.poisson.cdf(level, self.mean), dtype=np.float64)

    def quantile(self, probability: float) -> float:
        return float(stats.poisson.ppf(probability, self.mean))


class Recorded(msgspec.Struct, frozen=True):
    """Each of the recorded outflows is as likely."""

    seen: tuple[float, ...]

    def below(self, level: Floats) -> Floats:
        ordered = np.sort(np.asarray(self.seen, dtype=np.float64))
        return np.searchsorted(ordered, level, side="right") / len(ordered)

    def quantile(self, probability: float) -> float:
        return float(np.quantile(np.asarray(self.seen), min(probability, 1.0), method="inverted_cdf"))


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A venue's book at the price to rest at: `ahead` Q in units, `rebate` r in price, and what leaves it."""

    outflow: Outflow
    ahead: float
    rebate: float = 0.0


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Prices per unit: `half_spread` h, `take_fee` f, `impact` θ, and the penalties λ_u (`under`) and λ_o (`over`).

    Raises:
        BadInput: one of them is negative or not finite.
    """

    half_spread: float
    take_fee: float
    under: float
    over: float = 0.0
    impact: float = 0.0

    def __post_init__(self) -> None:
        for name in ("half_spread", "under", "over", "impact"):
            value = getattr(self, name)
            if not 0 <= value < inf:
                raise BadInput(MODEL, name, "must be a finite price, not negative", value)
        if not -inf < self.take_fee < inf:
            raise BadInput(MODEL, "take_fee", "must be finite", self.take_fee)


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """Units to take now, units to rest by venue, and the expected cost of it in money."""

    take: float
    rest: tuple[float, ...]
    cost: float


def thresholds(quantity: float, queue: Queue, terms: Terms) -> tuple[float, float]:
    """The penalties λ_u up to which everything rests, and from which everything is taken (infinite where F is 0)."""
    _check(quantity, (queue,))
    gain = 2 * terms.half_spread + terms.take_fee + queue.rebate
    kept = terms.half_spread + queue.rebate + terms.impact
    ends = queue.outflow.below(np.array([queue.ahead + quantity, queue.ahead]))
    low, high = (gain / float(each) - kept if each > 0 else inf for each in ends)
    return low, high


def split_one(quantity: float, queue: Queue, terms: Terms) -> Split:
    """The optimum at one venue, in closed form.

    Raises:
        BadInput: a quantity that is not positive, a queue below zero.
    """
    _check(quantity, (queue,))
    rest = _rest_at_one(quantity, queue, terms)
    filled = mean_fill(queue, rest)
    take, short = quantity - rest, rest - filled
    cost = (
        (terms.half_spread + terms.take_fee) * take
        - (terms.half_spread + queue.rebate) * filled
        + terms.impact * (quantity + short)
        + terms.under * short
    )
    return Split(take=take, rest=(rest,), cost=cost)


def mean_fill(queue: Queue, size: float) -> float:
    """How much of `size` resting units fills on average: the chance to be reached, over the places of the order."""
    if size == 0:
        return 0.0
    if isinstance(queue.outflow, Poisson | Recorded):
        places: Floats = queue.ahead + np.arange(round(size), dtype=np.float64)
        return float((1 - queue.outflow.below(places)).sum())
    reached = integrate.quad(
        lambda level: 1 - float(queue.outflow.below(np.array(level))), queue.ahead, queue.ahead + size,
        epsabs=1e-10, epsrel=1e-12, limit=200,
    )  # fmt: skip
    return float(reached[0])


def _rest_at_one(quantity: float, queue: Queue, terms: Terms) -> float:
    gain = 2 * terms.half_spread + terms.take_fee + queue.rebate
    worst = terms.under + terms.half_spread + queue.rebate + terms.impact
    if gain <= 0:  # taking earns as much as resting does
        return 0.0
    if gain >= worst:
        return quantity
    return float(min(max(queue.outflow.quantile(gain / worst) - queue.ahead, 0.0), quantity))


def split(quantity: float, queues: Sequence[Queue], terms: Terms, lot: float = 1.0) -> Split:
    """The optimum over several venues, in whole lots (or in 2,000ths of the order, where that is coarser).

    Resting more in all than is wanted is part of it: queues rarely all fill.

    Raises:
        BadInput: no venue, a quantity that is not positive, a queue below zero.
    """
    _check(quantity, queues)
    step = lot * max(1, round(quantity / lot / LATTICE_MAX))
    best = _start(quantity, queues, terms, step)
    known: dict[tuple[int, ...], float] = {}

    def cost(point: tuple[int, ...]) -> float:
        if point not in known:
            if min(point) < 0:
                return inf
            known[point] = cost_of(quantity, point[0] * step, [each * step for each in point[1:]], queues, terms, step)
        return known[point]

    ways = _directions(len(queues))
    stride = max(1, 1 << int(np.log2(max(quantity / step, 1.0))) >> 1)
    while stride:
        moved = min((tuple(at + stride * by for at, by in zip(best, way, strict=True)) for way in ways), key=cost)
        if cost(moved) < cost(best) - 1e-12:
            best = moved
        else:
            stride //= 2
    return Split(take=best[0] * step, rest=tuple(each * step for each in best[1:]), cost=cost(best))


def cost_of(
    quantity: float, take: float, rest: Sequence[float], queues: Sequence[Queue], terms: Terms, lot: float = 1.0
) -> float:
    """The expected cost of any split, exact where outflows come in whole lots; in money."""
    fills = [
        _fill_probabilities(queue.outflow, queue.ahead, size, lot) for queue, size in zip(queues, rest, strict=True)
    ]
    together = np.array([1.0])
    for each in fills:
        together = _convolved(together, each)
    filled = take + lot * np.arange(len(together))
    short = float(together @ np.maximum(quantity - filled, 0.0))
    over = float(together @ np.maximum(filled - quantity, 0.0))
    earned = sum(
        (terms.half_spread + queue.rebate) * lot * float(each @ np.arange(len(each)))
        for queue, each in zip(queues, fills, strict=True)
    )
    shown = take + sum(rest) + short
    return (
        (terms.half_spread + terms.take_fee) * take
        - earned
        + terms.impact * shown
        + terms.under * short
        + terms.over * over
    )


@lru_cache(maxsize=4096)
def _fill_probabilities(outflow: Outflow, ahead: float, size: float, lot: float) -> Floats:
    """The probability of each fill 0, 1, … lots of `size` resting units; a continuous outflow is cut at half lots."""
    lots = round(size / lot)
    if lots == 0:
        return np.array([1.0])
    cuts: Floats = ahead + lot * np.arange(lots, dtype=np.float64)
    if not isinstance(outflow, Poisson | Recorded):
        cuts = cuts + lot / 2
    reached = outflow.below(cuts)
    return np.diff(np.concatenate([[0.0], reached, [1.0]]))


def _convolved(one: Floats, other: Floats) -> Floats:
    """The distribution of a sum. The far tails of a queue, too unlikely to count, are cut before."""
    if len(one) == 1 or len(other) == 1:
        return one * other
    low = int(np.argmax(other > 1e-18))
    high = len(other) - int(np.argmax(other[::-1] > 1e-18))
    made = np.zeros(len(one) + len(other) - 1)
    part = np.convolve(one, other[low:high])
    made[low : low + len(part)] = part
    return made


def _start(quantity: float, queues: Sequence[Queue], terms: Terms, step: float) -> tuple[int, ...]:
    """A first guess: at each venue what would rest there if it were the only one, the rest taken."""
    rest = [round(_rest_at_one(quantity, queue, terms) / step) for queue in queues]
    return (max(round(quantity / step) - sum(rest), 0), *rest)


@lru_cache(maxsize=8)
def _directions(venues: int) -> tuple[tuple[int, ...], ...]:
    """Steps on the lattice: all neighbours of a few venues, else one up, one down, and from one to another."""
    places = venues + 1
    if venues <= ALL_DIRECTIONS_VENUES:
        return tuple(way for way in product((-1, 0, 1), repeat=places) if any(way))
    ways = [tuple(sign * (place == at) for place in range(places)) for at in range(places) for sign in (1, -1)]
    for one, other in combinations(range(places), 2):
        for first, second in ((1, -1), (-1, 1), (1, 1), (-1, -1)):
            ways.append(tuple(first * (at == one) + second * (at == other) for at in range(places)))
    return tuple(ways)


def _check(quantity: float, queues: Sequence[Queue]) -> None:
    if not 0 < quantity < inf:
        raise BadInput(
            MODEL, "quantity", "must be greater than zero (of a sale, too: h and fees say which side)", quantity
        )
    if not queues:
        raise BadInput(MODEL, "queues", "must name at least one venue")
    for queue in queues:
        if not 0 <= queue.ahead < inf:
            raise BadInput(MODEL, "ahead", "must not be negative", queue.ahead)
