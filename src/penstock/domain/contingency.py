"""Orders that depend on each other: what holds a group together, and which groups make sense."""

from collections.abc import Callable
from enum import StrEnum

from penstock.domain.order_rules import broken_rule
from penstock.domain.orders import OrderTerms


class Contingency(StrEnum):
    OCO = "oco"  # one cancels the other: the legs share one quantity
    OTO = "oto"  # one triggers the other: once the first is filled, the rest are released
    BRACKET = "bracket"  # an entry whose fills are protected by an OCO of take-profit and stop-loss


Broken = Callable[[tuple[OrderTerms, ...]], bool]


def differ(orders: tuple[OrderTerms, ...], field: str) -> bool:
    return len({getattr(order, field) for order in orders}) > 1


GROUP_RULES: dict[Contingency, tuple[tuple[Broken, str], ...]] = {
    Contingency.OCO: (
        (lambda orders: len(orders) < 2, "an OCO has at least two legs"),
        (lambda orders: differ(orders, "quantity"), "the legs of an OCO have the same quantity: they share it"),
        (
            lambda orders: any(order.tif.is_immediate for order in orders),
            "a leg of an OCO waits: it cannot be IOC or FOK",
        ),
    ),
    Contingency.OTO: ((lambda orders: len(orders) < 2, "an OTO has a first order and at least one more"),),
    Contingency.BRACKET: (
        (lambda orders: len(orders) != 3, "a bracket is an entry, a take-profit and a stop-loss"),
        (lambda orders: differ(orders, "quantity"), "the orders of a bracket have the same quantity"),
        (
            lambda orders: any(leg.side.sign == orders[0].side.sign for leg in orders[1:]),
            "the exits of a bracket trade against its entry: give them the other side",
        ),
        (
            lambda orders: any(leg.tif.is_immediate for leg in orders[1:]),
            "an exit of a bracket waits: it cannot be IOC or FOK",
        ),
    ),
}


def broken_group_rule(kind: Contingency, orders: tuple[OrderTerms, ...]) -> str:
    """Why these orders are no such group, as a sentence; empty if they are."""
    for broken, sentence in GROUP_RULES[kind]:
        if broken(orders):
            return sentence
    if kind is not Contingency.OTO and (differ(orders, "symbol") or differ(orders, "account")):
        return f"the orders of this group ({kind}) trade one symbol in one account"
    if len({order.order_id for order in orders}) < len(orders):
        return "the orders of a group have different order ids"
    return next(filter(None, map(broken_rule, orders)), "")
