"""A window equals the naive definition at every instant, at its edge too, and after a restart in the middle."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.time import SECOND
from penstock.risk.windows import DROP_AT, CountWindow, SumWindow

D = Decimal
gaps = st.lists(st.integers(0, 40), max_size=150)
amounts = st.integers(-1000, 1000).map(lambda cents: D(cents) / 100)


def times(steps: list[int]) -> list[int]:
    at, found = 1000, []
    for step in steps:
        at += step
        found.append(at)
    return found


def restarted(window: CountWindow | SumWindow) -> CountWindow | SumWindow:
    return msgspec.json.decode(msgspec.json.encode(window), type=type(window))


@given(gaps, st.integers(1, 100), st.integers(0, 12), st.integers(0, 120))
def test_a_count_is_that_of_the_naive_definition(steps: list[int], span: int, most: int, later: int) -> None:
    window, seen = CountWindow(span=span, most=most), []
    for at in times(steps):
        window.add(at)
        seen.append(at)
        for now in (at, at + later):
            inside = sum(now - span < each <= now for each in seen)
            assert window.count(now) == min(inside, most)
            assert window.is_full(now) == (inside >= most)
        if most:
            free = window.free_at(at)
            assert not window.is_full(free)
            assert free == at or window.is_full(free - 1)
    assert len(window.times) <= most


@given(st.lists(st.tuples(st.integers(0, 40), amounts), max_size=300), st.integers(1, 100), st.integers(0, 120))
def test_a_sum_is_exactly_that_of_the_naive_definition(steps: list[tuple[int, D]], span: int, later: int) -> None:
    window, seen = SumWindow(span=span), []
    for at, (_, amount) in zip(times([step for step, _ in steps]), steps, strict=True):
        window.add(at, amount)
        seen.append((at, amount))
        for now in (at, at + later):
            naive = sum((each for when, each in seen if now - span < when <= now), D(0))
            assert window.total(now) == naive
            assert window.loss(now) == max(D(0), -naive)


@given(st.lists(st.integers(0, 40), max_size=300), st.integers(1, 400), st.integers(1, 50))
def test_a_bucketed_sum_counts_for_one_bucket_too_long_at_most_and_is_bounded(
    steps: list[int], span: int, resolution: int
) -> None:
    window, seen = SumWindow(span=span, resolution=resolution), []
    for at in times(steps):
        window.add(at, D(1))
        seen.append(at)
        least = sum(at - span < each for each in seen)
        most = sum(at - span - resolution < each for each in seen)
        assert least <= window.total(at) <= most
        assert len(window.times) - window.start <= span // resolution + 2


@given(gaps, gaps, st.integers(1, 100), st.integers(1, 8))
def test_a_window_goes_on_after_a_restart_as_if_nothing_had_been(
    before: list[int], after: list[int], span: int, most: int
) -> None:
    count, total = CountWindow(span=span, most=most), SumWindow(span=span)
    whole = times(before + after)
    for at in whole[: len(before)]:
        count.add(at)
        total.add(at, D(at))
    count_again, total_again = restarted(count), restarted(total)
    for at in whole[len(before) :]:
        for window in (count, count_again):
            window.add(at)
        for each in (total, total_again):
            each.add(at, D(at))
    assert (count_again, total_again) == (count, total)


@pytest.mark.parametrize(
    ("seconds_later", "fits"), [(59.999999999, False), (60, True), (60.000000001, True)], ids=["below", "at", "above"]
)
def test_twenty_orders_a_minute_are_twenty_in_any_minute(seconds_later: float, fits: bool) -> None:
    window = CountWindow(span=60 * SECOND, most=20)
    for _ in range(20):
        assert not window.is_full(0)
        window.add(0)
    assert window.is_full(0)
    assert window.free_at(0) == 60 * SECOND
    assert window.is_full(round(seconds_later * SECOND)) is not fits


def test_what_has_left_a_long_sum_is_forgotten() -> None:
    window = SumWindow(span=10)
    for at in range(100_000):
        window.add(at, D("0.01"))
    assert len(window.times) <= 2 * DROP_AT + 10
    assert window.total(99_999) == D("0.10")
