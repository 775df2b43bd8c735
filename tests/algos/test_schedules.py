"""How much by when: the optimal trajectory, blends, and schedules that mind events."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sights import END, START, minutes

from penstock.algos.schedules.blended import Blended
from penstock.algos.schedules.curved import Curved
from penstock.algos.schedules.events import AHEAD_WEIGHT, Around, EventWindow, around, avoided_until
from penstock.algos.slicing import Even, Fraction
from penstock.domain.time import MINUTE, to_iso

EVEN = Even(START, END)

# Almgren and Chriss 2000: 1,000,000 shares over five days, holdings at the end of each, for two risk aversions.
TRAJECTORIES = {
    0.60707616324706: (1000000.0, 541955.55437392, 289854.21940994, 147897.48782172, 62141.801605766, 0.0),
    0.84629713450126: (1000000.0, 428598.84574702, 182932.81426177, 76295.721615462, 27643.377396906, 0.0),
}


@pytest.mark.parametrize("kappa", TRAJECTORIES)
def test_the_curve_is_the_published_trajectory(kappa: float) -> None:
    days = Even(0, 5)
    curve = Curved(days, 5 * kappa)
    for day, held in enumerate(TRAJECTORIES[kappa]):
        assert 1e6 * (1 - curve(day)) == pytest.approx(held, abs=1e-4)


def test_without_curvature_the_clock_is_the_schedule() -> None:
    assert [Curved(EVEN, 0.0)(minutes(at)) for at in (0, 15, 60)] == [0.0, 0.25, 1.0]


@given(st.floats(-1e3, 1e3), st.integers(0, 60))
def test_late_is_early_backwards(kappa: float, minute: int) -> None:
    early, late = Curved(EVEN, abs(kappa)), Curved(EVEN, -abs(kappa))
    assert late(minutes(minute)) == pytest.approx(1 - early(minutes(60 - minute)), abs=1e-9)


def test_a_blend_is_the_weighted_mean() -> None:
    blend = Blended(((0.25, EVEN), (0.75, Curved(EVEN, 4.0))))
    at = minutes(20)
    assert blend(at) == pytest.approx(0.25 * EVEN(at) + 0.75 * Curved(EVEN, 4.0)(at))
    assert (blend(START), blend(END)) == (0.0, 1.0)


def window(begins: float, ends: float, action: str = "avoid") -> EventWindow:
    return EventWindow(to_iso(minutes(begins)), to_iso(minutes(ends)), Around(action))


def test_nothing_is_scheduled_in_a_window_that_is_avoided() -> None:
    shape = around(EVEN, (START, END), [window(20, 30)])
    assert shape(minutes(20)) == shape(minutes(25)) == shape(minutes(30)) == pytest.approx(0.4)
    assert shape(minutes(40)) == pytest.approx(0.6)
    assert (shape(START), shape(END)) == (0.0, 1.0)


def test_more_is_done_ahead_of_an_event_that_is_to_be_beaten() -> None:
    shape = around(EVEN, (START, END), [window(30, 31, "accelerate")])
    assert shape(minutes(30)) == pytest.approx(AHEAD_WEIGHT / (AHEAD_WEIGHT + 1))


def test_an_event_elsewhere_changes_nothing() -> None:
    assert around(EVEN, (START, END), [window(70, 80), window(-20, -10)]) is EVEN


def test_where_everything_is_to_be_avoided_the_plain_schedule_stays() -> None:
    assert around(EVEN, (START, END), [window(-1, 61)])(minutes(30)) == 0.5


def test_an_order_knows_when_the_avoided_window_ends() -> None:
    events = [window(20, 30), window(29, 35), window(40, 41, "accelerate")]
    assert avoided_until(events, minutes(29.5)) == minutes(35)
    assert avoided_until(events, minutes(35)) == 0
    assert avoided_until(events, minutes(40.5)) == 0


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        window(30, 20)


fractions = st.recursive(
    st.just(EVEN),
    lambda inner: st.one_of(
        st.builds(Curved, inner, st.floats(-30, 30)),
        st.builds(lambda a, b, w: Blended(((w, a), (1 - w, b))), inner, inner, st.floats(0, 1)),
        st.builds(
            lambda f, at, length, action: around(f, (START, END), [window(at, at + length, action)]),
            inner,
            st.integers(-5, 60),
            st.integers(1, 70),
            st.sampled_from(["avoid", "accelerate"]),
        ),
    ),
    max_leaves=4,
)


@given(fractions)
def test_every_schedule_begins_ends_and_never_goes_back(fraction: Fraction) -> None:
    points = [fraction(START + step * MINUTE) for step in range(61)]
    assert points[0] == pytest.approx(0, abs=1e-9)
    assert points[-1] == pytest.approx(1, abs=1e-9)
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(points))
