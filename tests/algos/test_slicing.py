"""Slices: what a schedule may never do, and the arithmetic it must agree with."""

from decimal import Decimal
from itertools import pairwise
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sights import COIN, END, START, D

from penstock.algos import slicing
from penstock.algos.slicing import (
    BLOCK,
    RANDOM_SHARE,
    Even,
    Slices,
    boundary,
    curve_points,
    draws,
    round_lots,
    slice_count,
    smallest_child,
)
from penstock.domain.instrument import AssetClass
from penstock.domain.time import HOUR, MINUTE
from penstock.market.volume_curve import Portion, VolumeCurve, named_curve

WINDOW = (START, END)
TINY = D("0.000000001")


even = Even(START, END)
u_shaped = Portion(named_curve("equity", AssetClass.EQUITY, START, END), START, END)


def pieces(
    key: str, quantity: int | str, count: int, lot: Decimal, least: Decimal, curve: slicing.Fraction = even
) -> list[slicing.Slice]:
    """All slices of an order, each as it is found while it lasts."""
    starts = [boundary(key, number, count, START, END) for number in range(count)]
    slices = Slices(key, D(quantity), lot, count, WINDOW, curve)
    return [slices.at(at, least) for at in starts]


def targets(
    key: str, quantity: int | str, count: int, lot: Decimal, least: Decimal, curve: slicing.Fraction = even
) -> list[Decimal]:
    return [piece.target for piece in pieces(key, quantity, count, lot, least, curve)]


def target_by_definition(
    key: str, number: int, quantity: Decimal, lot: Decimal, least: Decimal, count: int, curve: slicing.Fraction
) -> Decimal:
    """What is wanted when slice `number` starts, found for it alone and without floating point where it can be."""
    if number >= count:
        return quantity
    before, here, after = (curve(boundary(key, n, count, START, END)) for n in (number - 1, number, number + 1))
    varied = RANDOM_SHARE / 2 * draws(key, number // BLOCK)[BLOCK + number % BLOCK]
    share = here + min(here - before, after - here) * varied
    wanted = round_lots(quantity * D(repr(share)), lot)
    return quantity if quantity - wanted < least else wanted


def test_a_thousand_over_seven_slices_is_rounded_cumulatively() -> None:
    """Published arithmetic: rounding the running total loses nothing, rounding each slice would lose six."""
    with patch.object(slicing, "RANDOM_SHARE", 0.0):
        done = [D(0), *targets("published", 1000, 7, D(1), D(1))]
    assert [after - before for before, after in pairwise(done)] == [143, 143, 143, 142, 143, 143, 143]


def test_a_static_vwap_is_the_curve_times_the_quantity() -> None:
    """Six bins of a published curve: 22, 16, 10, 9, 15 and 28 % of 10,000."""
    curve = VolumeCurve((0.22, 0.16, 0.10, 0.09, 0.15, 0.28), START, END - START)
    with patch.object(slicing, "RANDOM_SHARE", 0.0):
        done = [D(0), *targets("published", 10_000, 6, D(1), D(1), Portion(curve, START, END))]
    assert [after - before for before, after in pairwise(done)] == [2200, 1600, 1000, 900, 1500, 2800]


keys = st.text("abc0123456789/", min_size=1, max_size=12)
counts = st.integers(1, 60)
moments = st.integers(START - HOUR, END + HOUR)
curves = st.sampled_from([even, u_shaped])


@given(keys, st.integers(1, 100_000), counts, st.sampled_from(["1", "0.001", "100"]), st.integers(1, 50), curves)
def test_targets_only_grow_are_whole_lots_and_end_with_the_whole_quantity(
    key: str, lots: int, count: int, lot: str, least_lots: int, curve: slicing.Fraction
) -> None:
    quantity, least = lots * D(lot), least_lots * D(lot)
    done = [D(0), *targets(key, str(quantity), count, D(lot), least, curve)]
    assert len(done) == count + 1
    assert all(before <= after for before, after in pairwise(done))
    assert all(target % D(lot) == 0 for target in done)
    assert done[-1] == quantity
    assert all(quantity - target >= least or target == quantity for target in done[1:])


@given(keys, st.integers(1, 100_000), counts, st.sampled_from(["1", "0.001", "100"]), st.integers(1, 50), curves)
def test_slices_cut_together_are_those_found_one_by_one(
    key: str, lots: int, count: int, lot: str, least_lots: int, curve: slicing.Fraction
) -> None:
    quantity, least = lots * D(lot), least_lots * D(lot)
    ends = [boundary(key, number, count, START, END) for number in range(count + 1)]
    for number, piece in enumerate(pieces(key, str(quantity), count, D(lot), least, curve)):
        target = target_by_definition(key, number + 1, quantity, D(lot), least, count, curve)
        planned = round_lots(quantity * D(repr(curve(ends[number]))), D(lot))
        found = (piece.number, piece.start, piece.end, piece.target, piece.is_last, piece.before)
        assert found == (number, ends[number], ends[number + 1], target, number == count - 1, planned)


@given(keys, counts)
def test_slices_follow_each_other_without_a_gap_and_within_the_window(key: str, count: int) -> None:
    ends = [boundary(key, number, count, START, END) for number in range(count + 1)]
    assert (ends[0], ends[-1]) == WINDOW
    width = (END - START) / count
    for opens, closes in pairwise(ends):
        assert (1 - RANDOM_SHARE) * width - 1 <= closes - opens <= (1 + RANDOM_SHARE) * width + 1


@given(keys, st.integers(2, 60), curves)
def test_a_slice_is_within_a_fifth_of_its_planned_size(key: str, count: int, curve: slicing.Fraction) -> None:
    done = [D(0), *targets(key, 1, count, TINY, TINY, curve)]
    planned = [curve(boundary(key, number, count, START, END)) for number in range(count + 1)]
    for number in range(count):
        size, plan = float(done[number + 1] - done[number]), planned[number + 1] - planned[number]
        assert (1 - RANDOM_SHARE) * plan - 1e-8 <= size <= (1 + RANDOM_SHARE) * plan + 1e-8


def test_sizes_and_times_use_the_randomness_they_are_given() -> None:
    sizes, widths = [], []
    for seed in range(200):
        done = [D(0), *targets(f"k{seed}", 1, 10, TINY, TINY)]
        planned = [even(boundary(f"k{seed}", n, 10, START, END)) for n in range(11)]
        sizes += [float(done[n + 1] - done[n]) / (planned[n + 1] - planned[n]) for n in range(10)]
        widths += [(planned[n + 1] - planned[n]) * 10 for n in range(10)]
    for shares in (sizes, widths):
        assert 0.80 <= min(shares) < 0.84
        assert 1.16 < max(shares) <= 1.2001
        assert abs(sum(shares) / len(shares) - 1) < 0.01


def test_the_same_key_gives_the_same_slices_and_another_key_others() -> None:
    first, again, other = (targets(key, 100_000, 20, D(1), D(1)) for key in ("7/P1", "7/P1", "7/P2"))
    assert first == again
    assert sum(a != b for a, b in zip(first, other, strict=True)) >= 18
    assert boundary("7/P1", 3, 20, START, END) != boundary("7/P2", 3, 20, START, END)


@given(keys, counts, moments, moments)
def test_a_moment_lies_in_the_slice_that_is_said_to_hold_it(key: str, count: int, before: int, now: int) -> None:
    slices = Slices(key, D(1000), D(1), count, WINDOW, even)
    slices.at(before, D(1))  # whichever was asked for before
    piece = slices.at(now, D(1))
    assert piece.start == boundary(key, piece.number, count, START, END)
    assert piece.end == boundary(key, piece.number + 1, count, START, END)
    assert piece.is_last == (piece.number == count - 1)
    if START <= now < END:
        assert piece.start <= now < piece.end
    else:
        assert piece.number == (0 if now < START else count - 1)


@pytest.mark.parametrize(
    ("notional", "duration", "interval", "count"),
    [
        (1_000, HOUR, None, 20),
        (250_000, 6 * HOUR, None, 20),
        (250_001, 6 * HOUR, None, 360),
        (10_000_000, 5 * MINUTE, None, 20),
        (1_000, HOUR, 10 * MINUTE, 6),
        (1_000, HOUR, 2 * HOUR, 1),
    ],
)
def test_a_small_order_has_twenty_slices_and_a_large_one_a_slice_a_minute(
    notional: int, duration: int, interval: int | None, count: int
) -> None:
    assert slice_count(D(notional), duration, interval) == count


@pytest.mark.parametrize(
    ("lot", "min_quantity", "min_notional", "price", "least"),
    [
        ("1", "0", "0", "10", "1"),
        ("0.001", "0.01", "0", "10", "0.01"),
        ("0.001", "0", "5.05", "100", "0.051"),
        ("0.01", "0", "5", "2640", "0.01"),
        ("2", "7", "0", "10", "8"),
        ("1", "0", "100", "10", "10"),
    ],
)
def test_the_smallest_child_is_whole_lots_that_satisfy_every_minimum(
    lot: str, min_quantity: str, min_notional: str, price: str, least: str
) -> None:
    instrument = msgspec.structs.replace(
        COIN, lot_size=D(lot), min_quantity=D(min_quantity), min_notional=D(min_notional)
    )
    assert smallest_child(instrument, D(price)) == D(least)
    assert instrument.notional(D(least), D(price)) >= D(min_notional)


@pytest.mark.parametrize(("quantity", "rounded"), [("2.4", 2), ("2.5", 3), ("3.5", 4), ("0.4", 0)])
def test_half_a_lot_is_rounded_up(quantity: str, rounded: int) -> None:
    assert round_lots(D(quantity), D(1)) == rounded


def test_points_of_a_schedule_run_from_nothing_to_everything() -> None:
    points = curve_points(u_shaped, START, END, 50)
    assert (points[0], points[-1]) == ((START, 0.0), (END, 1.0))
    assert len(points) == 51
