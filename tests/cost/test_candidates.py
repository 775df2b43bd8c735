"""Which algorithms are compared before a trade, what tells them apart, and why the others have no row."""

import msgspec
import pytest
from test_analysis import MARKET, order

from penstock.algos.registry import ALGORITHMS
from penstock.cost.candidates import NOT_COMPARED, Candidate, candidates
from penstock.cost.impact_template import DEFAULT


def ways(algorithm: str, **market: object) -> list[Candidate]:
    found = candidates(order(20_000), msgspec.structs.replace(MARKET, **market), DEFAULT)
    return [way for way in found if way.algorithm == algorithm]


def test_every_algorithm_is_compared_or_it_is_said_why_not() -> None:
    found = {way.algorithm for way in candidates(order(20_000), MARKET, DEFAULT)}
    left_out = {name for names in NOT_COMPARED for name in names.split(", ")}
    assert found | left_out | {"auto"} == set(ALGORITHMS)  # auto is one of the others
    assert not found & left_out


def test_who_always_takes_pays_the_whole_spread_and_the_takers_fee() -> None:
    for taking, resting in zip(ways("sniper"), ways("twap"), strict=True):
        assert (taking.spread_bps, taking.fees_bps) == (1.0, 0.3)
        assert (resting.spread_bps, resting.fees_bps) == (0.5, pytest.approx(0.05))
        assert taking.temporary_bps == resting.temporary_bps
        assert taking.timing_risk_bps == resting.timing_risk_bps


def test_adaptive_is_told_as_what_it_moves() -> None:
    for adaptive, vwap in zip(ways("adaptive"), ways("vwap"), strict=True):
        assert (adaptive.expected_bps, adaptive.timing_risk_bps) == (vwap.expected_bps, vwap.timing_risk_bps)


def test_the_close_waits_for_its_last_half_hour_and_risks_all_of_the_wait() -> None:
    (close,) = ways("close")
    parts = len(close.done) - 1
    begins = round(parts * 360 / 390)
    assert close.done[begins - 1] == 0
    assert close.done[-1] == pytest.approx(1)
    assert close.parameters == {"minutes": 30.0}
    longest = max(ways("vwap"), key=lambda way: way.horizon_minutes)
    assert close.timing_risk_bps > 1.5 * longest.timing_risk_bps
    assert close.temporary_bps > longest.temporary_bps


def test_without_a_close_within_the_horizon_there_is_none_to_aim_at() -> None:
    assert ways("close", day_minutes=1440.0) == []
    early = candidates(order(20_000, horizon_minutes=60.0), MARKET, DEFAULT)
    assert "close" not in {way.algorithm for way in early}
