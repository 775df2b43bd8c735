"""What a limit, a mode or a breaker applies to: the desk, or one account, user, strategy, symbol, sector, venue …

A scope is a plain text, `desk` or `kind/name` (`account/fund1`), so that it is a key of any table and of any journal.
A strategy is what a parent names as its algorithm. An order belongs to one scope of each kind, at most.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from enum import StrEnum

import msgspec

from penstock.domain.errors import BadInput

DESK = "desk"


class ScopeKind(StrEnum):
    """The kinds below the desk, in the order in which a reason names them."""

    ACCOUNT = "account"
    USER = "user"
    STRATEGY = "strategy"
    SYMBOL = "symbol"
    ASSET_CLASS = "asset_class"
    SECTOR = "sector"
    VENUE = "venue"


KINDS = tuple(kind.value for kind in ScopeKind)


class Belongs(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where an order belongs; what is empty is not known or does not apply (a parent has no venue)."""

    account: str = ""
    user: str = ""
    strategy: str = ""
    symbol: str = ""
    asset_class: str = ""
    sector: str = ""
    venue: str = ""

    def scopes(self) -> Iterator[str]:
        """The desk first, then each scope that the order belongs to."""
        yield DESK
        for kind in KINDS:
            name = getattr(self, kind)
            if name:
                yield f"{kind}/{name}"


def scope_of(kind: str, name: str) -> str:
    """The scope of this kind and name."""
    assert kind in KINDS, kind
    return f"{kind}/{name}"


def kind_of(scope: str) -> str:
    """`desk`, or the kind of the scope."""
    return scope.partition("/")[0]


def in_words(scope: str) -> str:
    """As a reason says it: `symbol ACME`."""
    kind, _, name = scope.partition("/")
    return f"{kind.replace('_', ' ')} {name}".strip()


def checked_scope(scope: str, where: str = "scope") -> str:
    """The scope as given.

    Raises:
        BadInput: it is neither `desk` nor `kind/name` of a kind that there is.
    """
    kind, _, name = scope.partition("/")
    if scope == DESK or (kind in KINDS and name):
        return scope
    near = get_close_matches(kind, (DESK, *KINDS), 1)
    hint = f"did you mean {near[0]}?" if near else f"kinds are {', '.join(KINDS)}"
    raise BadInput(where, "", f"must be {DESK!r} or kind/name: {hint}", scope)
