"""Scores that are bounded and monotone, tests that find what is there and not what is not, and impact found again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_studies import fill, order, quotes, studied

from penstock.tca.html.study import render_study
from penstock.tca.known_impact import known_impact
from penstock.tca.study import Settings, study, study_report
from penstock.tca.study.comparisons import Comparison, compare, holm
from penstock.tca.study.foretold import foretold
from penstock.tca.study.impact_fit import impact_fit
from penstock.tca.study.intervals import ratio_interval
from penstock.tca.study.outliers import outliers
from penstock.tca.study.scores import WEIGHTS, Measured, scores

figures = st.one_of(st.none(), st.floats(-1e6, 1e6))
FIELDS = ("cost_bps", "latency_ms", "lateness", "fill_rate", "impact_bps", "scatter_bps")


@given(st.fixed_dictionaries(dict.fromkeys(FIELDS, figures)))
def test_every_score_lies_between_nought_and_a_hundred(given_figures: dict[str, float | None]) -> None:
    made = scores(Measured(**given_figures))
    assert set(made) == {*WEIGHTS, "overall"}
    assert all(score is None or 0 <= score <= 100 for score in made.values())


@given(
    st.fixed_dictionaries({name: st.floats(-1e3, 1e3) for name in FIELDS}), st.sampled_from(FIELDS), st.floats(0, 1e3)
)
def test_worse_never_scores_higher(given_figures: dict[str, float], field: str, worse: float) -> None:
    before = scores(Measured(**given_figures))
    change = -worse if field == "fill_rate" else worse
    after = scores(Measured(**{**given_figures, field: given_figures[field] + change}))
    for name, score in after.items():
        assert score is not None
        assert score <= before[name] + 1e-9


def test_scores_halve_at_the_aims_of_a_desk() -> None:
    made = scores(Measured(cost_bps=10, latency_ms=100, fill_rate=0.5, impact_bps=5, scatter_bps=10))
    assert all(score == pytest.approx(50) for score in made.values())
    assert scores(Measured())["overall"] is None


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    settings = Settings(draws=300)
    held = 0
    for n in range(200):
        weight = rng.uniform(0.5, 1.5, 60)
        each = ratio_interval(rng.normal(3, 8, 60) * weight, weight, settings, n)
        held += each.low <= 3 <= each.high
    assert 180 <= held <= 200


def test_the_same_seed_gives_the_same_interval_and_another_gives_another() -> None:
    values, weight = np.random.default_rng(1).normal(0, 1, 40), np.ones(40)
    first = ratio_interval(values, weight, Settings(seed=1))
    assert first == ratio_interval(values, weight, Settings(seed=1))
    assert first != ratio_interval(values, weight, Settings(seed=2))


@pytest.mark.parametrize("orders", [30, 400], ids=["by permutation", "by Welch"])
def test_a_real_difference_is_found_and_one_of_chance_is_not(orders: int) -> None:
    rng = np.random.default_rng(3)
    ones = np.ones(orders)
    settings = Settings(permutations=999)
    dear = compare("venue", ("A", rng.normal(8, 4, orders), ones), ("B", rng.normal(2, 4, orders), ones), settings)
    assert dear.p < 0.005
    assert dear.low_bps < 6 < dear.high_bps
    false = 0
    for _ in range(60):
        same = compare(
            "venue", ("A", rng.normal(2, 4, 30), ones[:30]), ("B", rng.normal(2, 4, 30), ones[:30]), settings
        )
        false += same.p < 0.05
    assert false <= 8


def test_many_pairs_are_corrected_for() -> None:
    def pair(p: float) -> Comparison:
        return Comparison("venue", "A", "B", (9, 9), 1.0, 0.0, 2.0, p)

    assert [each.p_holm for each in holm([pair(0.04), pair(0.01), pair(0.03)])] == pytest.approx([0.03, 0.06, 0.06])


def test_contributions_add_up_to_the_whole_cost_in_every_dimension() -> None:
    rng = np.random.default_rng(7)
    fills, orders = [], []
    for n in range(20):
        side = 1 if n % 2 else -1
        for k in range(4):
            price = round(10 + rng.integers(-5, 6) / 100, 2)
            more = {"fill_id": f"{n}-{k}", "venue": "X" + "ABC"[k % 3]}
            fills.append({**fill(n * 10 + k, price, int(rng.integers(1, 90)), side=side, order=f"O{n}"), **more})
        orders.append(order(f"O{n}", quantity=500, side=side, arrival_price=10.0, algorithm="xy"[n % 2], trader="t"))
    report = study_report(studied(fills, orders, book=quotes((-1, 9.99, 10.01), (500, 9.99, 10.01))))
    whole = sum(row["contribution_bps"] for row in report["groups"]["venue"])
    assert whole != 0
    for rows in report["groups"].values():
        assert sum(row["contribution_bps"] for row in rows) == pytest.approx(whole, abs=1e-4)
        assert sum(row["share"] for row in rows) == pytest.approx(1, abs=1e-5)


def test_the_order_that_stands_out_is_named() -> None:
    fills = [fill(n, 10.01 + (n % 3) / 1000, 10, order=f"O{n}") for n in range(12)]
    fills.append(fill(20, 10.4, 10, order="ODD"))
    made = studied(fills, book=quotes((-1, 10.0, 10.02), (300, 10.0, 10.02)))
    found = outliers(made.orders, made.settings)
    assert [made.orders["order_id"][each.order] for each in found] == ["ODD"]


def test_costs_are_counted_inside_the_intervals_that_were_foretold() -> None:
    fills = [fill(n, 10.01, 10, order=f"O{n}") for n in range(1, 9)]
    inside = {"expected_bps": 5.0, "low_bps": 0.0, "high_bps": 20.0}
    orders = [order(f"O{n}", quantity=10, **(inside if n > 2 else {**inside, "high_bps": 9.0})) for n in range(1, 9)]
    made = studied(fills, orders, book=quotes((-1, 9.99, 10.01), (99, 9.99, 10.01)))
    coverage = study_report(made)["estimates"]["coverage"]
    assert (coverage["mean"], coverage["promised"]) == (0.75, 0.9)
    assert coverage["low"] < 0.75 < coverage["high"]
    assert "Costs inside their 90 % intervals" in render_study(made)


def test_estimates_that_were_half_the_cost_ask_for_a_factor_of_two() -> None:
    fills = [fill(n, 10 + 0.01 * (1 + n % 4), 10, order=f"O{n}") for n in range(16)]
    orders = [
        order(f"O{n}", quantity=10, arrival_price=10.0, expected_bps=5.0 * (1 + n % 4), immediate_bps=60.0)
        for n in range(16)
    ]
    made = foretold(studied(fills, orders, book=quotes((-1, 9.99, 10.01), (99, 9.99, 10.01))).orders, Settings())
    assert made is not None
    assert made.factor.mean == pytest.approx(2.0)
    assert made.recalibrate
    assert made.saving.mean == pytest.approx(60 - 25, abs=0.1)


def test_impact_that_was_put_into_a_market_is_found_in_it() -> None:
    market = known_impact(orders=300, seed=4)
    made = study(market.fills, market.orders, market.tape, settings=Settings(draws=400))
    fit = impact_fit(made)
    assert fit is not None
    assert fit.permanent.low <= market.permanent_bps <= fit.permanent.high
    assert fit.temporary.low <= market.temporary_bps <= fit.temporary.high
    assert fit.permanent.high - fit.permanent.low < market.permanent_bps, "an interval that says something"
    assert fit.temporary.high - fit.temporary.low < market.temporary_bps


def test_where_no_impact_was_put_none_is_found() -> None:
    market = known_impact(orders=300, seed=9, permanent_bps=0.0, temporary_bps=0.0)
    fit = impact_fit(study(market.fills, market.orders, market.tape, settings=Settings(draws=400)))
    assert fit is not None
    assert fit.permanent.low <= 0 <= fit.permanent.high
    assert fit.temporary.low <= 0 <= fit.temporary.high
