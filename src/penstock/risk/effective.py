"""The limits that hold for one order: the tightest of all its scopes, each with the scope that set it.

They are found once for each combination of scopes and kept, so that a check costs a look-up and a comparison however
many limits are in force. A total is bounded in each scope that limits it, so of those there is a list.
"""

from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from penstock.domain.time import SECOND
from penstock.risk.limit_book import LimitBook
from penstock.risk.limit_rules import tighter
from penstock.risk.limits import RULES, Bounds, Limits, LimitSet
from penstock.risk.scopes import DESK, Belongs, ScopeKind, in_words, kind_of, scope_of

KEPT_MAX = 100_000
OWN_POSITION = ("account", "user", "strategy", "venue")
VENUE = ScopeKind.VENUE.value
OWN_LINES = ("user", "strategy", "venue")
OWN_TABLES = (ScopeKind.USER, ScopeKind.STRATEGY)  # kinds whose own positions are kept only where they are limited
UNIONS = ("restricted", "short_sale_restricted")
IN_MONEY = ("gross_exposure_max", "net_exposure_max", "daily_value_max", "daily_loss_max", "credit_max")
EXPOSURES = ("gross_exposure_max", "net_exposure_max")
RATES = ("order_rate_max", "message_rate_max")


class RateBound(NamedTuple):
    """One limit on a rate: whose, and how many within `span` ns."""

    scope: str
    most: int
    span: int


class TotalBounds(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The limits on one scope's totals. The order changes them by `owner`'s line: the scope's own or its account's.

    Two follow from the others, for every order to be compared with: `exposure` is the tighter of gross and net, `gain`
    what the day's gain must stay above.
    """

    scope: str
    owner: str
    gross_exposure_max: Decimal | None = None
    net_exposure_max: Decimal | None = None
    daily_value_max: Decimal | None = None
    daily_loss_max: Decimal | None = None
    daily_trades_max: int | None = None
    open_orders_max: int | None = None
    credit_max: Decimal | None = None
    credit_set_by: str = ""
    in_money: bool = False
    exposure: Decimal | None = None
    gain: Decimal | None = None


class PositionBound(NamedTuple):
    """The limits on a scope's own position in the order's symbol."""

    scope: str
    value_max: Decimal | None
    quantity_max: Decimal | None


Given = list[tuple[str, LimitSet]]  # the scopes of an order that have limits, the desk first
TOTALS = tuple(name for name in TotalBounds.__struct_fields__ if name.endswith("_max") and name != "credit_max")


class Effective(msgspec.Struct, frozen=True, kw_only=True):
    """The limits in force for an order. `limits` are the tightest of each, `set_by` the scope of each that is set.

    `restricted` and `short_sale_restricted` hold the order's own symbol or nothing, however long the lists. `totals`
    are the limits on totals of each scope that has any, `positions` those on the positions of scopes that have their
    own. For what these and the rates bound, `limits` says nothing. `scopes` are all that the order belongs to, the desk
    first: whose modes and breakers hold for it.
    """

    limits: Limits
    set_by: dict[str, str]
    scopes: tuple[str, ...] = (DESK,)
    positions: tuple[PositionBound, ...] = ()
    totals: tuple[TotalBounds, ...] = ()
    order_rate_max: tuple[RateBound, ...] = ()
    message_rate_max: tuple[RateBound, ...] = ()

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
        self._groups: dict[tuple[str, bool, tuple[str, ...]], Effective] = {}

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
            found = self._kept[key] = self._shared(belongs)
        return found

    def _shared(self, belongs: Belongs) -> Effective:
        """Orders that the same scopes limit share what limits them: ten thousand symbols do not fill the caches."""
        scopes = tuple(belongs.scopes())
        limited = tuple(scope for scope in scopes if scope in self.book.scopes)
        group = (belongs.account, bool(belongs.venue), limited)
        alike = self._groups.get(group)
        if alike is None or names_symbol(self.book, limited, belongs.symbol):
            found = effective(self.book, belongs)
            if not names_symbol(self.book, limited, belongs.symbol):
                self._groups[group] = found
            return found
        return Effective(
            limits=alike.limits,
            set_by=alike.set_by,
            scopes=scopes,
            positions=alike.positions,
            totals=alike.totals,
            order_rate_max=alike.order_rate_max,
            message_rate_max=alike.message_rate_max,
        )


def names_symbol(book: LimitBook, scopes: tuple[str, ...], symbol: str) -> bool:
    """Whether a list of symbols of these scopes, or of the desk's, has this one."""
    return any(symbol in (getattr(book.of(scope), name) or ()) for scope in (DESK, *scopes) for name in UNIONS)


BOOKS_KEPT = 8
_books: dict[int, Effectives] = {}


def effectives_of(book: LimitBook) -> Effectives:
    """The effective limits under a book, kept for the latest few books. They follow from it, so they are no state."""
    found = _books.get(id(book))
    if found is None or found.book is not book:
        if len(_books) >= BOOKS_KEPT:
            _books.clear()
        found = _books[id(book)] = Effectives(book)
    return found


def effective(book: LimitBook, belongs: Belongs) -> Effective:
    """The limits that hold for what belongs there.

    What has a venue is a child: of the totals only its venue's are asked, and every message rate, since the rest was
    asked of its parent, in which it is counted.
    """
    given: Given = [(DESK, book.desk)]
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
    window_s, account = book.desk.rate_window_s, f"account/{belongs.account}"
    unsaid = dict.fromkeys((*TOTALS, *RATES))
    return Effective(
        limits=msgspec.structs.replace(book.desk, **unsaid, **values),
        set_by=set_by,
        scopes=tuple(belongs.scopes()),
        positions=_positions(asked),
        totals=_totals(asked, account, values.get("credit_max"), set_by.get("credit_max", "")),
        order_rate_max=_rates("order_rate_max", asked, window_s),
        message_rate_max=_rates("message_rate_max", given, window_s),
    )


def scopes_with_own_positions(book: LimitBook, belongs: Belongs) -> list[str]:
    """The user and the strategy of an order, as far as they are limited: nobody else's positions are kept apart."""
    scopes = (scope_of(kind, getattr(belongs, kind)) for kind in OWN_TABLES if getattr(belongs, kind))
    return [scope for scope in scopes if scope in book.scopes]


def _totals(asked: Given, account: str, credit: Decimal | None, credit_set_by: str) -> tuple[TotalBounds, ...]:
    """The limits on totals, scope by scope; the tightest credit of all scopes bounds what the account uses."""
    own = {scope: {name: getattr(limits, name) for name in TOTALS} for scope, limits in asked}
    if credit is not None and asked and asked[0][0] == DESK:
        own.setdefault(account, {})["credit_max"] = credit
    found = []
    for scope, limits in own.items():
        if any(most is not None for most in limits.values()):
            owner = scope if kind_of(scope) in OWN_LINES else account
            in_money = any(limits.get(name) is not None for name in IN_MONEY)
            set_by = credit_set_by if "credit_max" in limits else ""
            exposures = [limits.get(name) for name in EXPOSURES]
            loss = limits.get("daily_loss_max")
            found.append(
                TotalBounds(
                    scope=scope,
                    owner=owner,
                    in_money=in_money,
                    credit_set_by=set_by,
                    exposure=min((most for most in exposures if most is not None), default=None),
                    gain=None if loss is None else -loss,
                    **limits,
                )
            )
    return tuple(found)


def _rates(name: str, given: Given, window_s: float) -> tuple[RateBound, ...]:
    found = []
    for scope, limits in given:
        most = getattr(limits, name)
        if most is not None:
            span_s = window_s if limits.rate_window_s is None else limits.rate_window_s
            found.append(RateBound(scope, most, round(span_s * SECOND)))
    return tuple(found)


def _positions(asked: Given) -> tuple[PositionBound, ...]:
    return tuple(
        PositionBound(scope, limits.position_value_max, limits.position_quantity_max)
        for scope, limits in asked
        if kind_of(scope) in OWN_POSITION
        and (limits.position_value_max is not None or limits.position_quantity_max is not None)
    )
