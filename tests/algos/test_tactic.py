"""When a slice stops waiting and crosses, strategy by strategy; a maker has four reasons to become a taker."""

from typing import Any

import pytest
from sights import END, START, D, minutes, parent, quote, view, working

from penstock.algos.randomness import uniform
from penstock.algos.slicing import Slice
from penstock.algos.strategy import STYLES, style_of
from penstock.algos.tactic import (
    POLL_MAX,
    POLL_MIN,
    cap,
    crossing_reason,
    improvement,
    patience_ends,
    poll_interval,
    take,
    work,
)
from penstock.algos.view import Rest, Take, View
from penstock.domain.orders import Side, Strategy
from penstock.domain.time import SECOND

SLICE = Slice(1, minutes(10), minutes(20), D(400), False)
DUE = D(100)
PASSIVE, NEUTRAL, AGGRESSIVE, ADAPTIVE = Strategy


def reason(strategy: Strategy, at: float = 10.5, lag: float = 0.0, **changes: Any) -> str:
    seen = view(parent(600, strategy=strategy), minutes(at), **changes)
    style = style_of(strategy, 0.5, 0.0, None)
    return crossing_reason(seen, style, lag, patience_ends(SLICE, style))


@pytest.mark.parametrize(("strategy", "share"), [(PASSIVE, None), (NEUTRAL, 0.8), (AGGRESSIVE, 0.3), (ADAPTIVE, 0.9)])
def test_each_strategy_waits_its_share_of_the_slice(strategy: Strategy, share: float | None) -> None:
    if share is None:
        assert reason(strategy, 19.99) == ""
        return
    assert reason(strategy, 10 + 10 * share - 0.01) == ""
    assert reason(strategy, 10 + 10 * share) == "time"


@pytest.mark.parametrize(("strategy", "slices"), [(PASSIVE, 10), (NEUTRAL, 2), (AGGRESSIVE, 1), (ADAPTIVE, 1.5)])
def test_each_strategy_bears_its_number_of_slices_behind_schedule(strategy: Strategy, slices: float) -> None:
    assert reason(strategy, lag=slices) == ""
    assert reason(strategy, lag=slices + 0.01) == "behind schedule"


@pytest.mark.parametrize(("strategy", "bps"), [(PASSIVE, 50), (NEUTRAL, 10), (AGGRESSIVE, 5), (ADAPTIVE, 8)])
@pytest.mark.parametrize("side", Side)
def test_each_strategy_bears_its_move_away_from_a_resting_child(strategy: Strategy, bps: int, side: Side) -> None:
    for moved, expected in ((bps, ""), (bps + 1, "adverse move"), (-bps - 1, "")):
        middle = D(100) * (1 + side.sign * D(moved) / 10_000)
        venues = {"XA": quote(str(middle - D("0.01")), str(middle + D("0.01")))}
        seen = view(
            parent(600, strategy=strategy, side=side),
            minutes(10.5),
            venues=venues,
            working=(working(100, mid=D(100), sent_at=minutes(10.4)),),
        )
        style = style_of(strategy, 0.5, 0.0, None)
        assert crossing_reason(seen, style, 0.0, patience_ends(SLICE, style)) == expected


@pytest.mark.parametrize(
    ("strategy", "traded", "expected"),
    [
        (NEUTRAL, 2, "queue position"),  # 1 of 500 ahead in a minute: it would take hours
        (NEUTRAL, 400, ""),
        (AGGRESSIVE, 40, "queue position"),
        (NEUTRAL, 40, ""),
        (PASSIVE, 2, ""),
        (NEUTRAL, 0, ""),  # a quiet market says nothing about its pace
        (NEUTRAL, 1200, ""),  # the queue ahead is gone
    ],
)
def test_a_queue_that_moves_too_slowly_is_left(strategy: Strategy, traded: int, expected: str) -> None:
    child = working(100, sent_at=minutes(10.2), ahead=D(500))
    assert reason(strategy, 11.2, venues={"XA": quote(volume=traded)}, working=(child,)) == expected


def test_a_queue_is_watched_for_a_while_before_it_is_judged() -> None:
    child = working(100, sent_at=minutes(10.5) - 4 * SECOND, ahead=D(500))
    assert reason(NEUTRAL, 10.5, venues={"XA": quote(volume=2)}, working=(child,)) == ""


@pytest.mark.parametrize("changes", [{"immediate": True}, {"settled": False}])
def test_a_child_in_flight_is_no_reason(changes: dict[str, bool]) -> None:
    child = working(100, mid=D("9.90"), **changes)
    assert reason(NEUTRAL, working=(child,)) == ""


@pytest.mark.parametrize(("urgency", "patience"), [(0.0, 1.0), (0.5, 0.8), (1.0, 0.4)])
def test_urgency_shortens_patience_but_for_the_passive(urgency: float, patience: float) -> None:
    assert style_of(NEUTRAL, urgency, 0.0, None).patience == pytest.approx(patience)
    assert style_of(PASSIVE, urgency, 0.0, None).patience == 1.0


def test_the_adaptive_loses_its_patience_with_its_lag() -> None:
    patiences = [style_of(ADAPTIVE, 0.5, lag, None).patience for lag in (-1.0, 0.0, 0.5, 1.0, 9.0)]
    assert patiences == pytest.approx([0.9, 0.9, 0.63, 0.36, 0.36])


@pytest.mark.parametrize(
    ("strategy", "ask", "ticks"),
    [(NEUTRAL, "10.05", 0), (AGGRESSIVE, "10.05", 1), (AGGRESSIVE, "10.01", 1), (AGGRESSIVE, "10.00", 0)],
)
def test_only_the_aggressive_improves_the_touch_and_only_where_there_is_room(
    strategy: Strategy, ask: str, ticks: int
) -> None:
    assert improvement(view(venues={"XA": quote("9.99", ask)}), STYLES[strategy]) == ticks


@pytest.mark.parametrize(
    ("side", "limit", "slip", "worst"),
    [
        (Side.BUY, None, 25, "10.04"),
        (Side.SELL, None, 25, "9.96"),
        (Side.BUY, "10.02", 25, "10.02"),
        (Side.SELL, "9.98", 25, "9.98"),
        (Side.BUY, "11", 2, "10.02"),
    ],
)
def test_a_taker_pays_a_little_more_than_the_touch_at_most(
    side: Side, limit: str | None, slip: int, worst: str
) -> None:
    terms = parent(100, side=side, limit_price=limit and D(limit))
    assert cap(view(terms), D(slip)) == D(worst)


def test_sweeps_are_a_second_apart_whatever_is_in_flight() -> None:
    seen: dict[str, View] = {
        "cooling": view(at=START + SECOND // 2, taken_at=START),
        "in flight": view(at=START + SECOND // 2, taken_at=START, working=(working(50, immediate=True),)),
        "ready": view(at=START + SECOND, taken_at=START),
    }
    plans = {name: take(each, DUE, D(2), END) for name, each in seen.items()}
    assert plans["cooling"].intents == plans["in flight"].intents == ()
    assert plans["cooling"].wake_at == START + SECOND
    assert plans["ready"].intents == (Take(DUE, D("10.02")),)


def test_a_waiting_order_is_looked_at_often_and_at_times_nobody_can_learn() -> None:
    style = style_of(NEUTRAL, 0.5, 0.0, None)
    waits = set()
    for second in range(60):
        seen = view(at=minutes(10) + second * SECOND, key=f"7/P{second}")
        plan = work(seen, SLICE, DUE, style, 0.0)
        assert plan.intents == (Rest(DUE),)
        waits.add(plan.wake_at - seen.now)
    assert len(waits) > 50
    assert all(POLL_MIN * 0.8 <= wait <= POLL_MAX * 1.2 for wait in waits)


def test_a_short_slice_is_not_looked_at_without_pause() -> None:
    assert poll_interval(view(), Slice(0, START, START + SECOND, D(1), False)) >= POLL_MIN * 0.8


def test_randomness_is_spread_evenly_and_depends_on_all_it_is_given() -> None:
    numbers = [uniform("k", "time", number) for number in range(4000)]
    assert all(-1 <= number < 1 for number in numbers)
    assert abs(sum(numbers)) / len(numbers) < 0.03
    assert sum(number > 0.5 for number in numbers) / len(numbers) == pytest.approx(0.25, abs=0.03)
    assert (
        len({uniform(*each) for each in (("k", "time", 1), ("k", "size", 1), ("j", "time", 1), ("k", "time", 2))}) == 4
    )
    assert uniform("k", "time", 1) == uniform("k", "time", 1)
