"""How much to send to each dark pool, learned from fills that say only "at least so much".

A pool that fills all of what it was sent may have held more: the fill is censored. With D_s the orders that were
filled exactly s and were sent more, and N_s those that were sent more than s and filled at least s, the probability
that a pool holds at least s + 1 is T(s+1) = T(s)·(1 − D_s/N_s) (Kaplan and Meier 1958). Sending one unit after the
other to the pool with the largest T(already sent + 1) is the best allocation: Ganchev, Nevmyvaka, Kearns and Vaughan,
"Censored exploration and the dark pool problem", Communications of the ACM 53 (2010).

With pools that pay a rebate ρ_i of what is traded there, shares r_i maximise Σ ρ_i E[min(r_i·V, D_i)] where every pool
that is used has the same ρ_i·P(D_i > r_i·V); they are learned by r ← Π(r + γ·(H_i − mean H)), H_i = V·ρ_i·1{r_i·V <
D_i}: Laruelle, Lehalle and Pagès, "Optimal split of orders across liquidity pools", SIAM Journal on Financial
Mathematics 2 (2011).
"""

from collections.abc import Sequence
from fractions import Fraction
from math import exp, log

from penstock.domain.errors import BadInput

MODEL = "dark pools"
ROUNDS = 200

Observed = tuple[int, int]  # sent, filled: in lots
Tails = tuple[Fraction, ...]


def fill_tails(observed: Sequence[Observed], most: int) -> Tails:
    """T(0) … T(`most`): the probabilities that the pool holds at least so many lots, exactly.

    Beyond what was ever asked for the last estimate holds.

    Raises:
        BadInput: an order that was filled more than it was sent, or sent nothing.
    """
    for sent, filled in observed:
        if sent <= 0 or not 0 <= filled <= sent:
            raise BadInput(
                MODEL, "observed", "must be sent at least 1 and filled from 0 to what was sent", (sent, filled)
            )
    tails = [Fraction(1)]
    for level in range(most):
        ended = sum(filled == level < sent for sent, filled in observed)
        reached = sum(sent > level and filled >= level for sent, filled in observed)
        tails.append(tails[-1] * (1 - Fraction(ended, reached)) if reached else tails[-1])
    return tuple(tails)


def allocate(lots: int, tails: Sequence[Tails]) -> tuple[int, ...]:
    """How many lots each pool gets: the next always goes where it is likeliest to fill, the first of equals.

    Raises:
        BadInput: no pool, fewer lots than none.
    """
    if lots < 0 or not tails:
        raise BadInput(MODEL, "lots", "must not be negative, and there must be a pool", lots)
    sent = [0] * len(tails)
    for _ in range(lots):
        best = max(range(len(tails)), key=lambda pool: (_tail(tails[pool], sent[pool] + 1), -pool))
        sent[best] += 1
    return tuple(sent)


def expected_fill(sent: Sequence[int], tails: Sequence[Tails]) -> Fraction:
    """Σ over pools of E[min(sent, held)] = Σ_{s ≤ sent} T(s), in lots."""
    return sum(
        (_tail(pool, level) for lots, pool in zip(sent, tails, strict=True) for level in range(1, lots + 1)),
        Fraction(0),
    )


def best_shares(volume: float, means: Sequence[float], rebates: Sequence[float]) -> tuple[float, ...]:
    """The shares of an order for pools that hold exponential quantities of these `means`, adding up to one.

    `rebates` are by unit, in any unit of money: what counts is their proportion.

    Raises:
        BadInput: a number that is not positive, or not a rebate for each mean.
    """
    _check(volume, means, rebates)
    low, high = 0.0, max(rebates)
    for _ in range(ROUNDS):
        price = (low + high) / 2
        wanted = sum(_wanted(price, mean, rebate) for mean, rebate in zip(means, rebates, strict=True))
        low, high = (price, high) if wanted > volume else (low, price)
    sizes = [_wanted(high, mean, rebate) for mean, rebate in zip(means, rebates, strict=True)]
    whole = sum(sizes)
    return tuple(size / whole for size in sizes)


def earned(volume: float, shares: Sequence[float], means: Sequence[float], rebates: Sequence[float]) -> float:
    """Σ ρ_i·E[min(r_i·V, D_i)] of such pools, in the rebates' money."""
    _check(volume, means, rebates)
    return sum(
        rebate * mean * (1 - exp(-share * volume / mean))
        for share, mean, rebate in zip(shares, means, rebates, strict=True)
    )


def learned(
    shares: Sequence[float], volume: float, rebates: Sequence[float], held: Sequence[float], step: float
) -> tuple[float, ...]:
    """The shares after one order more: `held` is what each pool turned out to have (or any more, if it filled)."""
    gains = [
        volume * rebate * (share * volume < amount) for share, rebate, amount in zip(shares, rebates, held, strict=True)
    ]
    mean = sum(gains) / len(gains)
    return on_simplex([share + step * (gain - mean) for share, gain in zip(shares, gains, strict=True)])


def on_simplex(point: Sequence[float]) -> tuple[float, ...]:
    """The nearest point whose parts are not negative and add up to one."""
    ordered = sorted(point, reverse=True)
    total, shift = 0.0, 0.0
    for place, value in enumerate(ordered, start=1):
        total += value
        if value - (total - 1) / place > 0:
            shift = (total - 1) / place
    return tuple(max(value - shift, 0.0) for value in point)


def _tail(tails: Tails, level: int) -> Fraction:
    """What the table does not reach is not counted on."""
    return tails[level] if level < len(tails) else Fraction(0)


def _wanted(price: float, mean: float, rebate: float) -> float:
    """The size at which the last unit earns this price."""
    return mean * log(rebate / price) if 0 < price < rebate else 0.0 if price else float("inf")


def _check(volume: float, means: Sequence[float], rebates: Sequence[float]) -> None:
    if len(means) != len(rebates) or not means:
        raise BadInput(MODEL, "rebates", f"must be one for each of the {len(means)} means", len(rebates))
    for name, value in (
        ("volume", volume),
        *(("means", each) for each in means),
        *(("rebates", each) for each in rebates),
    ):
        if not 0 < value < float("inf"):
            raise BadInput(MODEL, name, "must be greater than zero", value)
