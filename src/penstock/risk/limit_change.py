"""Limits change at run time as a value: who asks, why, and either a whole new book or a refusal; the old one stays."""

from collections.abc import Callable
from typing import Any

import msgspec

from penstock.domain.errors import BadInput
from penstock.risk.limit_book import LimitBook, plain_book, read_book, restored_book
from penstock.risk.limits import LimitSet
from penstock.risk.refusal import Refusal
from penstock.risk.scopes import DESK, checked_scope, in_words


class LimitChange(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of one scope is to be `value`; "none" lifts it. `by` is the person who asks."""

    scope: str
    name: str
    value: Any
    by: str
    reason: str


MayChange = Callable[[LimitChange], bool]


def changed(book: LimitBook, change: LimitChange, may_change: MayChange) -> LimitBook | Refusal:
    """The book with the change made, or why it is not; `may_change` says who has the authority."""
    refusal = _not_allowed(change, may_change)
    if refusal is not None:
        return refusal
    try:
        return with_limit(book, change.scope, change.name, plain_value(change))
    except BadInput as fault:
        return Refusal("bad_limit", str(fault))


def plain_value(change: LimitChange) -> Any:
    """The value asked for as `plain_book` would write it.

    Raises:
        BadInput: there is no such scope or limit, or its value is of the wrong type or range.
    """
    checked_scope(change.scope)
    kind, _, name = change.scope.partition("/")
    table: dict[str, Any] = {change.name: change.value}
    one = read_book(table if change.scope == DESK else {kind: {name: table}})  # the value by itself, as written
    return msgspec.to_builtins(getattr(one.of(change.scope), change.name))


def with_limit(book: LimitBook, scope: str, name: str, value: Any) -> LimitBook:
    """The book with one limit at another plain value.

    Raises:
        BadInput: it contradicts another.
    """
    kind, _, whose = scope.partition("/")
    plain = plain_book(book)
    target = plain if scope == DESK else plain.setdefault(kind, {}).setdefault(whose, {})
    target[name] = value
    return restored_book(plain)


def _not_allowed(change: LimitChange, may_change: MayChange) -> Refusal | None:
    if not change.by.strip():
        return Refusal("no_authority", "a limit is changed by somebody: say by whom")
    if not change.reason.strip():
        return Refusal("no_reason", f"{change.name} of {in_words(change.scope)} is not changed without a reason")
    if change.name not in LimitSet.__struct_fields__:
        return None  # the book names the nearest that there is
    if not may_change(change):
        return Refusal("no_authority", f"{change.by} may not change {change.name} of {in_words(change.scope)}")
    return None
