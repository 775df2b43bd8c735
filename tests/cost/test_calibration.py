"""Fitting impact to own fills: what was put in comes out, and within the interval as often as it says."""

import numpy as np
import pytest

from penstock.cost.calibration import Execution, Fit, calibrate, template_from
from penstock.cost.impact_template import estimate_impact
from penstock.domain.errors import BadInput

LAWS = {
    "square_root": (lambda x, share: 0.8 * np.sqrt(x), {"c": 0.8}),
    "power_law": (lambda x, share: 0.15 * (x / share) ** 0.6, {"a": 0.15, "beta": 0.6}),
    "linear": (lambda x, share: 0.5 * x + 0.2 * x / share, {"permanent": 0.5, "temporary": 0.2}),
}


def traded(law: str, seed: int, orders: int = 400, noise: float = 1.0) -> list[Execution]:
    """Orders of half a thousandth to a fifth of a day's volume, at 2 to 40 % of it, with the price's own noise."""
    draw = np.random.default_rng(seed)
    x = np.exp(draw.uniform(np.log(5e-4), np.log(0.2), orders))
    share = np.minimum(x / draw.uniform(0.02, 0.4, orders), 1.0)
    volatility = draw.uniform(0.01, 0.03, orders)
    moved = LAWS[law][0](x, share) + noise * np.sqrt(share / 3) * draw.standard_normal(orders)
    sign = draw.choice([-1, 1], orders)
    return [
        Execution(quantity=sign[i] * x[i] * 1e6, adv=1e6, daily_volatility=volatility[i], volume_share=share[i],
                  cost_bps=moved[i] * volatility[i] * 1e4)
        for i in range(orders)
    ]  # fmt: skip


@pytest.mark.parametrize("law", LAWS)
def test_without_noise_the_coefficients_are_found_exactly(law: str) -> None:
    fit = calibrate(traded(law, 1, noise=0.0), law, samples=50)
    for name, value in LAWS[law][1].items():
        assert fit[name].value == pytest.approx(value, rel=1e-4)
    assert fit.r_squared == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("law", LAWS)
def test_the_true_coefficients_lie_in_their_intervals_as_often_as_they_should(law: str) -> None:
    """Two dozen samples of 95 % intervals: at least 19 must hold (one chance in 700 is less)."""
    fits = [calibrate(traded(law, seed), law, samples=200, seed=seed) for seed in range(24)]
    for name, value in LAWS[law][1].items():
        assert sum(fit[name].holds(value) for fit in fits) >= 19, name
        found = np.array([fit[name].value for fit in fits])
        assert abs(found.mean() - value) < 4 * found.std() / len(found) ** 0.5, f"{name} is biased"


def test_more_fills_make_narrower_intervals_and_the_seed_repeats_them() -> None:
    def width(fit: Fit) -> float:
        return fit["c"].high - fit["c"].low

    few, many = calibrate(traded("square_root", 3, 100)), calibrate(traded("square_root", 3, 1600))
    assert width(many) == pytest.approx(width(few) / 4, rel=0.4)
    assert calibrate(traded("square_root", 3, 100)) == few
    assert calibrate(traded("square_root", 3, 100), seed=1) != few


@pytest.mark.parametrize("law", LAWS)
def test_a_fitted_template_foretells_what_it_was_fitted_to(law: str) -> None:
    template = template_from(calibrate(traded(law, 1, noise=0.0), law, samples=50))
    size, share, volatility = 0.05, 0.25, 0.015
    true = float(LAWS[law][0](size, share)) * volatility * 1e4
    assert estimate_impact(template, size, share, volatility).total_bps == pytest.approx(true, rel=1e-3)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda: calibrate(traded("linear", 1, 9)), "at least 10"),
        (lambda: calibrate(traded("linear", 1), "cubic"), "must be one of square_root, power_law, linear"),
        (lambda: calibrate(traded("linear", 1), confidence=1.0), "between 0 and 1"),
        (lambda: calibrate([traded("linear", 1, 1)[0]] * 20, "linear"), "too alike"),
        (lambda: calibrate([traded("linear", 1, 1)[0]] * 20, "power_law"), "too alike"),
        (
            lambda: Execution(quantity=0, adv=1, daily_volatility=0.02, volume_share=1, cost_bps=1),
            "quantity: must not be zero",
        ),
        (
            lambda: Execution(quantity=1, adv=0, daily_volatility=0.02, volume_share=1, cost_bps=1),
            "adv: must be greater than zero",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused(broken: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        broken()  # type: ignore[operator]
