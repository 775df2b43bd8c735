"""Which checks can deny an order at all, given its instrument and the limits in force.

A check that cannot say no is left out, so that an order pays for the limits that there are and not for those that
there might be. What is left keeps the order of `CHECKS`, and so the denial that stands is the same.
"""

from collections.abc import Callable

from penstock.domain.instrument import Instrument
from penstock.domain.orders import OrderTerms, Side
from penstock.risk import checks
from penstock.risk import limit_checks as limit
from penstock.risk.checks import CHECKS, OF_CHILDREN, Check, market_open
from penstock.risk.effective import Effective
from penstock.risk.limit_checks import CHILD_CHECKS, PARENT_CHECKS, LimitCheck
from penstock.risk.limits import Limits

Concerns = Callable[[Instrument, Limits, Side, bool], bool]

CONCERNS: dict[Check, Concerns] = {
    checks.well_formed: lambda instrument, limits, side, is_child: not is_child,
    checks.market_open: lambda instrument, limits, side, is_child: not is_child,
    checks.not_expired: lambda instrument, limits, side, is_child: (
        type(instrument).is_expired is not Instrument.is_expired
    ),
    checks.minimum_size: lambda instrument, limits, side, is_child: bool(
        instrument.min_quantity or instrument.min_notional
    ),
    checks.order_quantity: lambda instrument, limits, side, is_child: (
        is_child and limits.order_quantity_max is not None
    ),
    checks.order_value: lambda instrument, limits, side, is_child: (
        (limits.order_value_max if is_child else limits.parent_value_max) is not None
    ),
    checks.position_with_open_orders: lambda instrument, limits, side, is_child: (
        (limits.position_quantity_max, limits.position_value_max) != (None, None)
    ),
    checks.short_sale: lambda instrument, limits, side, is_child: side is Side.SELL_SHORT,
    checks.within_parent: lambda instrument, limits, side, is_child: is_child,
}

LIMITS_CONCERN: dict[LimitCheck, Callable[[Effective], bool]] = {
    limit.restricted: lambda effective: bool(effective.limits.restricted),
    limit.price_collar: lambda effective: effective.limits.price_collar_bps is not None,
    limit.duplicate: lambda effective: bool(effective.limits.duplicate_within_ms),
    limit.order_rate: lambda effective: bool(effective.order_rate_max),
    limit.message_rate: lambda effective: bool(effective.message_rate_max),
    limit.self_cross: lambda effective: bool(effective.limits.prevent_self_trade),
    limit.own_position: lambda effective: bool(effective.positions),
    limit.totals: lambda effective: bool(effective.totals),
    limit.venue_exposure: lambda effective: effective.limits.venue_exposure_max is not None,
}


class Rules:
    """An instrument and the limits in force for the scopes of an order, with the checks that they ask of it.

    They are found out once for a side. `effective` is None where the limits are all that is known. `closes` is the end
    of the last session that the symbol has (ns; None: not known). `of_parents` and `of_children` are the limit checks
    that can deny; of children, those but for our own orders, which matter only where some are open on the other side.
    `asks_children`: they have to keep limits that their whole parent has not been asked for.
    """

    __slots__ = (
        "_of_children",
        "_of_parents",
        "_of_whole",
        "asks_children",
        "closes",
        "effective",
        "instrument",
        "limits",
        "of_children",
        "of_parents",
        "prevents_self_trade",
    )

    def __init__(
        self,
        instrument: Instrument,
        limits: Limits,
        effective: Effective | None = None,
        closes: int | None = None,
        *,
        is_scoped: bool = False,
    ) -> None:
        self.instrument, self.limits, self.effective, self.closes = instrument, limits, effective, closes
        self.of_parents = self._limits_concerned(PARENT_CHECKS)
        children = self._limits_concerned(CHILD_CHECKS)
        self.of_children = tuple(check for check in children if check is not limit.self_cross)
        self.prevents_self_trade = limit.self_cross in children
        self.asks_children = is_scoped or bool(self.of_children)
        self._of_parents: dict[Side, tuple[Check, ...]] = {}
        self._of_children: dict[Side, tuple[Check, ...]] = {}
        self._of_whole: dict[Side, tuple[Check, ...]] = {}

    def limit_checks(self, order: OrderTerms) -> tuple[LimitCheck, ...]:
        """Those of the limit checks that can deny an order."""
        if order.parent_id is None:
            return self.of_parents
        return (limit.self_cross, *self.of_children) if self.prevents_self_trade else self.of_children

    def checks(self, order: OrderTerms) -> tuple[Check, ...]:
        """Those of `CHECKS` that can deny an order."""
        known = self._of_parents if order.parent_id is None else self._of_children
        found = known.get(order.side)
        if found is None:
            found = known[order.side] = self._concerned(CHECKS, order.side, order.parent_id is not None)
        return found

    def checks_of_whole(self, side: Side) -> tuple[Check, ...]:
        """Those of `OF_CHILDREN` that can deny a child which is its whole parent."""
        found = self._of_whole.get(side)
        if found is None:
            found = self._of_whole[side] = self._concerned(OF_CHILDREN, side, True)
        return found

    def _concerned(self, checks: tuple[Check, ...], side: Side, is_child: bool) -> tuple[Check, ...]:
        asked = (self.instrument, self.limits, side, is_child)
        found = tuple(check for check in checks if check not in CONCERNS or CONCERNS[check](*asked))
        return tuple(check for check in found if check is not market_open or self.closes is not None)

    def _limits_concerned(self, checks: tuple[LimitCheck, ...]) -> tuple[LimitCheck, ...]:
        effective = self.effective
        return () if effective is None else tuple(check for check in checks if LIMITS_CONCERN[check](effective))
