"""What a venue, a user or a strategy holds by itself: the sum of the fills of its own orders.

Nobody keeps these sums at work. They are summed when somebody asks, over the orders in memory and over what was left by
those that have gone (`left_behind`, kept as they go). An order that closed a scope's holding counts as the scope's own.
"""

from collections.abc import Iterator
from decimal import Decimal

from penstock.domain.orders import OrderTerms
from penstock.engine.state import EngineState

OF_OWN_FILLS = ("user", "strategy", "venue")
CLOSING = "flat"
ZERO = Decimal(0)

Holdings = dict[str, dict[str, Decimal]]  # by symbol, then account: signed quantities


def holdings_of(state: EngineState, scope: str) -> Holdings:
    """What the orders of a scope, of a kind among `OF_OWN_FILLS`, bought less what they sold."""
    found = {symbol: dict(by_account) for symbol, by_account in state.left_behind.get(scope, {}).items()}
    for terms, venue, quantity in fills(state):
        if scope in owners(state, terms, venue):
            add(found, terms, quantity)
    return found


def leave_behind(state: EngineState, terms: OrderTerms, venue: str, quantity: Decimal) -> None:
    """A fill of a parent at a venue goes from memory, or with the opposite quantity comes back: keep what it held."""
    for scope in owners(state, terms, venue):
        add(state.left_behind.setdefault(scope, {}), terms, quantity)


def owners(state: EngineState, terms: OrderTerms, venue: str) -> tuple[str, ...]:
    """The scopes that a fill of a parent at a venue belongs to."""
    if terms.order_id.startswith(CLOSING):
        closed = state.risk.closers.get(terms.order_id.partition(".")[0])
        if closed is not None:
            return (f"venue/{venue}",) if closed.startswith("venue/") else (f"venue/{venue}", closed)
    user = state.risk.users.get(terms.order_id)
    found = [f"venue/{venue}"]
    if user:
        found.append(f"user/{user}")
    if terms.algorithm:
        found.append(f"strategy/{terms.algorithm}")
    return tuple(found)


def add(holdings: Holdings, terms: OrderTerms, quantity: Decimal) -> None:
    by_account = holdings.setdefault(terms.symbol, {})
    total = by_account.get(terms.account, ZERO) + quantity
    if total:
        by_account[terms.account] = total
    else:
        by_account.pop(terms.account, None)


def fills(state: EngineState) -> Iterator[tuple[OrderTerms, str, Decimal]]:
    """Every fill in memory: its parent's terms, its venue, its signed quantity."""
    for execution in state.executions.values():
        whole = state.wholes.get(execution.order_id)
        if whole is not None:
            yield whole.terms, whole.venue, execution.quantity
            continue
        child = state.orders[execution.order_id].terms
        assert child.parent_id is not None
        yield state.orders[child.parent_id].terms, child.venue or "", execution.quantity
