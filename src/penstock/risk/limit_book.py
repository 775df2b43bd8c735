"""The limits of all scopes, read from one document: those of the desk flat, each other scope's in a table of its own.

    order_value_max = 50_000
    [account.fund1]
    daily_loss_max = 500
    [sector.tech]
    symbols = ["ACME", "GLOBEX"]
    gross_exposure_max = 30_000

Circuit breakers have tables too (`penstock.risk.breaker_settings`).

A document is taken whole or not at all: the first thing wrong in it is one BadInput. The text "none" is no limit.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec

from penstock.domain.errors import BadInput
from penstock.risk.breaker_settings import DEFAULTS, plain_breakers, read_breakers
from penstock.risk.breakers import Breaker
from penstock.risk.document import table_of
from penstock.risk.limit_rules import fault_of, pointless
from penstock.risk.limits import Limits, LimitSet
from penstock.risk.scopes import DESK, KINDS, ScopeKind, scope_of

SECTOR = ScopeKind.SECTOR.value
FIELDS = LimitSet.__struct_fields__
TABLES = (*KINDS, "breaker")
NUMBER = 'a number, or "none" for no limit'
WHOLE_NUMBER = 'a whole number, or "none" for no limit'
IN_WORDS = {
    "decimal": NUMBER,
    "decimal | null": NUMBER,
    "float": "a number",
    "float | null": NUMBER,
    "int": "a whole number",
    "int | null": WHOLE_NUMBER,
    "bool": "true or false",
    "bool | null": "true or false",
    "array": "a list of names",
}

Kind = TypeVar("Kind", bound=LimitSet)


class LimitBook(msgspec.Struct, frozen=True, omit_defaults=True):
    """The limits in force: the desk's, and by scope those of others; the circuit breakers by name.

    `sectors` is the sector of each symbol that is in one.
    """

    desk: Limits = Limits()
    scopes: dict[str, LimitSet] = {}
    sectors: dict[str, str] = {}
    breakers: dict[str, Breaker] = msgspec.field(default_factory=DEFAULTS.copy)

    def of(self, scope: str) -> LimitSet:
        """The limits of one scope; a scope that has none is not limited."""
        return self.desk if scope == DESK else self.scopes.get(scope) or LimitSet()

    def warnings(self) -> list[str]:
        """What a scope allows in vain, because the desk does not."""
        return [said for scope, limits in self.scopes.items() for said in pointless(limits, scope, self.desk)]


def book_of(limits: "Limits | LimitBook | None") -> LimitBook:
    """A book, where the desk's limits may be all that is given; None is the defaults."""
    if limits is None:
        return LimitBook()
    return limits if isinstance(limits, LimitBook) else LimitBook(desk=limits)


def read_book(document: Mapping[str, Any], where: str = "limits", also: tuple[str, ...] = ()) -> LimitBook:
    """A book from a document that a person wrote (see the module); `also` are tables that it may have beside.

    Raises:
        BadInput: an unknown name or kind of scope, a value of the wrong type or range, limits that contradict each
            other, a symbol in two sectors.
    """
    return _book(document, where, by_hand=True, also=also)


def restored_book(document: Mapping[str, Any]) -> LimitBook:
    """The book that `plain_book` wrote, whose exact numbers are texts."""
    return _book(document, "limits", by_hand=False)


def plain_book(book: LimitBook) -> dict[str, Any]:
    """The book as plain data: the desk's limits flat, and a table for each kind of scope that has any."""
    plain: dict[str, Any] = msgspec.to_builtins(book.desk)
    for scope, limits in book.scopes.items():
        kind, _, name = scope.partition("/")
        plain.setdefault(kind, {})[name] = msgspec.to_builtins(limits)
    for symbol, sector in book.sectors.items():
        plain.setdefault(SECTOR, {}).setdefault(sector, {}).setdefault("symbols", []).append(symbol)
    breakers = plain_breakers(book.breakers)
    return plain | {"breaker": breakers} if breakers else plain


def checked(limits: Kind, scope: str, where: str) -> Kind:
    """The limits of a scope as given.

    Raises:
        BadInput: a value out of range, or limits that contradict each other.
    """
    fault = fault_of(limits, scope)
    if fault is not None:
        raise BadInput(where, *fault)
    return limits


def _book(document: Mapping[str, Any], where: str, *, by_hand: bool, also: tuple[str, ...] = ()) -> LimitBook:
    flat = {name: value for name, value in document.items() if name not in TABLES}
    desk = checked(_limits(flat, Limits, where, (*FIELDS, *TABLES, *also), by_hand=by_hand), DESK, where)
    scopes: dict[str, LimitSet] = {}
    sectors: dict[str, str] = {}
    for kind in KINDS:
        tables = table_of(where, kind, document.get(kind, {}))
        for name, given in tables.items():
            place = f"{where}: [{kind}.{name}]"
            table = dict(table_of(where, f"{kind}.{name}", given))
            if kind == SECTOR:
                _take_symbols(sectors, name, table.pop("symbols", []), place)
            if not name:
                raise BadInput(where, kind, "must name whom it limits")
            known = (*FIELDS, "symbols") if kind == SECTOR else FIELDS
            limits = _limits(table, LimitSet, place, known, by_hand=by_hand)
            scopes[scope_of(kind, name)] = checked(limits, scope_of(kind, name), place)
    return LimitBook(desk, scopes, sectors, read_breakers(document.get("breaker", {}), where))


def _take_symbols(sectors: dict[str, str], sector: str, symbols: Any, place: str) -> None:
    if not isinstance(symbols, list | tuple) or not all(isinstance(symbol, str) and symbol for symbol in symbols):
        raise BadInput(place, "symbols", "must be a list of names", symbols)
    for symbol in symbols:
        if sectors.setdefault(symbol, sector) != sector:
            raise BadInput(place, "symbols", f"{symbol} is in the sector {sectors[symbol]} already", symbol)


def _limits(values: Mapping[str, Any], into: type[Kind], where: str, known: Iterable[str], *, by_hand: bool) -> Kind:
    for name in values:
        _refuse_unknown(where, name, sorted(known))
    given = {name: None if value == "none" else value for name, value in values.items()}
    if by_hand:
        for name, value in given.items():
            if isinstance(value, str):
                raise BadInput(where, name, "must be a value without quotes", value)
    try:
        return msgspec.convert(given, into)
    except msgspec.ValidationError as error:
        raise _in_our_words(where, values, str(error)) from error


def _refuse_unknown(where: str, name: str, known: list[str]) -> None:
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise BadInput(where, name, f"is not a known name: {hint}")


def _in_our_words(where: str, values: Mapping[str, Any], said: str) -> BadInput:
    """Say in a person's words what msgspec says: ``Expected `int`, got `str` - at `$.order_rate_max` ``."""
    rule, _, place = said.replace("`", "").partition(" - at $.")
    field = place.partition("[")[0]
    expected, _, got = rule.removeprefix("Expected ").partition(", got ")
    rule = f"must be {IN_WORDS.get(expected, expected)}" if got else rule[:1].lower() + rule[1:]
    if field != place:
        rule = "must be a list of names"
    value = values.get(field)
    return BadInput(where, field, rule, str(value) if isinstance(value, Decimal) else value)
