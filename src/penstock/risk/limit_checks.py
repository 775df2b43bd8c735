"""Whether an order keeps every limit that needs more than itself: lists one can read, of parents and of children.

Each check is a look-up and a comparison. An order that only reduces its position passes them all, but for rates,
collars, duplicates and self-trades. What is not known (a price, an exchange rate) is a denial. A total may reach its
limit, not pass it; a loss that has reached its limit leaves no room.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from penstock.risk import duplicates, rates, self_trade
from penstock.risk.asked import Asked, Breach, Tally
from penstock.risk.credit import NO_CASH, Cash, credit_after
from penstock.risk.effective import RateBound, TotalBounds
from penstock.risk.exposure import ZERO, Mark, Total
from penstock.risk.scopes import in_words
from penstock.risk.whatif import Added, added, net_after

BPS = 10_000
NOTHING = Total()


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
    within = asked.effective.limits.duplicate_within_ms
    if not within or asked.is_change:
        return None
    if not duplicates.is_duplicate(tally.recent, duplicates.likeness(asked.terms), within, asked.now):
        return None
    return Breach("duplicate", f"the same order was taken less than {within} ms ago: wait if it is meant twice")


def order_rate(asked: Asked, tally: Tally) -> Breach | None:
    if not asked.effective.order_rate_max or asked.is_change:
        return None
    return _rate("order_rate", asked.effective.order_rate_max, asked.now, tally)


def message_rate(asked: Asked, tally: Tally) -> Breach | None:
    return _rate("message_rate", asked.effective.message_rate_max, asked.now, tally)


def _rate(name: str, bounds: tuple[RateBound, ...], now: int, tally: Tally) -> Breach | None:
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
        after = held + opened + asked.quantity if sign > 0 else opened + asked.quantity - held
        if after < ZERO:
            after = -after
        if bound.quantity_max is not None and after > bound.quantity_max:
            whose = in_words(bound.scope)
            reason = f"position with open orders would be {after:f}: {whose} limit position_quantity_max "
            return Breach("position_quantity", f"{reason}{bound.quantity_max:f}")
        if bound.value_max is not None and after * mark.unit > bound.value_max:
            whose = in_words(bound.scope)
            reason = f"position value with open orders would be {after * mark.unit:.2f}: {whose} limit "
            return Breach("position_value", f"{reason}position_value_max {bound.value_max:f}")
    return None


def totals(asked: Asked, tally: Tally) -> Breach | None:
    """Every total of every scope that limits one, as it would be with the order."""
    if not asked.effective.totals or asked.reduces:
        return None
    exposure, terms = tally.exposure, asked.terms
    mark = exposure.mark(asked.instrument)
    sign, most = terms.side.sign, ZERO
    if isinstance(mark, Mark):
        at_worst, at_mark = asked.value * mark.rate, asked.quantity * mark.unit
        most = at_worst if at_worst > at_mark else at_mark
    for bounds in asked.effective.totals:
        total = exposure.totals.get(bounds.scope, NOTHING)
        if not asked.is_change:
            if bounds.open_orders_max is not None and total.orders >= bounds.open_orders_max:
                return _over("open_orders", bounds, f"{total.orders} orders are open")
            if bounds.daily_trades_max is not None and total.trades >= bounds.daily_trades_max:
                return _over("daily_trades", bounds, f"{total.trades} orders traded today or still may")
        if not bounds.in_money:
            continue
        if isinstance(mark, str):
            return Breach("unknown_exposure", mark)
        if total.unknown:
            return _unknown(bounds.scope, total)
        if not _has_room(bounds, total, most, sign, tally):
            change = _added(asked, tally, bounds.owner, mark)
            breach = _money(bounds, total, change)
            if breach is None and bounds.credit_max is not None and change.buys:
                breach = _credit(bounds, bounds.credit_max, total, change, tally)
            if breach is not None:
                return breach
    return None


def _has_room(bounds: TotalBounds, total: Total, most: Decimal, sign: int, tally: Tally) -> bool:
    """Whether a scope has room for the most that the order can add to any of its totals: then nothing else is asked.

    An order never adds more than its own value at its worst price or at the mark, since the larger of two sums is not
    larger than the sum of the larger parts.
    """
    limit = bounds.exposure
    if limit is not None and total.gross + most > limit and not _has_exposure(bounds, total, most, sign):
        return False
    limit = bounds.daily_value_max
    if limit is not None and total.traded + total.reserved + most > limit:
        return False
    limit = bounds.gain
    if limit is not None and total.gain <= limit:
        return False
    limit = bounds.credit_max
    return limit is None or sign < 0 or total.buys + most - _cash(bounds, tally).settled <= limit


def _has_exposure(bounds: TotalBounds, total: Total, most: Decimal, sign: int) -> bool:
    """The same of gross and net exposure, each by itself. Gross is never less than high or short."""
    limit = bounds.gross_exposure_max
    if limit is not None and total.gross + most > limit:
        return False
    limit = bounds.net_exposure_max
    if limit is None:
        return True
    high, short = total.high, -total.low
    return high + most <= limit and short <= limit if sign > 0 else short + most <= limit and high <= limit


def _credit(bounds: TotalBounds, most: Decimal, total: Total, change: Added, tally: Tally) -> Breach | None:
    after = credit_after(_cash(bounds, tally), total, change.buys)
    return _over("credit", bounds, f"{after:.2f} would be used beyond settled cash") if after > most else None


def _cash(bounds: TotalBounds, tally: Tally) -> Cash:
    return tally.cash.get(bounds.scope.removeprefix("account/"), NO_CASH)


def _money(bounds: TotalBounds, total: Total, change: Added) -> Breach | None:
    most = bounds.daily_loss_max
    if most is not None and -total.gain >= most:
        return _over("daily_loss", bounds, f"the day's loss is {-total.gain:.2f}")
    most = bounds.daily_value_max
    if most is not None and total.traded + total.reserved + change.value > most:
        return _over("daily_value", bounds, f"it would be {total.traded + total.reserved + change.value:.2f}")
    most = bounds.gross_exposure_max
    if most is not None and change.gross > ZERO and total.gross + change.gross > most:
        return _over("gross_exposure", bounds, f"it would be {total.gross + change.gross:.2f}")
    most = bounds.net_exposure_max
    if most is not None:
        after = net_after(total, change)
        if after > most and after > total.net:
            return _over("net_exposure", bounds, f"it would be {after:.2f}")
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


def _added(asked: Asked, tally: Tally, owner: str, mark: Mark) -> Added:
    terms = asked.terms
    return added(tally.exposure, owner, terms.symbol, mark, terms.side.sign, asked.quantity, asked.value)


def _over(name: str, bounds: TotalBounds, fact: str) -> Breach:
    most = getattr(bounds, f"{name}_max")
    shown = f"{most:f}" if isinstance(most, Decimal) else f"{most}"
    whose = in_words(bounds.credit_set_by if name == "credit" else bounds.scope)
    return Breach(name, f"{whose} limit {name}_max {shown}: {fact}")


def _unknown(scope: str, total: Total) -> Breach:
    return Breach(
        "unknown_exposure", f"exposure of {in_words(scope)} is not known: {next(iter(total.unknown.values()))}"
    )


PARENT_CHECKS: tuple[LimitCheck, ...] = (restricted, duplicate, order_rate, own_position, totals)
CHILD_CHECKS: tuple[LimitCheck, ...] = (price_collar, self_cross, message_rate, own_position, venue_exposure, totals)


def first_breach(checks: Iterable[LimitCheck], asked: Asked, tally: Tally) -> Breach | None:
    """The first limit that the order would break; None if it keeps them all."""
    for check in checks:
        breach = check(asked, tally)
        if breach is not None:
            return breach
    return None
