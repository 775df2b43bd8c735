"""Rolling estimates of a market from samples of it: exponentially weighted, and plain means until enough has passed.

Each estimate x moves by w · (new − x) with w = max(1 − exp(−dt / τ), 1 / n): over its first τ it is the mean of the n
samples so far, then an exponentially weighted one. A sample after a long silence counts nearly alone.

The scores below are in standard deviations of what a random walk of the same variance would show: of the mid less its
own exponential mean, σ √(τ / 2); of two such means, σ |τ₂ − τ₁| / √(2 (τ₁ + τ₂)). Both follow from integrating the
walk against the weights.
"""

from math import exp, isfinite, log, sqrt

from penstock.domain.estimates import Estimates
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND

SLOW_S = 600.0  # what "usual" means
FAST_S = 60.0  # what "now" means
TOUCH_S = 20.0  # how long an imbalance is remembered
WARM_SAMPLES = 20  # before that nothing is said about regimes
WALK_OF_MEANS_S = (SLOW_S - FAST_S) ** 2 / (2 * (SLOW_S + FAST_S))
SCORE_MAX = 8.0


def observed(before: Estimates | None, ts: int, quotes: dict[str, Quote]) -> Estimates | None:
    """The estimates after one more sample at `ts` (ns): the best touch over all venues, and what traded on them.

    Without a sound market, or without time passing, they are as before.
    """
    sound = [quote for quote in quotes.values() if quote.is_sound]
    bids = [quote.bid for quote in sound if quote.bid is not None]
    asks = [quote.ask for quote in sound if quote.ask is not None]
    if not bids or not asks or (before is not None and ts <= before.ts):
        return before
    bid, ask = float(max(bids)), float(min(asks))
    mid, spread = (bid + ask) / 2, max(ask - bid, 0.0) / ((bid + ask) / 2)
    bid_qty = sum([float(quote.bid_qty) for quote in sound])
    ask_qty = sum([float(quote.ask_qty) for quote in sound])
    shown = bid_qty + ask_qty
    imbalance = (bid_qty - ask_qty) / shown if shown else 0.0
    volume = sum([float(quote.volume) for quote in quotes.values()])
    if before is None:
        return Estimates(
            ts=ts,
            mid=mid,
            mean=mid,
            mean_fast=mid,
            spread=spread,
            spread_now=spread,
            imbalance=imbalance,
            depth=shown / 2,
            volume=volume,
        )
    seconds = (ts - before.ts) / SECOND
    passed = before.samples  # intervals, this one included
    slow, fast, touch = (max(1 - exp(-seconds / span), 1 / passed) for span in (SLOW_S, FAST_S, TOUCH_S))
    jump = log(mid / before.mid) ** 2 / seconds
    traded = max(volume - before.volume, 0.0) / seconds  # a venue that counts anew says nothing
    return Estimates(
        ts=ts,
        mid=mid,
        samples=before.samples + 1,
        elapsed=before.elapsed + seconds,
        variance=before.variance + slow * (jump - before.variance),
        variance_fast=before.variance_fast + fast * (jump - before.variance_fast),
        mean=before.mean + slow * (mid - before.mean),
        mean_fast=before.mean_fast + fast * (mid - before.mean_fast),
        spread=before.spread + slow * (spread - before.spread),
        spread_now=spread,
        imbalance=before.imbalance + touch * (imbalance - before.imbalance),
        depth=before.depth + slow * (shown / 2 - before.depth),
        volume=volume,
        volume_rate=before.volume_rate + slow * (traded - before.volume_rate),
    )


def is_warm(estimates: Estimates | None) -> bool:
    """Whether enough was seen to speak of regimes."""
    return estimates is not None and estimates.samples >= WARM_SAMPLES and estimates.elapsed >= FAST_S


def volatility(estimates: Estimates, seconds: float) -> float:
    """Standard deviation of the relative return over so many seconds."""
    return sqrt(estimates.variance * seconds)


def volatility_ratio(estimates: Estimates | None) -> float:
    """The last minute's volatility over the usual one; 1 while nothing is known."""
    if estimates is None or not is_warm(estimates) or estimates.variance <= 0:
        return 1.0
    return sqrt(estimates.variance_fast / estimates.variance)


def spread_ratio(estimates: Estimates | None) -> float:
    """The spread now over the usual one; 1 while nothing is known."""
    if estimates is None or not is_warm(estimates) or estimates.spread <= 0:
        return 1.0
    return estimates.spread_now / estimates.spread


def trend(estimates: Estimates | None) -> float:
    """How far the last minute's mean price is above the usual one, in standard deviations of a market without trend."""
    if estimates is None or not is_warm(estimates):
        return 0.0
    return score(estimates.mean_fast - estimates.mean, estimates, WALK_OF_MEANS_S)


def deviation(estimates: Estimates | None) -> float:
    """How far the price is above its own usual mean, in standard deviations of a random walk."""
    if estimates is None or not is_warm(estimates):
        return 0.0
    return score(estimates.mid - estimates.mean, estimates, SLOW_S / 2)


def score(distance: float, estimates: Estimates, seconds: float) -> float:
    """A price distance in standard deviations of what so many seconds of random walk make; at most ±`SCORE_MAX`.

    Where less time has passed than that, what passed counts.
    """
    usual = estimates.mean * sqrt(estimates.variance * min(seconds, estimates.elapsed))
    reached = distance / usual if usual > 0 else 0.0
    return min(max(reached, -SCORE_MAX), SCORE_MAX) if isfinite(reached) else 0.0
