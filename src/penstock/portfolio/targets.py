"""From the portfolio that is wanted to the parent orders that lead there: change = wanted − held.

A target says what it wants in exactly one way. Whatever cannot be traded exactly as asked (off a lot or a
tick, an unknown symbol or venue) is refused with a sentence, never rounded into something else; only a target
in currency, which has no exact quantity, is rounded down to whole lots.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.instrument import Instrument
from penstock.domain.orders import OrderTerms, OrderType, Side, Strategy

ZERO = Decimal(0)
WAYS = ("quantity", "change", "notional")

CheckAlgorithm = Callable[[str, Mapping[str, Any]], None]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What one symbol's position should become, and how to get there; `where` is its place in a user's file.

    Exactly one of `quantity` (the position wanted), `change` (signed) and `notional` (the position wanted in
    the instrument's currency, valued at the arrival mid) is given. `side`, if given, must agree with it.

    Raises:
        BadInput: a field is out of its range, or none or several ways of saying what is wanted are given.
    """

    symbol: str
    quantity: Decimal | None = None
    change: Decimal | None = None
    notional: Decimal | None = None
    side: Side | None = None
    algorithm: str | None = None
    parameters: dict[str, Any] = {}
    urgency: float = 0.5
    limit_price: Decimal | None = None
    strategy: Strategy = Strategy.NEUTRAL
    venues: tuple[str, ...] = ()
    decision_price: Decimal | None = None
    where: str = ""

    def __post_init__(self) -> None:
        if not self.symbol:
            raise BadInput(self.where, "symbol", "must not be empty")
        given = [name for name in WAYS if getattr(self, name) is not None]
        if len(given) != 1:
            got = " and ".join(given) or "none of them"
            raise BadInput(self.where, "", f"give exactly one of quantity, change and notional, not {got}")
        for name in ("quantity", "notional"):
            self._demand(name, lambda value: value >= 0, "must not be negative")
        self._demand("change", lambda value: value != 0, "must not be zero: leave the target out")
        for name in ("limit_price", "decision_price"):
            self._demand(name, lambda value: value > 0, "must be greater than zero")
        if not 0 <= self.urgency <= 1:
            raise BadInput(self.where, "urgency", "must lie between 0 and 1", self.urgency)
        if self.change is not None:
            self.refuse_contradiction(self.change)

    def _demand(self, name: str, holds: Callable[[Decimal], bool], rule: str) -> None:
        value: Decimal | None = getattr(self, name)
        if value is None:
            return
        if not value.is_finite():
            raise BadInput(self.where, name, "must be a finite number", value)
        if not holds(value):
            raise BadInput(self.where, name, rule, value)

    def refuse_contradiction(self, change: Decimal) -> None:
        """Raise BadInput if `side` names the other direction than this change of position."""
        side = side_of(change)
        if self.side is not None and self.side.sign != side.sign:
            rule = f"contradicts the target: a change of {plain(change)} is a {side}"
            raise BadInput(self.where, "side", rule, self.side.value)


def plan_parents(
    targets: Iterable[Target],
    positions: Mapping[str, Decimal],
    instruments: Mapping[str, Instrument],
    prices: Mapping[str, Decimal],
    listings: Mapping[str, Collection[str]],
    default_algorithm: str,
    check_algorithm: CheckAlgorithm,
) -> list[OrderTerms]:
    """One parent order for each target that changes a position, `P001` and on in the targets' order.

    A target whose position is already held gives no parent: its symbol is missing among the results.
    `prices` are arrival mids by symbol; `listings` maps a venue to the symbols it trades. `check_algorithm`
    takes a name and its parameters and raises BadInput or ValueError where they break the algorithm's rules.

    Raises:
        BadInput: naming the target, the field, the rule and the value.
    """
    targets = list(targets)
    refuse_duplicates(targets)
    parents: list[OrderTerms] = []
    for target in targets:
        instrument = _instrument(target, instruments, listings)
        change = _change(target, positions.get(target.symbol, ZERO), instrument, prices)
        if change == 0:
            continue
        target.refuse_contradiction(change)
        _check_price(target, instrument)
        _check_venues(target, listings)
        algorithm = target.algorithm or default_algorithm
        _check_algorithm(target, algorithm, check_algorithm)
        parents.append(_parent(f"P{len(parents) + 1:03d}", target, change, algorithm))
    return parents


def refuse_duplicates(targets: Iterable[Target]) -> None:
    """Raise BadInput at the first symbol that two targets name."""
    first: dict[str, Target] = {}
    for target in targets:
        earlier = first.setdefault(target.symbol, target)
        if earlier is not target:
            place = f" (first at {earlier.where})" if earlier.where else ""
            raise BadInput(target.where, "symbol", f"is named by two targets{place}", target.symbol)


def side_of(change: Decimal) -> Side:
    return Side.BUY if change > 0 else Side.SELL


def plain(number: Decimal) -> str:
    """Write a number as a person would: no exponent, no trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _instrument(
    target: Target, instruments: Mapping[str, Instrument], listings: Mapping[str, Collection[str]]
) -> Instrument:
    known = sorted(symbol for symbol in instruments if any(symbol in listed for listed in listings.values()))
    if target.symbol not in known:
        rule = f"is not in this market, which has {', '.join(known) or 'no symbols'}"
        raise BadInput(target.where, "symbol", rule, target.symbol)
    return instruments[target.symbol]


def _change(target: Target, held: Decimal, instrument: Instrument, prices: Mapping[str, Decimal]) -> Decimal:
    """Signed quantity to trade: a whole number of lots."""
    if target.notional is not None:
        return instrument.round_quantity(_worth(target, target.notional, instrument, prices) - held)
    asked = target.change if target.change is not None else target.quantity
    assert asked is not None, "a target says what it wants in exactly one way"
    field = "change" if target.change is not None else "quantity"
    lot = plain(instrument.lot_size)
    if not instrument.on_lot(asked):
        rule = f"must be a multiple of the lot size {lot} of {target.symbol}"
        raise BadInput(target.where, field, rule, asked)
    change = asked if target.change is not None else asked - held
    if not instrument.on_lot(change):
        rule = f"leaves a change that is no multiple of the lot size {lot}, as {plain(held)} is held"
        raise BadInput(target.where, field, rule, asked)
    return change


def _worth(target: Target, notional: Decimal, instrument: Instrument, prices: Mapping[str, Decimal]) -> Decimal:
    """Whole lots that a notional buys at the arrival mid, rounded down."""
    if notional == 0:
        return ZERO
    price = prices.get(target.symbol)
    if price is None:
        raise BadInput(target.where, "notional", f"cannot be valued: {target.symbol} has no arrival mid")
    quantity = instrument.quantity_for(notional, price)
    if quantity == 0:
        lot = instrument.notional(instrument.lot_size, price)
        rule = f"is less than one lot of {target.symbol}, worth {plain(round(lot, 2))} at the mid {plain(price)}"
        raise BadInput(target.where, "notional", rule, notional)
    return quantity


def _check_price(target: Target, instrument: Instrument) -> None:
    price = target.limit_price
    if price is not None and not instrument.on_tick(price):
        below = plain(instrument.round_price(price, up=False))
        above = plain(instrument.round_price(price, up=True))
        rule = f"is off the tick of {plain(instrument.tick_size)}: the nearest prices are {below} and {above}"
        raise BadInput(target.where, "limit_price", rule, price)


def _check_venues(target: Target, listings: Mapping[str, Collection[str]]) -> None:
    usable = sorted(venue for venue, symbols in listings.items() if target.symbol in symbols)
    for venue in target.venues:
        if venue not in usable:
            rule = f"{target.symbol} does not trade there, only on {', '.join(usable)}"
            raise BadInput(target.where, "venues", rule, venue)


def _check_algorithm(target: Target, algorithm: str, check: CheckAlgorithm) -> None:
    if algorithm == "limit" and target.limit_price is None:
        raise BadInput(target.where, "limit_price", "is missing: the limit algorithm needs one")
    try:
        check(algorithm, target.parameters)
    except BadInput as error:
        raise BadInput(target.where, error.field, error.rule, error.value) from error
    except ValueError as error:
        raise BadInput(target.where, "algorithm", str(error)) from error


def _parent(order_id: str, target: Target, change: Decimal, algorithm: str) -> OrderTerms:
    return OrderTerms(
        order_id=order_id,
        symbol=target.symbol,
        side=target.side or side_of(change),
        quantity=abs(change),
        order_type=OrderType.MARKET if target.limit_price is None else OrderType.LIMIT,
        limit_price=target.limit_price,
        algorithm=algorithm,
        parameters=target.parameters,
        strategy=target.strategy,
        urgency=target.urgency,
        venues=target.venues,
    )
