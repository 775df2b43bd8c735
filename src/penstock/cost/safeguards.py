"""What should stop or slow an order that was planned: limits on how it is worked, and conditions to give it up.

Each follows from the estimate itself: an order is off its plan when its cost, or the market, is where the plan said it
would hardly ever be.
"""

import msgspec

from penstock.cost.arguments import BPS
from penstock.cost.candidates import Candidate, Order
from penstock.cost.liquidity import Liquidity
from penstock.cost.market_state import MarketState

ABORT_DEVIATIONS = 2.33  # a cost that one order in a hundred exceeds
WARN_DEVIATIONS = 1.28  # one in ten
SPREAD_TIMES, VOLATILITY_TIMES, DEPTH_SHARE, VOLUME_SHARE = 3.0, 2.0, 1 / 3, 0.5


class Safeguard(msgspec.Struct, frozen=True):
    """A figure, its unit, what happens there, and why it is this one."""

    name: str
    value: float
    unit: str
    action: str
    reason: str


def safeguards_of(
    order: Order, market: MarketState, found: Liquidity, chosen: Candidate
) -> tuple[tuple[Safeguard, ...], tuple[Safeguard, ...]]:
    """(risk limits, abort conditions) of an order worked as chosen."""
    deviation = chosen.interval.deviation
    abort = chosen.expected_bps + ABORT_DEVIATIONS * deviation
    warn = chosen.expected_bps + WARN_DEVIATIONS * deviation
    away = market.price * (1 + order.sign * abort / BPS)
    limits = [
        Safeguard("participation", order.participation_max * 100, "% of volume", "never more", "the order's own limit"),
        Safeguard(
            "price limit", order.limit_price or away, market.currency, "never beyond",
            "the order's own limit" if order.limit_price else "arrival and what one order in a hundred costs",
        ),
        Safeguard("slippage warning", warn, "bps", "tell the trader", "one order in ten costs more"),
    ]  # fmt: skip
    aborts = [
        Safeguard("slippage", abort, "bps", "abort", "one order in a hundred costs more: the plan does not hold"),
        Safeguard(
            "spread", max(market.spread_bps, 0.01) * SPREAD_TIMES, "bps", "pause",
            f"{SPREAD_TIMES:g} times what it is now",
        ),
        Safeguard(
            "volatility", market.daily_volatility * VOLATILITY_TIMES * 100, "% a day", "pause and plan again",
            f"{VOLATILITY_TIMES:g} times what the timing risk assumes",
        ),
        Safeguard(
            "volume", VOLUME_SHARE * 100, "% of expected", "slow down or extend",
            "the participation would be twice what was planned",
        ),
    ]  # fmt: skip
    if found.touch_quantity:
        least = found.touch_quantity * DEPTH_SHARE
        aborts.append(Safeguard("touch", least, "units", "only rest", "a third of what is displayed now"))
    return tuple(limits), tuple(aborts)
