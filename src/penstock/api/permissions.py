"""Who may do what: the one table of roles, and of what each call of the API asks for.

A role has permissions; an API key has a part of its owner's. Which orders and accounts a permission reaches is said by
the grants of the user (see `penstock.api.reach`). Every route takes its permission from `CALLS`: one without is a bug.
"""

from enum import StrEnum
from typing import NamedTuple

PREFIX = "/api/v1/order-management"


class Role(StrEnum):
    VIEWER = "viewer"
    TRADER = "trader"
    RISK = "risk"
    COMPLIANCE = "compliance"
    ADMIN = "admin"


class Permission(StrEnum):
    """`orders:see_all` and `orders:stop_all` reach beyond the caller's own orders and grants."""

    MARKET_READ = "market:read"
    ORDERS_READ = "orders:read"
    ORDERS_SEE_ALL = "orders:see_all"
    ORDERS_TRADE = "orders:trade"
    ORDERS_STOP = "orders:stop"
    ORDERS_STOP_ALL = "orders:stop_all"
    RISK_READ = "risk:read"
    RISK_CHANGE = "risk:change"
    ALERTS_ACKNOWLEDGE = "alerts:acknowledge"
    AUDIT_READ = "audit:read"
    USERS_MANAGE = "users:manage"
    SELF = "self"  # one's own password and keys


P = Permission
_VIEW = frozenset({P.MARKET_READ, P.ORDERS_READ, P.RISK_READ, P.SELF})

ROLES: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEW,
    Role.TRADER: _VIEW | {P.ORDERS_TRADE, P.ORDERS_STOP},
    Role.RISK: _VIEW
    | {P.ORDERS_SEE_ALL, P.ORDERS_STOP, P.ORDERS_STOP_ALL, P.RISK_CHANGE, P.ALERTS_ACKNOWLEDGE, P.AUDIT_READ},
    Role.COMPLIANCE: _VIEW | {P.ORDERS_SEE_ALL, P.ALERTS_ACKNOWLEDGE, P.AUDIT_READ},
    Role.ADMIN: frozenset(Permission),
}


class Call(NamedTuple):
    """A method and path (below `PREFIX`), and the permission it asks for; None for those that need no caller."""

    method: str
    path: str
    permission: Permission | None


CALLS: tuple[Call, ...] = (
    Call("POST", "/orders", P.ORDERS_TRADE),
    Call("GET", "/orders", P.ORDERS_READ),
    Call("GET", "/orders/{order_id}", P.ORDERS_READ),
    Call("PUT", "/orders/{order_id}/modify", P.ORDERS_TRADE),
    Call("DELETE", "/orders/{order_id}", P.ORDERS_STOP),
    Call("GET", "/orders/{order_id}/fills", P.ORDERS_READ),
    Call("GET", "/orders/{order_id}/execution-reports", P.ORDERS_READ),
    Call("GET", "/orders/{order_id}/report", P.ORDERS_READ),
    Call("GET", "/orders/{order_id}/tca", P.ORDERS_READ),
    Call("POST", "/executions", P.ORDERS_TRADE),
    Call("GET", "/executions/{execution_id}", P.ORDERS_READ),
    Call("GET", "/executions/{execution_id}/slices", P.ORDERS_READ),
    Call("GET", "/executions/{execution_id}/metrics", P.ORDERS_READ),
    Call("DELETE", "/executions/{execution_id}", P.ORDERS_STOP),
    Call("POST", "/baskets", P.ORDERS_TRADE),
    Call("POST", "/groups", P.ORDERS_TRADE),
    Call("GET", "/groups/{group_id}", P.ORDERS_READ),
    Call("POST", "/pre-trade", P.MARKET_READ),
    Call("GET", "/algorithms", P.MARKET_READ),
    Call("GET", "/algorithms/{name}", P.MARKET_READ),
    Call("GET", "/instruments", P.MARKET_READ),
    Call("GET", "/instruments/{symbol}", P.MARKET_READ),
    Call("GET", "/market-data/{symbol}", P.MARKET_READ),
    Call("GET", "/order-book/{symbol}", P.MARKET_READ),
    Call("GET", "/venues", P.MARKET_READ),
    Call("GET", "/venues/{name}/performance", P.MARKET_READ),
    Call("GET", "/positions", P.ORDERS_READ),
    Call("GET", "/pnl", P.ORDERS_READ),
    Call("GET", "/status", P.MARKET_READ),
    Call("GET", "/risk/status", P.RISK_READ),
    Call("GET", "/risk/limits", P.RISK_READ),
    Call("PUT", "/risk/limits", P.RISK_CHANGE),
    Call("GET", "/risk/working", P.RISK_CHANGE),
    Call("POST", "/risk/kill", P.RISK_CHANGE),
    Call("POST", "/risk/mode", P.RISK_CHANGE),
    Call("POST", "/risk/breakers/reset", P.RISK_CHANGE),
    Call("GET", "/alerts", P.RISK_READ),
    Call("POST", "/alerts/{alert_id}/acknowledge", P.ALERTS_ACKNOWLEDGE),
    Call("GET", "/audit/events", P.AUDIT_READ),
    Call("GET", "/audit/calls", P.AUDIT_READ),
    Call("POST", "/auth/token", None),
    Call("POST", "/auth/password", P.SELF),
    Call("GET", "/auth/me", P.SELF),
    Call("GET", "/keys", P.SELF),
    Call("POST", "/keys", P.SELF),
    Call("DELETE", "/keys/{key_id}", P.SELF),
    Call("GET", "/users", P.USERS_MANAGE),
    Call("POST", "/users", P.USERS_MANAGE),
    Call("PUT", "/users/{name}", P.USERS_MANAGE),
    Call("DELETE", "/users/{name}/personal-data", P.USERS_MANAGE),
)

_BY_PLACE = {(call.method, PREFIX + call.path): call for call in CALLS}


def call_of(method: str, path: str) -> Call:
    """The row of a route."""
    return _BY_PLACE[method, path]
