"""How much of each limit on a total is used, now: for a screen, and to warn before an order is denied."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from penstock.risk.exposure import ZERO, Total
from penstock.risk.limits import LimitSet
from penstock.risk.risk_state import RiskState
from penstock.risk.scopes import DESK, in_words


class Use(msgspec.Struct, frozen=True):
    """Of a scope's limit `most`, so much is used; what is `unknown` is not in it."""

    scope: str
    name: str
    used: Decimal
    most: Decimal
    unknown: str = ""

    @property
    def fraction(self) -> Decimal:
        """Used over allowed; 1 where nothing is allowed."""
        return self.used / self.most if self.most else Decimal(1)

    @property
    def sentence(self) -> str:
        return f"{in_words(self.scope)} has used {self.fraction:.0%} of {self.name} {self.most:f}: {self.used:f}"


def uses(state: RiskState, now: int) -> list[Use]:
    """Every limit on a total that is in force, the desk's first."""
    book = state.book
    found = []
    for scope in (DESK, *book.scopes):
        limits, total = book.of(scope), state.tally.exposure.total(scope)
        unknown = next(iter(total.unknown.values()), "")
        for name, used in _totals(total):
            most = getattr(limits, name)
            if most is not None:
                found.append(Use(scope, name, used, Decimal(most), unknown))
        found += _rates(state, scope, limits, now)
    return found


def warnings(state: RiskState, now: int) -> list[Use]:
    """Those of which so much is used, `warn_at` of the scope or else the desk's, that it is time to say so."""
    book = state.book
    return [use for use in uses(state, now) if float(use.fraction) >= (book.of(use.scope).warn_at or book.desk.warn_at)]


def _totals(total: Total) -> Iterator[tuple[str, Decimal]]:
    yield "gross_exposure_max", total.gross
    yield "net_exposure_max", total.net
    yield "daily_value_max", total.traded + total.reserved
    yield "daily_trades_max", Decimal(total.trades)
    yield "daily_loss_max", max(ZERO, -total.gain)
    yield "open_orders_max", Decimal(total.orders)


def _rates(state: RiskState, scope: str, limits: LimitSet, now: int) -> Iterator[Use]:
    for name in ("order_rate_max", "message_rate_max"):
        most = getattr(limits, name)
        if most is not None:
            window = state.tally.rates.get(f"{name.removesuffix('_max')}/{scope}")
            yield Use(scope, name, Decimal(0 if window is None else window.count(now)), Decimal(most))
