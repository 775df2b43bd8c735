"""What foretelling costs: an estimate at entry, a whole pre-trade analysis, and an optimal schedule asked again."""

from collections.abc import Callable
from decimal import Decimal
from time import process_time
from typing import Any

import numpy as np

from penstock.cost.almgren_chriss import LinearImpact, optimal_trajectory
from penstock.cost.analysis import analyse
from penstock.cost.candidates import Order
from penstock.cost.market_state import MarketState
from penstock.cost.optimal_curve import OptimalCurve, shortfall_bend
from penstock.cost.portfolio_schedule import optimal_portfolio
from penstock.cost.pretrade import foretell, prices_of
from penstock.domain.instrument import SymbolProfile
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.time import MINUTE
from penstock.domain.venue import Fees, VenueSpec
from penstock.market.volume_curve import EQUITY
from penstock.sim.synthetic import ACME

D = Decimal
ROUNDS = 5


def run() -> list[dict[str, Any]]:
    market = MarketState(
        symbol="ACME", price=185.0, spread_bps=1.0, adv=12e6, daily_volatility=0.016, curve=EQUITY,
        bids=((184.99, 500.0),), asks=((185.01, 500.0),),
    )  # fmt: skip
    order = Order(symbol="ACME", sign=1, quantity=50_000.0, horizon_minutes=390.0)
    quote = Quote(ts=0, bid=D("184.99"), bid_qty=D(500), ask=D("185.01"), ask_qty=D(500))
    prices = prices_of(ACME.instrument, {"XA": quote}, {"XA": VenueSpec(name="XA", fees=Fees())})
    assert prices is not None
    terms = OrderTerms(order_id="P", symbol="ACME", side=Side.BUY, quantity=D(4000), algorithm="twap")
    profile, window = SymbolProfile(adv=D(12_000_000), daily_volatility=0.016), (0, 60 * MINUTE, 0, 390 * MINUTE)
    curve = OptimalCurve(0, 60 * MINUTE, 3.0)
    impact = LinearImpact(volatility=0.95, eta=2.5e-6, gamma=2.5e-7)
    draw = np.random.default_rng(1)
    loadings = draw.normal(0, 0.5, (200, 5))
    basket = (draw.normal(0, 1e5, 200), 1.0, 20, loadings @ loadings.T + np.eye(200), np.full(200, 2e-6))
    return [
        row("estimate of a worked order at entry", 2000, lambda: foretell(terms, prices, {}, profile, window)),
        row("pre-trade analysis of one order", 10, lambda: analyse(order, market), "ms", 1e3),
        row("bend of an optimal schedule, asked again", 20_000, lambda: shortfall_bend(5e4, 12e6, 0.016, 0.2, 0.5)),
        row("share due on the curve", 50_000, lambda: curve(20 * MINUTE)),
        row("Almgren-Chriss trajectory of 100 steps", 500, lambda: optimal_trajectory(1e6, 5.0, 100, impact, 1e-6)),
        row("200 correlated names in 20 steps", 1, lambda: optimal_portfolio(*basket, risk_aversion=1e-6), "ms", 1e3),
    ]


def row(name: str, times: int, work: Callable[[], object], unit: str = "µs", scale: float = 1e6) -> dict[str, Any]:
    """The least processor time of a call over some rounds."""
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        began = process_time()
        for _ in range(times):
            work()
        best = min(best, (process_time() - began) / times)
    return {"name": name, "value": best * scale, "unit": unit, "peer_or_floor": None, "ratio": None}
