"""From a trading signal to orders: how much by Kelly and by volatility, when by the quarter of an hour, out in time.

The fraction of the capital that makes it grow fastest is f* = p − (1 − p) / b for a bet won with probability p at b
to 1 (Kelly 1956), and μ / σ² where the return over the holding period has mean μ and standard deviation σ (Merton
1969). A share of it is taken, since p and μ are guesses, and never more than holds the position's volatility at its
target. Entries wait for the next quarter of an hour, and nothing is held longer than `HOLDING_MAX`.
"""

from decimal import Decimal

import msgspec

from penstock.cost.selection import Choice, select_for_signal
from penstock.domain.errors import BadInput
from penstock.domain.instrument import Instrument
from penstock.domain.orders import Side
from penstock.domain.time import MINUTE

ENTRY_GRID = 15 * MINUTE
HOLDING_MAX = 180 * MINUTE


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says: a side with its confidence and urgency, both in [0, 1], at `at` (ns).

    Either `expected_return` (a fraction, over the holding period) or `payoff` (what a win earns over what a loss costs)
    sizes it; `volatility` is the standard deviation of the return over the holding period, as a fraction.
    """

    symbol: str
    side: Side
    at: int
    confidence: float
    urgency: float = 0.5
    volatility: float
    expected_return: float | None = None
    payoff: float = 1.0
    holding_minutes: float = HOLDING_MAX / MINUTE

    def __post_init__(self) -> None:
        for name in ("confidence", "urgency"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadInput("signal", name, "must lie between 0 and 1", getattr(self, name))
        for name in ("volatility", "payoff", "holding_minutes"):
            if not 0 < getattr(self, name) < float("inf"):
                raise BadInput("signal", name, "must be above 0", getattr(self, name))


class Sizing(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the capital a signal may use.

    `kelly_share` of Kelly's fraction, no more than `volatility_target` (of the capital, one standard deviation over the
    holding period) and `fraction_max` of the capital.
    """

    capital: Decimal
    kelly_share: float = 0.5
    volatility_target: float = 0.01
    fraction_max: float = 1.0


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What to trade for a signal: `quantity` at `enters_at`, out again by `exits_at` (ns). 0 is: stay out."""

    quantity: Decimal
    enters_at: int
    exits_at: int
    fraction: float
    algorithm: Choice


def kelly_fraction(signal: Signal) -> float:
    """The share of the capital that grows fastest; 0 where the signal has no edge."""
    if signal.expected_return is not None:
        return max(signal.expected_return / signal.volatility**2, 0.0)
    return max(signal.confidence - (1 - signal.confidence) / signal.payoff, 0.0)


def fraction_of(signal: Signal, sizing: Sizing) -> float:
    """The share of the capital that the signal gets."""
    return min(
        sizing.kelly_share * kelly_fraction(signal), sizing.volatility_target / signal.volatility, sizing.fraction_max
    )


def enters_at(at: int) -> int:
    """The quarter of an hour that `at` (ns) lies on, or the next one."""
    return -(-at // ENTRY_GRID) * ENTRY_GRID


def entry_for(signal: Signal, sizing: Sizing, instrument: Instrument, price: Decimal) -> Entry:
    """What to trade for a signal at about this price: whole lots, worked by the rule for signals.

    Raises:
        BadInput: no capital, or a price that is not above 0.
    """
    for name, value in (("capital", sizing.capital), ("price", price)):
        if not value > 0:
            raise BadInput("signal", name, "must be above 0", value)
    fraction = fraction_of(signal, sizing)
    unit = instrument.notional(Decimal(1), price)
    quantity = instrument.round_quantity(sizing.capital * Decimal(repr(fraction)) / unit)
    begins = enters_at(signal.at)
    held = min(round(signal.holding_minutes * MINUTE), HOLDING_MAX)
    chosen = select_for_signal(signal.confidence, signal.urgency, float(instrument.notional(quantity, price)))
    return Entry(quantity=quantity, enters_at=begins, exits_at=begins + held, fraction=fraction, algorithm=chosen)
