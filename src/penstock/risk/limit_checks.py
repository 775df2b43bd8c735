"""Whether an order keeps every limit that needs more than itself: lists one can read, of parents and of children.

Each check is a look-up and a comparison. An order that only reduces its position passes them all, but for rates,
collars, duplicates and self-trades. What is not known (a price, an exchange rate) is a denial. A total may reach its
limit, not pass it; a loss that has reached its limit leaves no room.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from penstock.risk import duplicates, rates, self_trade
from penstock.risk.asked import Asked, Breach, Tally
from penstock.risk.credit import Cash, credit_after
from penstock.risk.effective import Bound
from penstock.risk.exposure import ZERO, Mark, Total
from penstock.risk.scopes import in_words
from penstock.risk.whatif import Added, added, net_after

BPS = 10_000


LimitCheck = Callable[[Asked, Tally], Breach | None]


def restricted(asked: Asked, tally: Tally) -> Breach | None:
    if "restricted" not in asked.effective.set_by or not asked.effective.limits.restricted or asked.reduces:
        return None
    whose = in_words(asked.effective.set_by["restricted"])
    return Breach("restricted", f"{asked.terms.symbol} is on the restricted list of {whose}: reduce positions only")


def price_collar(asked: Asked, tally: Tally) -> Breach | None:
    most, limit = asked.effective.limits.price_collar_bps, asked.terms.limit_price
    if most is None or limit is None:
        return None
    reference = asked.reference
    if reference is None:
        return Breach("price_collar", f"there is no reference price of {asked.terms.symbol} to measure the limit from")
    if asked.terms.side.sign * (limit - reference) * BPS > most * reference:
        named = asked.effective.named("price_collar_bps")
        return Breach("price_collar", f"limit price {limit} is beyond {reference} by more than allowed: {named}")
    return None


def duplicate(asked: Asked, tally: Tally) -> Breach | None:
    within, terms = asked.effective.limits.duplicate_within_ms, asked.terms
    if not within or asked.is_change:
        return None
    like = duplicates.likeness(terms.account, terms.symbol, terms.side, terms.quantity, terms.limit_price)
    if not duplicates.is_duplicate(tally.recent, like, within, asked.now):
        return None
    return Breach("duplicate", f"the same order was taken less than {within} ms ago: wait if it is meant twice")


def order_rate(asked: Asked, tally: Tally) -> Breach | None:
    if not asked.effective.order_rate_max or asked.is_change:
        return None
    return _rate("order_rate", asked.effective.order_rate_max, asked.now, tally)


def message_rate(asked: Asked, tally: Tally) -> Breach | None:
    return _rate("message_rate", asked.effective.message_rate_max, asked.now, tally)


def _rate(name: str, bounds: tuple[Bound, ...], now: int, tally: Tally) -> Breach | None:
    bound = rates.full(tally.rates, name, bounds, now) if bounds else None
    if bound is None:
        return None
    reason = f"{in_words(bound.scope)} limit {name}_max {bound.most} in {bound.span / 1e9:g} s is used up: wait"
    return Breach(name, reason)


def self_cross(asked: Asked, tally: Tally) -> Breach | None:
    terms = asked.terms
    if not tally.resting or not asked.effective.limits.prevent_self_trade or terms.venue is None:
        return None
    if not self_trade.meets(tally.resting, terms.venue, terms.symbol, terms.side.sign, terms.limit_price):
        return None
    return Breach("self_trade", f"it would meet our own order in {terms.symbol} at {terms.venue}: cancel that first")


def own_position(asked: Asked, tally: Tally) -> Breach | None:
    """The position of an account, user, strategy or venue by itself, with what is open on the order's side."""
    if not asked.effective.positions or asked.reduces:
        return None
    sign, exposure = asked.terms.side.sign, tally.exposure
    mark = exposure.mark(asked.instrument)
    if isinstance(mark, str):
        return Breach("unknown_exposure", mark)
    lines = exposure.lines.get(asked.terms.symbol, {})
    for bound in asked.effective.positions:
        line = lines.get(bound.scope)
        held, opened = ZERO, ZERO
        if line is not None:
            held, opened = line.held, line.open_buy if sign > 0 else line.open_sell
        after = abs(held + sign * (opened + asked.quantity))
        whose = in_words(bound.scope)
        if bound.quantity_max is not None and after > bound.quantity_max:
            reason = f"position with open orders would be {after:f}: {whose} limit position_quantity_max "
            return Breach("position_quantity", f"{reason}{bound.quantity_max:f}")
        if bound.value_max is not None and after * mark.unit > bound.value_max:
            reason = f"position value with open orders would be {after * mark.unit:.2f}: {whose} limit "
            return Breach("position_value", f"{reason}position_value_max {bound.value_max:f}")
    return None


def totals(asked: Asked, tally: Tally) -> Breach | None:
    """Every total of every scope that limits one, as it would be with the order."""
    effective, exposure = asked.effective, tally.exposure
    if not effective.any_total or asked.reduces:
        return None
    if not asked.is_change:
        for name, bounds in (("open_orders", effective.open_orders_max), ("daily_trades", effective.daily_trades_max)):
            for bound in bounds:
                total = exposure.total(bound.scope)
                count = total.orders if name == "open_orders" else total.trades
                if count >= bound.most:
                    return _over(name, bound, f"{count} orders are counted already")
    money = effective.gross_exposure_max or effective.net_exposure_max or effective.daily_value_max
    if not money and not effective.daily_loss_max:
        return None
    mark = exposure.mark(asked.instrument)
    if isinstance(mark, str):
        return Breach("unknown_exposure", mark)
    changes: dict[str, Added] = {}
    for name, bounds in (
        ("daily_loss", effective.daily_loss_max),
        ("daily_value", effective.daily_value_max),
        ("gross_exposure", effective.gross_exposure_max),
        ("net_exposure", effective.net_exposure_max),
    ):
        for bound in bounds:
            total = exposure.total(bound.scope)
            if total.unknown:
                return _unknown(bound.scope, total)
            owner = _owner(bound.scope, asked)
            change = changes.get(owner)
            if change is None:
                change = changes[owner] = _added(asked, tally, owner, mark)
            breach = _exceeds(name, bound, total, change)
            if breach is not None:
                return breach
    return None


def _exceeds(name: str, bound: Bound, total: Total, change: Added) -> Breach | None:
    if name == "daily_loss":
        if -total.gain >= bound.most:
            return _over(name, bound, f"the day's loss is {-total.gain:.2f}")
        return None
    if name == "daily_value":
        after = total.traded + total.reserved + change.value
    elif name == "gross_exposure":
        if change.gross <= ZERO:
            return None
        after = total.gross + change.gross
    else:
        after = net_after(total, change)
        if after <= total.net:
            return None
    if after > bound.most:
        return _over(name, bound, f"{name.replace('_', ' ')} would be {after:.2f}")
    return None


def venue_exposure(asked: Asked, tally: Tally) -> Breach | None:
    most, venue = asked.effective.limits.venue_exposure_max, asked.terms.venue
    if most is None or venue is None or asked.reduces:
        return None
    mark = tally.exposure.mark(asked.instrument)
    if isinstance(mark, str):
        return Breach("unknown_exposure", mark)
    scope = f"venue/{venue}"
    total = tally.exposure.total(scope)
    if total.unknown:
        return _unknown(scope, total)
    change = _added(asked, tally, scope, mark)
    after = total.gross + change.gross
    if change.gross <= ZERO or after <= most:
        return None
    named = asked.effective.named("venue_exposure_max")
    return Breach("venue_exposure", f"exposure at {venue} would be {after:.2f}: {named}")


def credit(asked: Asked, tally: Tally) -> Breach | None:
    most = asked.effective.limits.credit_max
    if most is None or asked.reduces or not asked.terms.side.is_buy:
        return None
    mark, owner = tally.exposure.mark(asked.instrument), f"account/{asked.terms.account}"
    if isinstance(mark, str):
        return Breach("unknown_exposure", mark)
    total = tally.exposure.total(owner)
    if total.unknown:
        return _unknown(owner, total)
    cash = tally.cash.get(asked.terms.account) or Cash()
    after = credit_after(cash, total, _added(asked, tally, owner, mark).buys)
    if after <= most:
        return None
    named = asked.effective.named("credit_max")
    return Breach("credit", f"account {asked.terms.account} would use {after:.2f} beyond its settled cash: {named}")


def _owner(scope: str, asked: Asked) -> str:
    """Whose line a total of the scope changes by: that of the scope itself, or of the order's account."""
    is_own = scope.startswith(("user/", "strategy/", "venue/"))
    return scope if is_own else f"account/{asked.terms.account}"


def _added(asked: Asked, tally: Tally, owner: str, mark: Mark) -> Added:
    sign = asked.terms.side.sign
    return added(tally.exposure, owner, asked.instrument, mark, sign, asked.quantity, asked.worst_price)


def _over(name: str, bound: Bound, fact: str) -> Breach:
    most = f"{bound.most:f}" if isinstance(bound.most, Decimal) else f"{bound.most}"
    return Breach(name, f"{fact}: {in_words(bound.scope)} limit {name}_max {most}")


def _unknown(scope: str, total: Total) -> Breach:
    return Breach(
        "unknown_exposure", f"exposure of {in_words(scope)} is not known: {next(iter(total.unknown.values()))}"
    )


PARENT_CHECKS: tuple[LimitCheck, ...] = (restricted, duplicate, order_rate, own_position, totals, credit)
CHILD_CHECKS: tuple[LimitCheck, ...] = (price_collar, self_cross, message_rate, own_position, venue_exposure, totals)


def first_breach(checks: Iterable[LimitCheck], asked: Asked, tally: Tally) -> Breach | None:
    """The first limit that the order would break; None if it keeps them all."""
    for check in checks:
        breach = check(asked, tally)
        if breach is not None:
            return breach
    return None
