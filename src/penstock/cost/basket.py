"""Several orders together: what they cost in all, how far their risks offset, and the schedule that uses it.

All names have one correlation ρ with each other, unless a matrix is given. Orders on opposite sides hedge. For the
joint schedule each name's power law is taken as the line through its cost at an even pace, and λ so that the even
basket's risk is worth what the urgency says: λ = 2u/(2·deviation).
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from penstock.cost.analysis import PreTrade
from penstock.cost.arguments import BPS, Floats
from penstock.cost.candidates import worked
from penstock.cost.optimal_curve import AVERSION_AT_FULL_URGENCY
from penstock.cost.portfolio_schedule import optimal_portfolio
from penstock.domain.errors import BadInput

MODEL = "basket"
STEPS = 20
DOLLARS = frozenset({"USD", "USDT", "USDC"})  # counted as one currency


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    """Orders together. Money in the currency of their prices; bps of their values added up.

    `risk` is one standard deviation of the orders worked as recommended, with their correlations; `risk_if_alone` what
    it would be without any.
    """

    orders: int
    value: float
    net_value: float
    expected: float
    expected_bps: float
    risk: float
    risk_bps: float
    risk_if_alone: float
    correlation: float
    currency: str


class JointSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """The correlated optimum over `minutes`: the share of each order done, by step (rows) and order (columns).

    Costs are in money beyond what does not depend on the schedule: of the joint optimum, and of every order worked by
    itself at its own optimum of the same linear laws and risk aversion.
    """

    minutes: float
    done: tuple[tuple[float, ...], ...]
    temporary: float
    risk: float
    temporary_alone: float
    risk_alone: float
    risk_aversion: float


def basket_of(analyses: Sequence[PreTrade], correlation: float = 0.0) -> Basket:
    """The sums of several analyses.

    Raises:
        BadInput: a correlation that so many names cannot all have, orders in different currencies.
    """
    matrix = correlations(len(analyses), correlation)
    currencies = {each.market.currency for each in analyses}
    if len(currencies) > 1 and not currencies <= DOLLARS:
        raise BadInput(MODEL, "currency", f"must be one for all orders, not {', '.join(sorted(currencies))}")
    values = np.array([each.market.value(each.order.quantity) for each in analyses])
    signs = np.array([float(each.order.sign) for each in analyses])
    risks = values * np.array([each.chosen.timing_risk_bps for each in analyses]) / BPS
    expected = float(values @ np.array([each.chosen.expected_bps for each in analyses])) / BPS
    together = float(np.sqrt(max((signs * risks) @ matrix @ (signs * risks), 0.0)))
    whole = float(values.sum())
    return Basket(
        orders=len(analyses),
        value=whole,
        net_value=float(signs @ values),
        expected=expected,
        expected_bps=expected / whole * BPS,
        risk=together,
        risk_bps=together / whole * BPS,
        risk_if_alone=float(np.sqrt(risks @ risks)),
        correlation=correlation,
        currency=currencies.pop() if len(currencies) == 1 else "USD",
    )


def joint_schedule(
    analyses: Sequence[PreTrade], minutes: float, urgency: float = 0.5, correlation: float = 0.0, steps: int = STEPS
) -> JointSchedule:
    """The schedule of all orders together that balances their cost with their common risk.

    Raises:
        BadInput: as `basket_of`.
    """
    matrix = correlations(len(analyses), correlation)
    held = np.array([-each.order.sign * each.order.quantity for each in analyses])
    units = np.array([each.market.price * each.market.value_of_unit for each in analyses])
    moves = units * np.array([each.market.daily_volatility / np.sqrt(each.market.day_minutes) for each in analyses])
    covariance = matrix * np.outer(moves, moves)
    even = [worked(each.order, each.market, each.template, "vwap", minutes) for each in analyses]
    slopes = np.array([way.temporary_bps for way in even]) / BPS * units * minutes / np.abs(held)
    slopes = np.maximum(slopes, 1e-12 * units)
    flat = optimal_portfolio(held, minutes, steps, covariance, slopes)
    aversion = AVERSION_AT_FULL_URGENCY * urgency / (2 * flat.deviation) if flat.deviation else 0.0
    joint = optimal_portfolio(held, minutes, steps, covariance, slopes, risk_aversion=aversion)
    alone = optimal_portfolio(held, minutes, steps, np.diag(np.diag(covariance)), slopes, risk_aversion=aversion)
    variance = minutes / steps * float(np.einsum("ki,ij,kj->", alone.holdings[1:], covariance, alone.holdings[1:]))
    return JointSchedule(
        minutes=minutes,
        done=tuple(tuple(float(share) for share in row) for row in 1 - joint.holdings / held),
        temporary=joint.expected,
        risk=joint.deviation,
        temporary_alone=alone.expected,
        risk_alone=float(np.sqrt(max(variance, 0.0))),
        risk_aversion=aversion,
    )


def correlations(names: int, correlation: float) -> Floats:
    """The matrix in which every two names have the same correlation.

    Raises:
        BadInput: a correlation above one, or so negative that so many names cannot have it.
    """
    least = -1 / (names - 1) if names > 1 else -1.0
    if not least <= correlation <= 1:
        raise BadInput(MODEL, "correlation", f"must lie between {least:.2g} and 1 for {names} orders", correlation)
    made: Floats = np.full((names, names), correlation)
    np.fill_diagonal(made, 1.0)
    return made
