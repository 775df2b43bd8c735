"""Orders that depend on each other, over real HTTP: all or none, seen as they wait, gone together."""

from decimal import Decimal
from typing import Any

import pytest
from serving import Caller, Server

from penstock.api.permissions import Role
from penstock.api.users import Grant

FAR = {"symbol": "ACME", "quantity": 10, "account_id": "grouped"}
ONE = [{**FAR, "side": "sell", "price": 900}]


@pytest.fixture(scope="module")
def ann(server: Server) -> Caller:
    server.admin()
    return server.caller("ann.groups", Role.TRADER, Grant(account="grouped", trade=True))


def oco(*prices: float) -> dict[str, Any]:
    return {"contingency": "oco", "orders": [{**FAR, "side": "sell", "price": price} for price in prices]}


def test_one_cancels_the_other(ann: Caller) -> None:
    group = ann.done("POST", "/groups", oco(900.25, 950.5))
    ids = [order["order_id"] for order in group["orders"]]
    assert [order["status"] for order in group["orders"]] == ["new", "new"]
    assert ann.done("GET", f"/orders/{ids[1]}")["price"] == Decimal("950.5")
    ann.done("DELETE", f"/orders/{ids[0]}")
    shown = ann.until(
        f"/groups/{group['group_id']}", lambda said: said["orders"][0]["status"] in ("canceled", "pending_cancel")
    )
    assert shown["contingency"] == "oco"
    for order_id in ids[1:]:
        ann.done("DELETE", f"/orders/{order_id}")


def test_a_brackets_exits_wait_for_its_entry(ann: Caller) -> None:
    orders = [
        {**FAR, "side": "buy", "price": 100},
        {**FAR, "side": "sell", "price": 900, "time_in_force": "GTC"},
        {**FAR, "side": "sell", "order_type": "stop", "stop_price": 50, "time_in_force": "GTC"},
    ]
    group = ann.done("POST", "/groups", {"contingency": "bracket", "orders": orders})
    assert [order["status"] for order in group["orders"]] == ["new", "waiting", "waiting"]
    assert ann.done("GET", f"/groups/{group['group_id']}")["orders"] == group["orders"]
    ann.done("DELETE", f"/orders/{group['orders'][0]['order_id']}")


def test_the_same_key_is_the_same_group(ann: Caller) -> None:
    first = ann.done("POST", "/groups", oco(901, 951), headers={"Idempotency-Key": "once"})
    again = ann.ask("POST", "/groups", oco(901, 951), headers={"Idempotency-Key": "once"})
    assert (again.json()["group_id"], again.headers["idempotent-replayed"]) == (first["group_id"], "true")
    for order in first["orders"]:
        ann.ask("DELETE", f"/orders/{order['order_id']}")


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({"contingency": "oco", "orders": [FAR]}, 422, "bad_input", "/orders"),
        ({"contingency": "both", "orders": oco(900, 950)["orders"]}, 422, "bad_input", "/contingency"),
        (
            {"contingency": "oco", "orders": [*oco(900)["orders"], {**FAR, "side": "hold"}]},
            422,
            "bad_input",
            "/orders/1/side",
        ),
        ({"contingency": "oco", "orders": [*oco(900)["orders"], {"symbol": "ACME"}]}, 422, "bad_input", "/orders/1"),
    ],
)
def test_what_is_wrong_with_one_order_is_said_of_that_one(
    ann: Caller, body: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    said = ann.ask("POST", "/groups", body)
    assert (said.status_code, said.json()["code"]) == (status, code), said.text
    assert said.json()["errors"][0]["pointer"].startswith(pointer), said.text


def test_legs_that_make_no_group_are_denied_together(ann: Caller) -> None:
    orders = [{**FAR, "side": "sell", "price": 900}, {**FAR, "side": "sell", "price": 950, "quantity": 20}]
    assert ann.refused("POST", "/groups", {"contingency": "oco", "orders": orders}) == (422, "terms")


def test_other_peoples_groups_are_not_there(server: Server, ann: Caller) -> None:
    group = ann.done("POST", "/groups", oco(902, 952))
    bob = server.caller("bob.groups", Role.TRADER, Grant(account="elsewhere", trade=True))
    assert bob.refused("GET", f"/groups/{group['group_id']}") == (404, "not_found")
    assert bob.refused("POST", "/groups", oco(902, 952)) == (403, "account_not_granted")
    for order in group["orders"]:
        ann.ask("DELETE", f"/orders/{order['order_id']}")
