"""Venues without a display: who trades with whom at the lit middle, in which order, and who learns of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_book import ASK, BID, ScriptedBook

from penstock.domain.time import MINUTE, SECOND
from penstock.sim.book import NONE, Touch
from penstock.sim.dark_pool import DarkPool, Waiting
from penstock.sim.hidden_interest import HiddenInterest, PoolProfile
from penstock.sim.native_orders import NativeOrder, Peg

QUIET = PoolProfile(mean_quantity=Decimal(100), arrivals_per_minute=1e-9)  # nobody else comes
BUSY = PoolProfile(mean_quantity=Decimal(100), arrivals_per_minute=30)
MIDDLE = BID + ASK  # in half ticks


class Pool:
    """A pool beside a scripted lit market, and what it told that market."""

    def __init__(self, profile: PoolProfile = QUIET, *, every_s: int = 0, seed: int = 1) -> None:
        self.lit = ScriptedBook()
        self.heard: list[tuple[int, float]] = []
        self.book = DarkPool(
            "NIGHT", [self.lit], profile, seed=seed, every_ns=every_s * SECOND,
            tell=lambda ts, lots: self.heard.append((ts, lots)),
        )  # fmt: skip

    def other(self, sign: int, lots: int, least: int = 0, *, probes: bool = False) -> None:
        """Somebody else comes."""
        self.book._waiting.append(Waiting(sign, NONE, lots, least, self.book.now, probes=probes))
        self.book._settle()

    def ours(self, number: int, lots: int, *, sign: int = 1, ticks: int = NONE, **terms: int) -> int:
        return self.book.enter(number, NativeOrder(sign, ticks, lots, peg=Peg.MID, **terms))

    def fills(self) -> list[tuple[int, int, int]]:
        return [(fill.order_no, fill.ticks, fill.lots) for fill in self.book.take_fills()]


def test_a_trade_is_at_the_middle_and_the_touch_around_it_is_the_lit_one() -> None:
    pool = Pool()
    pool.other(-1, 70)
    assert pool.ours(1, 100) == 30
    (fill,) = pool.book.take_fills()
    assert (fill.ticks, fill.lots, fill.maker) == (MIDDLE, 70, True)
    assert pool.book.instrument.price(fill.ticks) == Decimal("10.00")
    assert fill.before == Touch(0, 2 * BID, 50, 2 * ASK, 50)
    assert pool.book.touch() == Touch(0, NONE, 0, NONE, 0)
    assert pool.book.depth(5) == ([], [])


def test_a_middle_between_two_ticks_is_traded_at() -> None:
    pool = Pool()
    pool.lit.touch = lambda: Touch(0, 999, 5, 1000, 5)  # type: ignore[method-assign]
    pool.other(-1, 10)
    pool.ours(1, 10)
    (fill,) = pool.book.take_fills()
    assert pool.book.instrument.price(fill.ticks) == Decimal("9.995")


def test_first_come_is_first_served() -> None:
    pool = Pool()
    pool.other(1, 50)
    pool.ours(1, 60)
    pool.ours(2, 60)
    pool.other(-1, 120)
    assert pool.fills() == [(1, MIDDLE, 60), (2, MIDDLE, 10)]


@pytest.mark.parametrize(
    ("ours", "other", "filled"),
    [
        ({"least": 40}, {"lots": 39}, 0),
        ({"least": 40}, {"lots": 40}, 40),
        ({"least": 40}, {"lots": 500}, 100),
        ({}, {"lots": 500, "least": 101}, 0),
        ({}, {"lots": 500, "least": 100}, 100),
        ({"ticks": MIDDLE - 1}, {"lots": 100}, 0),
        ({"ticks": MIDDLE}, {"lots": 100}, 100),
    ],
)
def test_least_executions_and_limits_of_both_are_kept(ours: dict[str, int], other: dict[str, int], filled: int) -> None:
    pool = Pool()
    pool.other(-1, **other)
    pool.ours(1, 100, **ours)
    assert sum(lots for _, _, lots in pool.fills()) == filled


def test_ours_never_trade_with_ours() -> None:
    pool = Pool()
    pool.ours(1, 100)
    pool.ours(2, 100, sign=-1)
    assert pool.fills() == []


def test_a_one_sided_lit_market_has_no_middle() -> None:
    pool = Pool()
    pool.lit.touch = lambda: Touch(0, NONE, 0, 1000, 5)  # type: ignore[method-assign]
    pool.other(-1, 100)
    pool.ours(1, 100)
    assert pool.fills() == []


def test_a_limit_is_met_when_the_middle_comes_to_it() -> None:
    pool = Pool()
    pool.other(-1, 100)
    pool.ours(1, 100, ticks=MIDDLE - 4)
    assert pool.fills() == []
    pool.lit.touch = lambda: Touch(0, BID - 2, 50, ASK - 2, 50)  # type: ignore[method-assign]
    assert pool.book.advance(5 * SECOND) == SECOND
    assert pool.fills() == [(1, MIDDLE - 4, 100)]


def test_an_immediate_order_does_not_stay() -> None:
    pool = Pool()
    pool.other(-1, 30)
    assert pool.book.enter(1, NativeOrder(1, NONE, 100, immediate=True)) == 0
    assert (pool.fills(), pool.book.resting(1)) == ([(1, MIDDLE, 30)], 0)


def test_less_at_the_same_limit_keeps_its_place_and_anything_else_does_not() -> None:
    for ticks, lots, first in ((NONE, 40, 1), (NONE, 80, 2), (MIDDLE + 8, 40, 2)):
        pool = Pool()
        pool.ours(1, 60)
        pool.ours(2, 60)
        assert pool.book.replace(1, ticks, lots) == lots
        pool.other(-1, 10)
        assert pool.fills() == [(first, MIDDLE, 10)]
    assert pool.book.replace(9, NONE, 1) == NONE


def test_a_crossing_network_trades_at_its_sessions_only() -> None:
    pool = Pool(every_s=60)
    pool.other(-1, 70)
    pool.ours(1, 100)
    assert pool.book.advance(59 * SECOND) == 59 * SECOND
    assert pool.fills() == []
    assert pool.book.advance(90 * SECOND) == 60 * SECOND
    assert pool.fills() == [(1, MIDDLE, 70)]
    assert pool.book.next_ts() == 120 * SECOND


def test_a_probe_tells_the_lit_market_of_what_is_left_and_a_trade_of_itself() -> None:
    pool = Pool(PoolProfile(mean_quantity=Decimal(100), arrivals_per_minute=1e-9, leakage=0.5))
    pool.ours(1, 1000, sign=-1)
    pool.other(1, 100)
    pool.other(1, 10, probes=True)
    assert pool.heard == [(0, -30.0), (0, -3.0 - 0.5 * 890)]


def test_a_least_execution_keeps_probes_away() -> None:
    pool = Pool()
    pool.ours(1, 1000, least=50)
    pool.other(-1, 10, probes=True)
    assert (pool.fills(), pool.heard) == ([], [])


@given(st.lists(st.integers(1, 600), min_size=1, max_size=6), st.integers(0, 50))
def test_how_far_it_is_advanced_at_a_time_changes_nothing(steps: list[int], seed: int) -> None:
    whole, bit = Pool(BUSY, seed=seed), Pool(BUSY, seed=seed)
    end = sum(steps) * SECOND
    for pool in (whole, bit):
        pool.ours(1, 400)
    while whole.book.advance(end) < end:
        pass
    at = 0
    for step in steps:
        at += step * SECOND
        while bit.book.advance(at) < at:
            pass
    assert whole.book.take_fills() == bit.book.take_fills()
    assert (whole.book.traded(), whole.book.resting(1)) == (bit.book.traded(), bit.book.resting(1))


@given(st.integers(0, 30))
def test_nothing_is_made_or_lost(seed: int) -> None:
    pool = Pool(BUSY, seed=seed)
    pool.ours(1, 1000)
    pool.ours(2, 500, sign=-1)
    filled = {1: 0, 2: 0}
    while pool.book.advance(10 * MINUTE) < 10 * MINUTE:
        for number, _, lots in pool.fills():
            filled[number] += lots
    assert filled[1] + pool.book.resting(1) == 1000
    assert filled[2] + pool.book.resting(2) == 500
    assert sum(filled.values()) > 0
    assert pool.book.traded()[1] == pool.book.traded()[0] * MIDDLE


def test_the_informed_come_on_the_side_to_which_the_price_will_go() -> None:
    profile = PoolProfile(mean_quantity=Decimal(100), informed=1.0, arrivals_per_minute=60)
    for lean in (1.0, -1.0):
        interest = HiddenInterest(profile, ScriptedBook().instrument, "NIGHT", 1, 0, lambda _ts, lean=lean: lean)
        assert {interest.take().sign for _ in range(50)} == {int(lean)}


def test_others_come_as_often_and_as_large_as_the_profile_says() -> None:
    interest = HiddenInterest(BUSY, ScriptedBook().instrument, "NIGHT", 3, 0, lambda _ts: 0.0)
    came = [interest.take() for _ in range(6000)]
    assert came[-1].ts / 6000 == pytest.approx(SECOND, rel=0.05)  # 30 a minute on each side
    whole = [each.lots for each in came if not each.probes]
    assert sum(whole) / len(whole) == pytest.approx(100, rel=0.12)
    assert {each.lots for each in came if each.probes} == {2}
    assert sum(each.sign for each in came) / 6000 == pytest.approx(0, abs=0.05)
