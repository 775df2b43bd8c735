"""Algorithms by name: what is refused, in which words, and what goes on record."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sights import END, START, parent

from penstock.algos import ALGORITHMS, build, check, plan
from penstock.algos.registry import normalise
from penstock.algos.view import Session
from penstock.domain.instrument import AssetClass

REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "an unknown algorithm": ("vwop", {}, "unknown algorithm 'vwop' (did you mean 'vwap'?); there are: market, limit"),
    "an unknown parameter": ("twap", {"num_slice": 3}, "twap (did you mean 'num_slices'?)"),
    "another's parameter": ("twap", {"volume_profile": "flat"}, "unknown parameter 'volume_profile' of twap"),
    "a parameter of one that has none": ("market", {"x": 1}, "unknown parameter 'x' of market; it has: none"),
    "no slices": ("twap", {"num_slices": 0}, "'num_slices' of twap: expected `int` >= 1, got 0"),
    "too many slices": ("twap", {"num_slices": 100_001}, "'num_slices' of twap: expected `int` <= 100000"),
    "half a slice": ("twap", {"num_slices": 2.5}, "'num_slices' of twap: expected `int | null`, got `float`"),
    "no time": ("twap", {"duration_minutes": 0}, "'duration_minutes' of twap: expected `float` > 0.0, got 0"),
    "a word for a number": ("twap", {"duration_minutes": "long"}, "parameter 'duration_minutes' of twap"),
    "time without end": ("twap", {"duration_minutes": float("inf")}, "twap: must be finite, got inf"),
    "a decimal without end": ("twap", {"duration_minutes": Decimal("Infinity")}, "twap: must be finite"),
    "not a number": ("twap", {"min_child_size": Decimal("NaN")}, "'min_child_size' of twap: must be finite"),
    "slices of no time": ("twap", {"slice_interval": 1e-12}, "'slice_interval' of twap: expected `float` >= 0.1"),
    "an unknown end": ("twap", {"end_policy": "wait"}, "'end_policy' of twap: invalid enum value 'wait'"),
    "an unknown catch-up": ("vwap", {"catch_up": "never"}, "'catch_up' of vwap: invalid enum value 'never'"),
    "more than all patience": ("twap", {"passive_share": 1.01}, "'passive_share' of twap: expected `float` <= 1"),
    "more than the market": ("vwap", {"participation_rate": 1.5}, "vwap: expected `float` <= 1.0, got 1.5"),
    "no participation": ("vwap", {"max_participation": 0}, "vwap: expected `float` > 0.0, got 0"),
    "an unknown curve": ("vwap", {"volume_profile": "u"}, "one of equity, crypto, flat or a list of weights, got 'u'"),
    "a negative weight": ("vwap", {"volume_profile": [1, -1]}, "'volume_profile' of vwap: expected `float` >= 0.0"),
    "weights of nothing": ("vwap", {"volume_profile": [0, 0]}, "the weights must sum to more than 0"),
    "no weights": ("vwap", {"volume_profile": []}, "the weights must sum to more than 0"),
    "an endless weight": ("vwap", {"volume_profile": [1, float("inf")]}, "'volume_profile' of vwap: must be finite"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_named_with_its_rule_and_its_value(case: str) -> None:
    name, parameters, words = REFUSED[case]
    with pytest.raises(ValueError, match=name) as refusal:
        check(name, parameters)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


positive = st.floats(0.2, 1e6)
shares = st.floats(0.01, 1)
sliced = {
    "num_slices": st.integers(1, 500),
    "slice_interval": positive,
    "passive_share": st.floats(0, 1),
    "min_child_size": positive,
    "max_participation": shares,
    "end_policy": st.sampled_from(["sweep", "stop", "carry"]),
    "catch_up": st.sampled_from(["next", "end"]),
}
given_parameters = st.one_of(
    st.tuples(st.just("twap"), st.fixed_dictionaries({}, optional=sliced | {"duration_minutes": positive})),
    st.tuples(
        st.just("vwap"),
        st.fixed_dictionaries(
            {},
            optional=sliced
            | {
                "time_horizon": positive,
                "volume_profile": st.one_of(st.sampled_from(["equity", "crypto"]), st.lists(shares, min_size=1)),
                "participation_rate": shares,
            },
        ),
    ),
    st.tuples(st.sampled_from(["market", "limit"]), st.just({})),
)


@given(given_parameters)
def test_what_goes_on_record_builds_the_same_algorithm(named: tuple[str, dict[str, Any]]) -> None:
    name, parameters = named
    recorded = normalise(name, parameters)
    assert build(name, recorded) == build(name, parameters)
    assert normalise(name, recorded) == recorded
    assert recorded.keys() <= parameters.keys()


def test_decimals_are_taken_as_the_numbers_they_are() -> None:
    given = {"num_slices": Decimal(7), "duration_minutes": Decimal("2.5")}
    assert normalise("twap", given) == {"num_slices": 7, "duration_minutes": 2.5}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_can_be_built_without_parameters(name: str) -> None:
    assert type(build(name, {})) is ALGORITHMS[name]


def test_a_plan_is_the_curve_and_following_the_market_has_none() -> None:
    session = Session(START, END)
    points = plan(parent(algorithm="twap"), AssetClass.EQUITY, (START, END), session)
    assert (points[0], points[100], points[-1]) == ((START, 0.0), ((START + END) // 2, 0.5), (END, 1.0))
    following = parent(algorithm="vwap", parameters={"participation_rate": 0.1})
    assert plan(following, AssetClass.EQUITY, (START, END), session) == []
    assert plan(parent(), AssetClass.EQUITY, (START, END), session) == []


def test_a_window_of_no_length_has_a_plan_too() -> None:
    points = plan(parent(algorithm="twap"), AssetClass.EQUITY, (END, END), Session(START, END))
    assert {at for at, _ in points} == {END}
