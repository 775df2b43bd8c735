"""The limits and breakers that a scenario would meet: what would be broken, and which breaker would trip when."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from penstock.risk.breakers import CLOSED, Breaker, observe
from penstock.risk.effective import effective
from penstock.risk.limit_book import LimitBook
from penstock.risk.limits import LimitSet
from penstock.risk.scopes import DESK, Belongs, in_words, scope_of
from penstock.risk.stress import NameResult, Result

ROUNDING = 1e-9


class Broken(msgspec.Struct, frozen=True):
    """A limit that the scenario would break: whose and which, what it allows, what it would be.

    `symbol` is the one whose position is too large, for a limit on positions that is not that symbol's own.
    """

    scope: str
    name: str
    most: Decimal
    value: float
    symbol: str = ""


class Drill(msgspec.Struct, frozen=True):
    """Where a sequence of measurements trips a breaker: at which one (from 1), when (ns), and what it says."""

    breaker: str
    number: int
    at: int
    reason: str


def broken_limits(result: Result, book: LimitBook, account: str = "", gain_so_far: float = 0.0) -> list[Broken]:
    """What would be broken of the desk's, the sectors' and the symbols' limits, and of the account's if it is named.

    `gain_so_far` is the day's before the scenario.
    """
    day = result.gain + gain_so_far
    found = _totals(DESK, book.desk, result.gross, result.net, day)
    if account:
        found += _totals(f"account/{account}", book.of(f"account/{account}"), result.gross, result.net, day)
    for sector in result.sectors:
        names = [each for each in result.names if each.sector == sector]
        if sector:
            found += _of_names(f"sector/{sector}", book, names)
    for each in result.names:
        found += _of_names(f"symbol/{each.symbol}", book, [each])
        found += _positions(each, book, account)
    return found


def drill(breaker: Breaker, measurements: Iterable[tuple[int, Decimal]]) -> Drill | None:
    """The first trip of a breaker, closed before, by (time in ns, measurement) in order; None if it holds."""
    circuit = CLOSED
    for number, (at, measurement) in enumerate(measurements, start=1):
        circuit, trip = observe(circuit, breaker, measurement, at)
        if trip is not None:
            return Drill(breaker.name, number, at, trip.reason)
    return None


def sentence(broken: Broken) -> str:
    """A broken limit in words."""
    at = f" in {broken.symbol}" if broken.symbol else ""
    return f"{in_words(broken.scope)} limit {broken.name} {broken.most:f} would be broken{at}: {broken.value:,.0f}"


def _of_names(scope: str, book: LimitBook, names: list[NameResult]) -> list[Broken]:
    values = [each.value for each in names]
    return _totals(scope, book.of(scope), sum(map(abs, values)), sum(values), sum(each.gain for each in names))


def _totals(scope: str, limits: LimitSet, gross: float, net: float, gain: float) -> list[Broken]:
    found = []
    for name, value in (("gross_exposure_max", gross), ("net_exposure_max", abs(net)), ("daily_loss_max", -gain)):
        most = getattr(limits, name)
        is_loss = name == "daily_loss_max" and value > 0
        if most is not None and (_above(value, most) or (is_loss and value >= float(most) * (1 - ROUNDING))):
            found.append(Broken(scope, name, most, value))
    return found


def _positions(each: NameResult, book: LimitBook, account: str) -> list[Broken]:
    found = effective(book, Belongs(account=account, symbol=each.symbol, sector=each.sector))
    most, value = found.limits.position_value_max, abs(each.value)
    broken = []
    if most is not None and _above(value, most):
        broken.append(_position(found.set_by["position_value_max"], most, value, each.symbol))
    broken += [
        _position(own.scope, own.value_max, value, each.symbol)
        for own in found.positions
        if own.value_max is not None and _above(value, own.value_max)
    ]
    return broken


def _position(scope: str, most: Decimal, value: float, symbol: str) -> Broken:
    whose = "" if scope == scope_of("symbol", symbol) else symbol
    return Broken(scope, "position_value_max", most, value, whose)


def _above(value: float, most: Decimal) -> bool:
    """Above by more than a float's rounding."""
    return value > float(most) * (1 + ROUNDING)
