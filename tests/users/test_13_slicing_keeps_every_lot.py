"""Rounding and minimum sizes break no slicing: never over, never short by a lot; what cannot trade is refused."""

import asyncio
from decimal import Decimal
from random import Random

import pytest

from penstock import Desk
from penstock.algos import slicing
from penstock.algos.slicing import Even, Slices
from penstock.domain.errors import BadInput
from penstock.domain.time import HOUR

D = Decimal


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_slices_of_any_size_add_up_to_the_order(first: int) -> None:
    for seed in range(first, first + 50):
        random = Random(seed)
        lot = D(random.choice(["1", "100", "0.001", "0.01"]))
        quantity = lot * random.randint(1, 500)
        least = lot * random.choice([1, 1, 7, 40])
        count = random.randint(1, 60)
        done, now, window = D(0), 0, (0, HOUR)
        slices = Slices(f"{seed}/P1", quantity, lot, count, window, Even(*window))
        while now < HOUR:
            piece = slices.at(now, least)
            due = piece.target - done
            assert done <= piece.target <= quantity
            if due >= least or piece.target == quantity:
                done = piece.target
            now = piece.end
        assert done == quantity
    slicing.cut.cache_clear()


def test_two_shares_over_five_intervals_are_two_orders_of_one() -> None:
    desk = Desk.open("synthetic", seed=2)
    parameters = {"duration_minutes": 2, "num_slices": 5, "passive_share": 0.0}
    report = asyncio.run(desk.execute("ACME", "buy", 2, "twap", parameters=parameters))
    assert [order["qty"] for order in report["orders"]] == [1, 1]


def test_an_order_of_less_than_a_lot_is_refused_with_the_rule_the_limit_and_the_value() -> None:
    desk = Desk.open("synthetic", seed=2)
    with pytest.raises(BadInput, match=r"must be a multiple of the lot size 0\.01 of ETHUSDT-PERP \(got 0\.001\)"):
        desk.submit("ETHUSDT-PERP", "buy", "0.001", "twap", parameters={"duration_minutes": 5})
