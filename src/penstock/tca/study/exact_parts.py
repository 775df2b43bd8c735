"""The shortfall's parts over columns, exact to the last digit: `penstock.tca.shortfall` in whole numbers.

For a fill of q at p with arrival P_0, decision P_d, the mid m and touch t before it, and I of our own earlier moves:

    p − P_d = (P_0 − P_d) delay + (m − I − P_0) timing + I permanent + (t − m) spread + (p − t) temporary

Each is times q and the side, summed over an order's fills. Opportunity values what was not filled at the end price;
fees and commissions are as charged. The parts telescope, so they add up to the shortfall whatever the quotes were.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

import numpy as np

from penstock.tca.shortfall import EXACT, ZERO
from penstock.tca.study.own_moves_kernel import own_moves
from penstock.tca.study.tape import Floats, Ints
from penstock.tca.study.units import Whole, as_decimal, decimals_of, product, sums_by, tidy, to_units

PARTS = ("delay", "spread", "temporary", "permanent", "timing", "opportunity", "fees", "commissions")
PRICED = ("delay", "spread", "temporary", "permanent", "timing", "opportunity")


@dataclass(frozen=True)
class PricedFills:
    """Fills in order of (order, time): what each needs for its parts. NaN quotes: unknown."""

    order: Ints
    venue: Ints
    venues: int
    ts: Ints
    price: Floats
    quantity: Floats
    fee: Floats
    commission: Floats
    maker: Ints
    bid: Floats
    ask: Floats
    after_bid: Floats
    after_ask: Floats


@dataclass(frozen=True)
class PricedOrders:
    """Orders, all with at least one fill first; `starts` is where each one's fills begin."""

    sign: Ints
    quantity: Floats
    decision: Floats
    arrival: Floats
    end: Floats
    multiplier: Floats
    starts: Ints


class ExactParts:
    """Amounts by part and order. `amounts(part)` are doubles for statistics; `decimal` and `total` are exact."""

    def __init__(self, values: dict[str, Whole], decimals: dict[str, int]) -> None:
        self.values, self.decimals = values, decimals

    def amounts(self, part: str) -> Floats:
        return self.values[part].astype(np.float64) / 10.0 ** self.decimals[part]

    def decimal(self, part: str, order: int) -> Decimal:
        return as_decimal(self.values[part][order], self.decimals[part])

    def of(self, order: int) -> dict[str, Decimal]:
        return {part: self.decimal(part, order) for part in PARTS}

    def total(self, order: int) -> Decimal:
        """The exact sum of the order's parts."""
        return added(self.of(order).values())

    def sum(self, part: str, orders: Ints | None = None) -> Decimal:
        """The part over some orders, or over all."""
        chosen = self.values[part] if orders is None else self.values[part][orders]
        return as_decimal(sum(int(value) for value in chosen), self.decimals[part])

    def chosen(self, orders: Ints) -> "ExactParts":
        return ExactParts({part: values[orders] for part, values in self.values.items()}, self.decimals)


def added(amounts: Iterable[Decimal]) -> Decimal:
    """Their sum with every digit; the usual 28 may be too few."""
    with localcontext(EXACT):
        return sum(amounts, ZERO)


def exact_parts(fills: PricedFills, orders: PricedOrders) -> ExactParts:
    """Decompose every order's cost; what has no quote before it is timing, whole."""
    fills = replace(
        fills,
        bid=tidy(fills.bid),
        ask=tidy(fills.ask),
        after_bid=tidy(fills.after_bid),
        after_ask=tidy(fills.after_ask),
    )
    price_decimals = decimals_of(fills.price, fills.bid, fills.ask, orders.decision, orders.arrival, orders.end)
    price_decimals = _room(price_decimals, fills, orders)
    quantity_decimals = decimals_of(fills.quantity, orders.quantity)

    def half(column: Floats) -> Ints:
        """In half units, so that mids are whole."""
        return 2 * to_units(column, price_decimals)

    known = ~(np.isnan(fills.bid) | np.isnan(fills.ask))
    price, bid, ask = half(fills.price), to_units(fills.bid, price_decimals), to_units(fills.ask, price_decimals)
    mid = bid + ask
    moved_to = to_units(fills.after_bid, price_decimals) + to_units(fills.after_ask, price_decimals)
    lasting = known & (fills.maker == 0) & ~(np.isnan(fills.after_bid) | np.isnan(fills.after_ask))
    after = np.where(lasting, moved_to, mid)
    own = own_moves(fills.order, fills.venue, max(fills.venues, 1), fills.ts, mid, after, known.astype(np.int64))
    sign = orders.sign.astype(np.int64)[fills.order]
    touch = np.where(fills.maker == 1, price, 2 * np.where(sign > 0, ask, bid))
    arrival_of, decision_of = half(orders.arrival), half(orders.decision)
    arrival, decision = arrival_of[fills.order], decision_of[fills.order]
    nought = np.zeros_like(price)
    steps = {
        "delay": arrival - decision,
        "timing": np.where(known, mid - own - arrival, price - arrival),
        "permanent": np.where(known, own, nought),
        "spread": np.where(known, touch - mid, nought),
        "temporary": np.where(known, price - touch, nought),
    }
    quantity = to_units(fills.quantity, quantity_decimals)
    values = {
        part: _pad(sums_by(product(sign * step, quantity), orders.starts), orders) for part, step in steps.items()
    }
    done = _pad(sums_by(quantity, orders.starts), orders)
    rest = to_units(orders.quantity, quantity_decimals) - done
    values["opportunity"] = product(sign_of(orders) * (half(orders.end) - decision_of), rest)
    decimals = dict.fromkeys(PRICED, price_decimals + quantity_decimals + 1)
    values = {part: product(each, np.full(len(each), 5, np.int64)) for part, each in values.items()}  # halves to tenths
    values, decimals = _multiplied(values, decimals, orders.multiplier)
    for part, column in (("fees", fills.fee), ("commissions", fills.commission)):
        decimals[part] = decimals_of(column)
        values[part] = _pad(sums_by(to_units(column, decimals[part]), orders.starts), orders)
    return ExactParts({part: values[part] for part in PARTS}, decimals)


def sign_of(orders: PricedOrders) -> Ints:
    return orders.sign.astype(np.int64)


def _room(decimals: int, fills: PricedFills, orders: PricedOrders) -> int:
    """Twice the largest price must fit in 63 bits."""
    columns = (fills.price, fills.bid, fills.ask, orders.decision, orders.arrival, orders.end)
    largest = max((float(np.nanmax(c)) for c in columns if len(c) and not np.isnan(c).all()), default=1.0)
    while decimals > 0 and largest * 4 * 10.0**decimals > 2.0**62:
        decimals -= 1
    return decimals


def _pad(sums: Whole, orders: PricedOrders) -> Whole:
    """Orders without a fill come last and have nothing."""
    missing = len(orders.sign) - len(sums)
    return np.concatenate((sums, np.zeros(missing, sums.dtype))) if missing else sums


def _multiplied(
    values: dict[str, Whole], decimals: dict[str, int], multiplier: Floats
) -> tuple[dict[str, Whole], dict[str, int]]:
    if (multiplier == 1).all():
        return values, decimals
    more = decimals_of(multiplier)
    times = to_units(multiplier, more)
    return {part: product(each, times) for part, each in values.items()}, {p: d + more for p, d in decimals.items()}
