"""Dark pools: worked tails and allocations in exact fractions, the published optimum, and that it can be learned."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from penstock.domain.errors import BadInput
from penstock.routing.dark_fill import allocate, best_shares, earned, expected_fill, fill_tails, learned, on_simplex

A = [(3, 0), (3, 1), (3, 3), (2, 2), (4, 1), (2, 0), (4, 4), (3, 2)]
B = [(1, 1), (1, 1), (2, 2), (1, 0), (2, 1), (3, 3)]
C = [(5, 0), (5, 0), (5, 0), (5, 5), (5, 2)]
TAILS = {
    "A": (A, "1 3/4 1/2 1/3 1/3 1/3"),
    "B": (B, "1 5/6 5/9 5/9 5/9 5/9"),
    "C": (C, "1 2/5 2/5 1/5 1/5 1/5"),
}
POOLS = [fill_tails(observed, 5) for observed, _ in TAILS.values()]


@pytest.mark.parametrize("name", TAILS)
def test_tails_of_censored_fills(name: str) -> None:
    observed, words = TAILS[name]
    assert fill_tails(observed, 5) == tuple(Fraction(word) for word in words.split())


@pytest.mark.parametrize(
    ("lots", "sent", "expected"),
    [(1, (0, 1, 0), "5/6"), (2, (1, 1, 0), "19/12"), (3, (1, 2, 0), "77/36"), (8, (2, 5, 1), "847/180")],
)
def test_each_lot_goes_where_it_is_likeliest_to_fill(lots: int, sent: tuple[int, ...], expected: str) -> None:
    assert allocate(lots, POOLS) == sent
    assert expected_fill(sent, POOLS) == Fraction(expected)


@pytest.mark.parametrize("lots", [0, 3, 5])
def test_no_other_allocation_fills_more(lots: int) -> None:
    every = [sent for sent in product(range(lots + 1), repeat=3) if sum(sent) == lots]
    assert expected_fill(allocate(lots, POOLS), POOLS) == max(expected_fill(sent, POOLS) for sent in every)


MEANS, REBATES = (300.0, 500.0, 800.0), (0.01, 0.02, 0.015)
BEST = (0.061697685606280465, 0.44940306629044013, 0.48889924810327945)


def test_the_shares_of_pools_that_pay() -> None:
    found = best_shares(1000.0, MEANS, REBATES)
    assert found == pytest.approx(BEST, rel=1e-9)
    assert earned(1000.0, found, MEANS, REBATES) == pytest.approx(11.974229124092123, rel=1e-12)
    assert earned(1000.0, (1 / 3,) * 3, MEANS, REBATES) == pytest.approx(10.967362283845038, rel=1e-12)


def test_they_are_learned_from_what_the_pools_held() -> None:
    """The average over the later orders comes near the optimum."""
    draw = np.random.default_rng(2)
    shares, mean = (1 / 3,) * 3, np.zeros(3)
    for number in range(1, 20_001):
        held = draw.exponential(MEANS).tolist()
        shares = learned(shares, 1000.0, REBATES, held, 0.02 / number**0.6)
        if number > 10_000:
            mean += np.array(shares) / 10_000
    assert mean == pytest.approx(BEST, abs=0.02)


def test_the_nearest_point_of_the_simplex() -> None:
    assert on_simplex([0.5, 0.5, 0.5]) == pytest.approx((1 / 3,) * 3)
    assert on_simplex([2.0, 0.0]) == (1.0, 0.0)


@pytest.mark.parametrize(
    "broken",
    [
        lambda: fill_tails([(1, 2)], 3),
        lambda: fill_tails([(0, 0)], 3),
        lambda: allocate(1, []),
        lambda: best_shares(0.0, MEANS, REBATES),
        lambda: best_shares(1.0, MEANS, (0.1,)),
    ],
)
def test_what_cannot_be_is_refused(broken: object) -> None:
    with pytest.raises(BadInput):
        broken()  # type: ignore[operator]
