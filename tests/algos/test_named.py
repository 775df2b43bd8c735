"""What TWAP, VWAP and plain orders want in a given moment: how much, how, and when to be asked again."""

from decimal import Decimal
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sights import COIN, END, START, D, minutes, parent, quote, view, working

from penstock.algos import build, slicing
from penstock.algos.named.ending import SWEEP_GRACE
from penstock.algos.view import Plan, Rest, Session, Take
from penstock.domain.orders import TimeInForce
from penstock.domain.time import HOUR, MINUTE, SECOND

EVEN = patch.object(slicing, "RANDOM_SHARE", 0.0)


def asked(algorithm: str, at: int, parameters: dict[str, Any] | None = None, **changes: Any) -> Plan:
    """What an algorithm wants for 1,000 units in an hour of ten even slices."""
    given = {"num_slices": 10} | (parameters or {})
    terms = changes.pop("terms", parent(1000))
    with EVEN:
        return build(algorithm, given).plan(view(terms, at, **changes))


def due(plan: Plan) -> Decimal:
    return sum((intent.quantity for intent in plan.intents), D(0))


@pytest.mark.parametrize(
    ("minute", "filled", "quantity"),
    [(0, 0, 100), (5.9, 0, 100), (6, 0, 200), (30, 500, 100), (30, 350, 250), (59, 900, 100)],
)
def test_what_is_due_is_the_slice_and_what_was_missed(minute: float, filled: int, quantity: int) -> None:
    assert due(asked("twap", minutes(minute), {"passive_share": 1.0}, filled=D(filled))) == quantity


def test_nothing_is_wanted_when_the_slice_is_done_until_the_next() -> None:
    assert asked("twap", minutes(7), filled=D(200)) == Plan((), minutes(12))


def test_a_shortfall_may_wait_for_the_end_of_the_window() -> None:
    later = {"catch_up": "end"}
    done = {"filled": D(350), "fills": ((minutes(2), D(350)),)}
    assert asked("twap", minutes(30), later, **done).intents == (Rest(D(100)),)
    assert due(asked("twap", minutes(55), later, **done)) == 650


def test_a_slice_that_is_done_does_not_start_again_on_the_shortfall_of_others() -> None:
    """At minute 30 350 were filled, 100 since: the slice has had its share."""
    fills = ((minutes(2), D(350)), (minutes(31), D(450)))
    later = {"catch_up": "end", "passive_share": 1.0}
    assert due(asked("twap", minutes(32), later, filled=D(450), fills=fills)) == 0
    assert due(asked("twap", minutes(36), later, filled=D(450), fills=fills)) == 100


def test_the_participation_cap_holds_the_schedule_back() -> None:
    capped = {"max_participation": 0.1, "passive_share": 1.0}
    assert due(asked("twap", minutes(30), capped, filled=D(300), market_volume=D(3700))) == 70
    assert due(asked("twap", minutes(30), capped, filled=D(400), market_volume=D(3700))) == 0
    assert due(asked("twap", minutes(30), capped, filled=D(300), market_volume=D(90_000))) == 300


def test_less_than_the_smallest_child_waits_unless_it_is_all_that_is_left() -> None:
    least = {"min_child_size": 50, "passive_share": 1.0}
    assert due(asked("twap", minutes(7), least, filled=D(170))) == 0
    assert due(asked("twap", minutes(7), least, filled=D(150))) == 50
    assert due(asked("twap", minutes(58), least, filled=D(970))) == 30


def test_a_slice_waits_as_a_maker_and_then_crosses() -> None:
    early, late = asked("twap", minutes(4.7)), asked("twap", minutes(4.9))
    assert early.intents == (Rest(D(100)),)
    assert late.intents == (Take(D(100), D("10.02")),)  # two basis points beyond the ask, to the tick


@pytest.mark.parametrize(("share", "minute"), [(0.0, 0.0), (0.5, 3.0), (0.9, 5.4)])
def test_the_share_of_a_slice_spent_as_a_maker_is_the_users_choice(share: float, minute: float) -> None:
    before, after = (asked("twap", minutes(minute) + shift, {"passive_share": share}) for shift in (-SECOND, SECOND))
    assert isinstance(after.intents[0], Take)
    assert share == 0 or isinstance(before.intents[0], Rest)


def test_an_order_that_waits_is_asked_again_before_its_patience_ends() -> None:
    plan = asked("twap", minutes(4.78))
    assert plan.intents == (Rest(D(100)),)
    assert minutes(4.78) < plan.wake_at <= minutes(4.8)


def test_nothing_is_crossed_beyond_the_orders_own_limit() -> None:
    limited = parent(1000, limit_price=D("10.01"))
    assert asked("twap", minutes(5.9), terms=limited).intents == (Take(D(100), D("10.01")),)


@pytest.mark.parametrize("algorithm", ["twap", "vwap"])
@pytest.mark.parametrize(
    ("policy", "after", "wanted", "over"),
    [
        ("stop", 0, (), True),
        ("sweep", 0, (Take(D(400), D("10.04")),), False),
        ("sweep", SWEEP_GRACE, (), True),
        ("carry", 0, (Rest(D(400)),), False),
        ("carry", 5 * HOUR, (), True),
    ],
)
def test_the_end_of_the_window_follows_the_policy(
    algorithm: str, policy: str, after: int, wanted: tuple[object, ...], over: bool
) -> None:
    plan = asked(algorithm, END + after, {"end_policy": policy}, filled=D(600))
    assert (plan.intents, bool(plan.over)) == (wanted, over)


@pytest.mark.parametrize(
    ("minutes_asked", "session_hours", "lasts"),
    [
        (30.0, 6.0, 30 * MINUTE),
        (None, 6.0, 6 * HOUR - 2 * SECOND),
        (90.0, 1.0, HOUR - 2 * SECOND),
        (1e300, 1.0, HOUR - 2 * SECOND),
    ],
)
@pytest.mark.parametrize(("algorithm", "name"), [("twap", "duration_minutes"), ("vwap", "time_horizon")])
def test_a_window_ends_when_asked_and_never_after_the_session(
    algorithm: str, name: str, minutes_asked: float | None, session_hours: float, lasts: int
) -> None:
    session = Session(START, START + round(session_hours * HOUR))
    parameters = {} if minutes_asked is None else {name: minutes_asked}
    assert build(algorithm, parameters).window(START, session) == (START, START + lasts)


def test_vwap_follows_the_curve_that_it_is_given() -> None:
    """Weights over the six hours of the session; the order's hour is the first of three equal bins of two hours."""
    front = {"volume_profile": [6, 1, 1] * 2, "passive_share": 1.0}  # an hour each
    assert due(asked("vwap", START, front)) == 100
    two_hours = {"volume_profile": [3, 1, 1, 1, 1, 1], "passive_share": 1.0}
    plan = asked("vwap", START, two_hours, end=START + 2 * HOUR)
    assert due(plan) == 150  # a tenth of the time, 0.2 of the first hour's three quarters


def test_vwap_following_the_market_wants_its_share_of_what_others_traded() -> None:
    follow = {"participation_rate": 0.1}
    assert due(asked("vwap", minutes(10), follow, market_volume=D(2000))) == 200
    assert due(asked("vwap", minutes(10), follow, market_volume=D(2000), filled=D(150))) == 50
    assert due(asked("vwap", minutes(10), follow, market_volume=D(2000), filled=D(200))) == 0
    assert due(asked("vwap", minutes(10), follow, market_volume=D(90_000))) == 1000


def test_vwap_following_the_market_stops_at_its_end_rather_than_break_its_share() -> None:
    plan = asked("vwap", END, {"participation_rate": 0.1, "end_policy": "sweep"}, filled=D(500), market_volume=D(5000))
    assert (plan.intents, bool(plan.over)) == ((), True)


def test_the_number_of_slices_does_not_change_with_the_price() -> None:
    """An order of about 250,000: one a minute at its arrival, and so it stays when the price falls."""
    terms = parent(26_000)
    algorithm = build("twap", {"passive_share": 1.0})
    with EVEN:
        plans = [
            algorithm.plan(view(terms, START, venues={"XA": quote(*touch)}, end=START + 2 * HOUR))
            for touch in (("9.99", "10.01"), ("9.39", "9.41"))
        ]
    assert [due(plan) for plan in plans] == [217, 217]


def immediate(quantity: int, price: str | None = None) -> Any:
    return parent(quantity, tif=TimeInForce.IOC, limit_price=price and D(price))


def test_a_market_order_takes_everything_at_once_and_asks_again() -> None:
    terms = parent(800)
    plan = build("market", {}).plan(view(terms))
    assert plan == Plan((Take(D(800), D("10.12"), patient=False),), START + SECOND)
    cooling = view(terms, START + SECOND // 2, filled=D(500), taken_at=START)
    assert build("market", {}).plan(cooling) == Plan((), START + SECOND)


@pytest.mark.parametrize(("algorithm", "price"), [("market", None), ("limit", "10.00")])
def test_an_immediate_order_is_over_after_its_one_try(algorithm: str, price: str | None) -> None:
    terms = immediate(100, price)
    first = build(algorithm, {}).plan(view(terms))
    assert isinstance(first.intents[0], Take)
    flying = view(terms, START + 1, working=(working(100, immediate=True),), taken_at=START)
    assert build(algorithm, {}).plan(flying) == Plan((), START + 1 + SECOND)
    assert build(algorithm, {}).plan(view(terms, START + 1, taken_at=START)).over
    assert build(algorithm, {}).plan(view(terms, START + SECOND)).over


def test_a_limit_order_rests_at_its_price_until_the_session_ends() -> None:
    terms = parent(100, limit_price=D("9.95"))
    assert build("limit", {}).plan(view(terms)).intents == (Rest(D(100), price=D("9.95")),)
    assert build("limit", {}).plan(view(terms, END)).over


@given(
    st.text("abc123/", min_size=1, max_size=8),
    st.integers(1, 5000),
    st.integers(1, 40),
    st.floats(0, 1),
    st.sampled_from(["twap", "vwap"]),
    st.integers(0, 100),
)
def test_whatever_part_of_it_fills_no_child_is_too_small_or_too_much(
    key: str, hundredths: int, count: int, luck: float, algorithm: str, least: int
) -> None:
    """Walk the window; of what is wanted a share fills each time."""
    quantity = D(hundredths) / 100
    terms = parent(str(quantity))
    parameters: dict[str, Any] = {"num_slices": count, "passive_share": 1.0}
    smallest = max(D("0.01"), D(least) / 100)
    if least:
        parameters["min_child_size"] = least / 100
    filled, history = D(0), [D(0)]
    for minute in range(61):
        seen = view(terms, minutes(minute), key=key, instrument=COIN_WITHOUT_MINIMA, filled=filled)
        wants = due(build(algorithm, parameters).plan(seen))
        assert wants % D("0.01") == 0
        assert 0 <= wants <= quantity - filled
        assert wants == 0 or wants >= smallest or wants == quantity - filled
        filled += (wants * D(repr(luck)) / D("0.01")).to_integral_value() * D("0.01") if minute < 60 else wants
        history.append(filled)
    assert filled == quantity
    assert all(before <= after for before, after in pairwise(history))


COIN_WITHOUT_MINIMA = msgspec.structs.replace(COIN, min_notional=D(0))
