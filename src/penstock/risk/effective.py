"""The limits that hold for one order: the tightest of all its scopes, each with the scope that set it.

They are found once for each combination of scopes and kept, so that a check costs a look-up and a comparison however
many limits are in force. A total is bounded in each scope that limits it, so of those there is a list.
"""

from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from penstock.risk.limit_book import LimitBook
from penstock.risk.limit_rules import tighter
from penstock.risk.limits import RULES, Bounds, Limits, LimitSet
from penstock.risk.scopes import DESK, Belongs, ScopeKind, in_words, kind_of, scope_of

KEPT_MAX = 100_000
OWN_POSITION = ("account", "user", "strategy", "venue")
VENUE = ScopeKind.VENUE.value
OWN_TABLES = (ScopeKind.USER, ScopeKind.STRATEGY)  # kinds whose own positions are kept only where they are limited
UNIONS = ("restricted", "short_sale_restricted")
TOTALS = tuple(name for name, rule in RULES.items() if rule.bounds is Bounds.TOTAL and name != "rate_window_s")
POSITIONS = tuple(name for name, rule in RULES.items() if rule.bounds is Bounds.POSITION)


class Bound(NamedTuple):
    """One limit on a total: whose, and how much. `span` (ns) is that of a rate, else 0."""

    scope: str
    most: Any
    span: int = 0


class PositionBound(NamedTuple):
    """The limits on a scope's own position in the order's symbol."""

    scope: str
    value_max: Decimal | None
    quantity_max: Decimal | None


class Effective(msgspec.Struct, frozen=True, kw_only=True):
    """The limits in force for an order. `limits` are the tightest of each, `set_by` the scope of each that is set.

    `restricted` and `short_sale_restricted` hold the order's own symbol or nothing, however long the lists are.

    The limits on totals are by scope: one tuple of `Bound` for each name, empty where nobody limits it; `any_total`
    says whether any of them is not. `positions` bound the positions of scopes that have their own.
    """

    limits: Limits
    set_by: dict[str, str]
    positions: tuple[PositionBound, ...] = ()
    any_total: bool = False
    gross_exposure_max: tuple[Bound, ...] = ()
    net_exposure_max: tuple[Bound, ...] = ()
    daily_value_max: tuple[Bound, ...] = ()
    daily_trades_max: tuple[Bound, ...] = ()
    daily_loss_max: tuple[Bound, ...] = ()
    open_orders_max: tuple[Bound, ...] = ()
    order_rate_max: tuple[Bound, ...] = ()
    message_rate_max: tuple[Bound, ...] = ()

    def named(self, name: str) -> str:
        """A limit on an order as a reason says it: `symbol ACME limit order_value_max 5000`."""
        value = getattr(self.limits, name)
        shown = f"{value:f}" if isinstance(value, Decimal) else f"{value}"
        return f"{in_words(self.set_by.get(name, DESK))} limit {name} {shown}"


class Effectives:
    """The effective limits under one book, found when first asked for. A changed book needs a new one of these."""

    def __init__(self, book: LimitBook) -> None:
        self.book = book
        self._kept: dict[tuple[str, ...], Effective] = {}

    def of(
        self, account: str, user: str, strategy: str, symbol: str, asset_class: str = "", venue: str = ""
    ) -> Effective:
        """What holds for an order of these scopes; its sector is the book's."""
        key = (account, user, strategy, symbol, asset_class, venue)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            belongs = Belongs(
                account=account,
                user=user,
                strategy=strategy,
                symbol=symbol,
                asset_class=asset_class,
                sector=self.book.sectors.get(symbol, ""),
                venue=venue,
            )
            found = self._kept[key] = effective(self.book, belongs)
        return found


def effective(book: LimitBook, belongs: Belongs) -> Effective:
    """The limits that hold for what belongs there.

    What has a venue is a child: of the totals only its venue's are asked, and every message rate, since the rest was
    asked of its parent, in which it is counted.
    """
    given: list[tuple[str, LimitSet]] = [(DESK, book.desk)]
    given += [(scope, book.scopes[scope]) for scope in belongs.scopes() if scope in book.scopes]
    values: dict[str, Any] = {}
    set_by: dict[str, str] = {}
    for name, rule in RULES.items():
        if rule.bounds is Bounds.TOTAL:
            continue
        for scope, limits in given:
            own = getattr(limits, name)
            if own is None or (rule.bounds is Bounds.POSITION and kind_of(scope) in OWN_POSITION):
                continue
            if name in UNIONS:
                values.setdefault(name, ())
                if belongs.symbol in own and name not in set_by:
                    values[name], set_by[name] = (belongs.symbol,), scope
            elif name not in values or tighter(name, own, values[name]):
                values[name], set_by[name] = own, scope
    asked = [pair for pair in given if kind_of(pair[0]) == VENUE] if belongs.venue else given
    window_s = book.desk.rate_window_s
    totals = {name: _bounds(name, given if name == "message_rate_max" else asked, window_s) for name in TOTALS}
    limits = msgspec.structs.replace(book.desk, **dict.fromkeys(TOTALS), **values)
    any_total = any(totals.values())
    return Effective(limits=limits, set_by=set_by, positions=_positions(asked), any_total=any_total, **totals)


def scopes_with_own_positions(book: LimitBook, belongs: Belongs) -> list[str]:
    """The user and the strategy of an order, as far as they are limited: nobody else's positions are kept apart."""
    scopes = (scope_of(kind, getattr(belongs, kind)) for kind in OWN_TABLES if getattr(belongs, kind))
    return [scope for scope in scopes if scope in book.scopes]


def _bounds(name: str, given: list[tuple[str, LimitSet]], desk_window_s: float) -> tuple[Bound, ...]:
    found = []
    for scope, limits in given:
        most = getattr(limits, name)
        if most is not None:
            seconds = desk_window_s if limits.rate_window_s is None else limits.rate_window_s
            found.append(Bound(scope, most, round(seconds * 1e9) if name.endswith("_rate_max") else 0))
    return tuple(found)


def _positions(given: list[tuple[str, LimitSet]]) -> tuple[PositionBound, ...]:
    return tuple(
        PositionBound(scope, limits.position_value_max, limits.position_quantity_max)
        for scope, limits in given
        if kind_of(scope) in OWN_POSITION
        and (limits.position_value_max is not None or limits.position_quantity_max is not None)
    )
