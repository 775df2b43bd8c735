"""Who may do what, from the one table: every role at every call, nobody at all, and other people's orders."""

from typing import Any

import pytest
from serving import Caller, Server

from penstock.api.permissions import CALLS, PREFIX, ROLES, Call, Permission, Role
from penstock.api.users import Grant

BODIES: dict[str, dict[str, Any]] = {
    "/orders": {"symbol": "ACME", "side": "buy", "quantity": 1, "price": 150},
    "/orders/{order_id}/modify": {"new_price": 151},
    "/executions": {"symbol": "ACME", "side": "buy", "quantity": 1, "algorithm": "limit", "price": 150},
    "/baskets": {"targets": [{"symbol": "ACME", "change": 10}], "preview": True},
    "/groups": {
        "contingency": "oco",
        "orders": [
            {"symbol": "ACME", "side": "sell", "quantity": 1, "price": 900, "account_id": "matrix"},
            {"symbol": "ACME", "side": "sell", "quantity": 1, "price": 901, "account_id": "matrix"},
        ],
    },
    "/pre-trade": {"symbol": "ACME", "side": "buy", "quantity": 100},
    "/risk/limits": {"name": "order_value_max", "value": 4_000_000, "reason": "a test", "scope": "account/nobody"},
    "/risk/kill": {"reason": "a test", "scope": "account/nobody"},
    "/risk/mode": {"reason": "a test", "scope": "account/nobody", "mode": "active", "reset": True},
    "/risk/breakers/reset": {"reason": "a test", "breaker": "reject_rate"},
    "/auth/token": {"user_id": "nobody", "password": "wrong password"},
    "/auth/password": {"password": "wrong password", "new_password": "another password"},
    "/keys": {"label": "made by the matrix"},
    "/users": {"name": "made.by.matrix", "role": "viewer", "password": "a long password"},
    "/users/{name}": {"full_name": "Somebody"},
}
NAMES = {
    "{symbol}": "ACME",
    "{alert_id}": "1",
    "{group_id}": "G-none",
    "{key_id}": "k_none",
    "/users/{name}": "/users/nobody.there",
}
LAST = {"{name}": "okx"}
EVERY = Grant(account="matrix", trade=True)


@pytest.fixture(scope="module")
def callers(server: Server) -> dict[Role, Caller]:
    server.admin()
    return {role: server.caller(f"matrix-{role.value}", role, EVERY) for role in Role}


@pytest.fixture(scope="module")
def order_id(callers: dict[Role, Caller]) -> str:
    order: dict[str, Any] = callers[Role.TRADER].order(account_id="matrix")
    order_id: str = order["order_id"]
    return order_id


def path_of(call: Call, order_id: str) -> str:
    path = call.path.replace("{order_id}", order_id).replace("{execution_id}", order_id)
    for name, value in (NAMES | LAST).items():
        path = path.replace(name, value)
    return path.replace("/algorithms/okx", "/algorithms/twap")


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_each_role_may_do_what_the_table_says(
    server: Server, callers: dict[Role, Caller], order_id: str, call: Call
) -> None:
    """A call that is allowed may still fail for another reason; what is not allowed says just that."""
    path, body = path_of(call, order_id), BODIES.get(call.path)
    if call.path == "/orders" and body is not None:
        body = body | {"account_id": "matrix"}
    for role, caller in callers.items():
        asked = body if call.method in ("POST", "PUT") else None
        if asked is None and call.method in ("POST", "PUT"):
            asked = {}
        said = caller.ask(call.method, path, asked)
        assert said.status_code < 500, said.text
        refused = said.status_code == 403 and "permission" in said.json()
        allowed = call.permission is None or call.permission in ROLES[role]
        assert refused is not allowed, (role, said.text)
    nobody = server.http.request(call.method, path)
    if call.permission is not None:
        assert (nobody.status_code, nobody.json()["code"]) == (401, "not_authenticated")


def test_every_route_is_in_the_table_and_every_row_is_a_route(server: Server) -> None:
    document = server.http.get(f"{server.url}{PREFIX}/openapi.json").json()
    routes = {
        (method.upper(), path.removeprefix(PREFIX)) for path, item in document["paths"].items() for method in item
    }
    assert routes == {(call.method, call.path) for call in CALLS}
    assert document["openapi"].startswith("3.1")


@pytest.fixture(scope="module")
def ann(server: Server) -> Caller:
    return server.caller("ann", Role.TRADER, Grant(account="anns", see=False, trade=True))


@pytest.fixture(scope="module")
def order(ann: Caller) -> dict[str, Any]:
    return ann.order(account_id="anns")


class TestOtherPeoplesOrders:
    """Ann trades in her own account; what others may see and do is said by grants and roles."""

    @pytest.mark.parametrize(
        ("name", "role", "grants", "sees", "changes", "stops"),
        [
            ("stranger", Role.TRADER, (), False, False, False),
            ("neighbour", Role.TRADER, (Grant(account="others", trade=True, manage=True),), False, False, False),
            ("watcher", Role.TRADER, (Grant(account="anns"),), True, False, False),
            ("colleague", Role.TRADER, (Grant(account="anns", trade=True),), True, False, False),
            ("head", Role.TRADER, (Grant(account="anns", trade=True, manage=True),), True, True, True),
            ("onlooker", Role.VIEWER, (Grant(account="anns"),), True, False, False),
            ("blind", Role.VIEWER, (), False, False, False),
            ("risky", Role.RISK, (), True, False, True),
            ("careful", Role.COMPLIANCE, (), True, False, False),
        ],
    )
    def test_seeing_changing_stopping(
        self,
        server: Server,
        ann: Caller,
        order: dict[str, Any],
        name: str,
        role: Role,
        grants: tuple[Grant, ...],
        sees: bool,
        changes: bool,
        stops: bool,
    ) -> None:
        other = server.caller(name, role, *grants)
        path = f"/orders/{order['order_id']}"
        for look in (path, f"{path}/fills", f"/executions/{order['order_id']}", f"{path}/report"):
            assert other.ask("GET", look).status_code == (200 if sees else 404), look
        listed = other.done("GET", "/orders?account_id=anns")["orders"]
        assert any(each["order_id"] == order["order_id"] for each in listed) is sees
        held = other.done("GET", "/positions?account_id=anns")["positions"]
        assert held == []
        refusal = 403 if sees else 404
        changed = other.ask("PUT", f"{path}/modify", {"new_price": 152})
        allowed = Permission.ORDERS_TRADE in ROLES[role]
        assert changed.status_code == (200 if changes else refusal if allowed else 403), changed.text
        stopped = other.ask("DELETE", path)
        may_try = Permission.ORDERS_STOP in ROLES[role]
        assert stopped.status_code == (200 if stops else refusal if may_try else 403), stopped.text
        if stops:
            ann.until(path, lambda said: said["status"] == "canceled")
            order |= ann.order(account_id="anns")

    def test_nobody_acts_for_another_without_the_right(self, server: Server, ann: Caller) -> None:
        other = server.caller("impostor", Role.TRADER, Grant(account="anns", trade=True))
        body = {"user_id": "ann", "account_id": "anns", "symbol": "ACME", "side": "buy", "quantity": 1}
        assert other.refused("POST", "/orders", body) == (403, "not_acting_for")
        assert other.refused("GET", "/orders?user_id=ann") == (403, "not_acting_for")
        assert other.refused("DELETE", "/orders/P001", {"user_id": "ann"}) == (403, "not_acting_for")
        users = server.parts.service.users
        users.change("impostor", acts_for=("ann",))
        order = other.order(user_id="ann", account_id="anns")
        assert order["user_id"] == "ann"
        assert ann.done("GET", f"/orders/{order['order_id']}")["user_id"] == "ann"

    def test_an_account_that_was_not_granted_is_not_traded(self, ann: Caller) -> None:
        body = {"symbol": "ACME", "side": "buy", "quantity": 1, "account_id": "main"}
        assert ann.refused("POST", "/orders", body) == (403, "account_not_granted")
        assert ann.refused("POST", "/baskets", {"targets": [{"symbol": "ACME", "change": 1}]})[0] == 403
        assert ann.refused("GET", "/pnl") == (403, "forbidden")

    def test_a_key_may_no_more_than_its_scopes(self, server: Server) -> None:
        reader = server.caller("ann", Role.TRADER, scopes=(Permission.ORDERS_READ,))
        assert reader.ask("GET", "/orders").status_code == 200
        assert reader.refused("POST", "/orders", {"symbol": "ACME", "side": "buy", "quantity": 1}) == (403, "forbidden")
        assert reader.refused("GET", "/market-data/ACME") == (403, "forbidden")
