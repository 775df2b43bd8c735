"""What is estimated of a market from samples: means that warm up, scores in standard deviations, silence in no data."""

from decimal import Decimal
from math import exp, log, sqrt
from random import Random

import pytest

from penstock.domain.estimates import Estimates
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND
from penstock.market.estimates import (
    SCORE_MAX,
    WARM_SAMPLES,
    deviation,
    observed,
    spread_ratio,
    trend,
    volatility,
    volatility_ratio,
)

D = Decimal


def quote(mid: float, spread: float = 0.02, bid_qty: int = 100, ask_qty: int = 100, volume: int = 0) -> Quote:
    half = spread / 2
    return Quote(
        ts=0,
        bid=D(repr(mid - half)),
        bid_qty=D(bid_qty),
        ask=D(repr(mid + half)),
        ask_qty=D(ask_qty),
        volume=D(volume),
    )


def after(mids: list[float], seconds: float = 1.0, **of_quote: float) -> Estimates:
    estimates = None
    for number, mid in enumerate(mids):
        quotes = {"XA": quote(mid, **of_quote)}  # type: ignore[arg-type]
        estimates = observed(estimates, round((number + 1) * seconds * SECOND), quotes)
    assert estimates is not None
    return estimates


def walk(count: int, sigma: float, drift: float = 0.0, seed: int = 3) -> list[float]:
    rng, price, mids = Random(seed), 100.0, []
    for _ in range(count):
        price *= exp(drift + sigma * rng.gauss(0, 1))
        mids.append(price)
    return mids


def test_the_first_samples_count_alike() -> None:
    seen = after([100.0, 101.0, 103.0])
    jumps = [log(1.01) ** 2, log(103 / 101) ** 2]
    assert seen.variance == pytest.approx(sum(jumps) / 2)
    assert (seen.samples, seen.elapsed) == (3, 2.0)


def test_the_volatility_of_a_random_walk_is_found() -> None:
    seen = after(walk(4000, 1e-4))
    assert volatility(seen, 1) == pytest.approx(1e-4, rel=0.1)
    assert volatility(seen, 3600) == pytest.approx(60e-4, rel=0.1)
    assert volatility_ratio(seen) == pytest.approx(1, abs=0.5)


def test_a_minute_of_turmoil_is_seen_against_what_is_usual() -> None:
    calm = walk(1800, 1e-4)
    wild = [calm[-1] * price / 100 for price in walk(60, 5e-4)]
    assert volatility_ratio(after(calm + wild)) > 2


def test_a_trend_scores_and_a_walk_without_one_does_not() -> None:
    assert trend(after(walk(3000, 1e-4, drift=5e-5))) > 2
    assert trend(after(walk(3000, 1e-4, drift=-5e-5))) < -2
    scores = [trend(after(walk(1500, 1e-4, seed=seed))) for seed in range(40)]
    assert sqrt(sum(score**2 for score in scores) / len(scores)) == pytest.approx(1, abs=0.4)


def test_a_jump_is_a_deviation_from_the_mean_and_bounded() -> None:
    calm = walk(1200, 1e-5)
    assert 1 < deviation(after([*calm, 130.0])) <= SCORE_MAX  # the jump is in the variance as well
    assert -SCORE_MAX <= deviation(after([*calm, 80.0])) < -1
    assert deviation(after([*calm, *[calm[-1] * 1.0006] * 3])) > 1


def test_nothing_is_said_before_enough_was_seen() -> None:
    seen = after(walk(WARM_SAMPLES - 1, 1e-3))
    assert (trend(seen), deviation(seen), volatility_ratio(seen), spread_ratio(seen)) == (0, 0, 1, 1)
    assert (trend(None), deviation(None), volatility_ratio(None), spread_ratio(None)) == (0, 0, 1, 1)


def test_a_market_without_two_sides_changes_nothing() -> None:
    seen = after([100.0, 101.0])
    assert observed(seen, 99 * SECOND, {"XA": Quote(ts=0)}) is seen
    assert observed(seen, 99 * SECOND, {}) is seen
    assert observed(seen, seen.ts, {"XA": quote(50.0)}) is seen


def test_the_touch_is_the_best_over_all_venues_and_volumes_add_up() -> None:
    quotes = {"XA": quote(100.0, 0.04, volume=10), "XB": quote(100.0, 0.02, bid_qty=300, volume=5)}
    first = observed(None, SECOND, quotes)
    assert first is not None
    assert first.spread == pytest.approx(2e-4)
    assert first.imbalance == pytest.approx(1 / 3)
    later = observed(first, 3 * SECOND, quotes | {"XB": quote(100.0, 0.02, volume=25)})
    assert later is not None
    assert later.volume_rate == pytest.approx(10)
    assert later.volume == 35


def test_a_venue_that_counts_its_volume_anew_says_nothing_of_the_pace() -> None:
    first = observed(None, SECOND, {"XA": quote(100.0, volume=1000)})
    second = observed(first, 2 * SECOND, {"XA": quote(100.0, volume=3)})
    assert second is not None
    assert second.volume_rate == 0
