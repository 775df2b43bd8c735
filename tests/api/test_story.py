"""A new user's first hour: start, log in, trade by the documented bodies, follow, change, stop, kill, report."""

from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from serving import Caller, Server

from penstock.api.permissions import PREFIX


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server at its very first start."""
    server = Server(tmp_path_factory.mktemp("first") / "deeper" / "desk.db").start()
    yield server  # type: ignore[misc]
    server.stop()


def test_a_new_user_trades_by_the_documented_bodies(fresh: Server) -> None:
    secret = fresh.parts.service.first_secret
    url = fresh.url + PREFIX

    # the one-time secret sets a password, and does nothing else
    token = httpx.post(f"{url}/auth/token", json={"user_id": "admin", "password": secret}).json()
    limited = Caller(fresh, token["access_token"])
    assert token["must_change_password"]
    assert limited.refused("GET", "/orders") == (403, "password_change_required")
    body = {"user_id": "admin", "password": secret, "new_password": "a long enough password"}
    answer = httpx.post(f"{url}/auth/token", json=body).json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] <= 900
    assert httpx.post(f"{url}/auth/token", json={"user_id": "admin", "password": secret}).status_code == 401
    me = Caller(fresh, answer["access_token"])

    # an order by the documented fields, followed on the stream to its fill
    with me.stream(topics=["orders", "fills"]) as stream:
        snapshot = stream.next("snapshot")
        assert snapshot["data"] == []
        order = me.done(
            "POST",
            "/orders",
            {
                "user_id": "admin",
                "account_id": "main",
                "symbol": "BTCUSDT-PERP",
                "order_type": "MARKET",
                "side": "BUY",
                "quantity": Decimal("0.5"),
                "price": None,
                "time_in_force": "DAY",
                "algo_type": None,
                "algo_parameters": {},
            },
        )
        filled, last_seq = Decimal(0), snapshot["seq"]
        while filled < Decimal("0.5"):
            event = stream.next()
            assert event["seq"] > last_seq
            last_seq = event["seq"]
            if event["event"] == "fill":
                assert event["order_id"] == order["order_id"]
                filled += event["data"]["last_qty"]
    at_rest = me.done("GET", f"/orders/{order['order_id']}?user_id=admin")
    assert (at_rest["status"], at_rest["filled_quantity"]) == ("filled", Decimal("0.5"))
    fills = me.done("GET", f"/orders/{order['order_id']}/fills?user_id=admin")["fills"]
    assert sum(fill["quantity"] for fill in fills) == Decimal("0.5")

    # an algorithm, its slices and metrics
    execution = me.done(
        "POST",
        "/executions",
        {
            "parent_order_id": "CLIENT-7",
            "symbol": "ACME",
            "side": "buy",
            "quantity": 400,
            "algorithm": "TWAP",
            "strategy": "aggressive",
            "parameters": {"duration_minutes": 1, "num_slices": 2},
        },
    )
    path = f"/executions/{execution['execution_id']}"
    assert execution["parent_order_id"] == "CLIENT-7"
    assert me.until(f"{path}/slices", lambda said: said["slices"])
    me.until(path, lambda said: said["filled_quantity"] > 0)
    metrics = me.done("GET", f"{path}/metrics")
    assert metrics["tca"]["total_cost_bps"] is not None
    assert metrics["execution_quality"]["fill_rate"] > 0

    # a resting order: modified, cancelled
    resting = me.order(user_id="admin")
    path = f"/orders/{resting['order_id']}"
    changed = me.done(
        "PUT", f"{path}/modify", {"user_id": "admin", "new_quantity": 150, "new_price": Decimal("151.25")}
    )
    assert (changed["quantity"], changed["price"]) == (150, Decimal("151.25"))
    assert me.done("DELETE", path, {"user_id": "admin"})["status"] in ("pending_cancel", "canceled")
    me.until(path, lambda said: said["status"] == "canceled")
    assert me.refused("DELETE", path, {"user_id": "admin"}) == (409, "conflict")

    # listed, looked at, killed, reset
    listed = me.done("GET", "/orders?user_id=admin&symbol=ACME&status=canceled&limit=10")["orders"]
    assert [each["order_id"] for each in listed] == [resting["order_id"]]
    assert me.done("GET", "/market-data/ACME")["bid"] > 0
    assert me.done("GET", "/order-book/ACME")["asks"]
    assert me.done("POST", "/risk/kill", {"reason": "trying the switch"})["outcome"] == "accepted"
    assert me.refused("POST", "/orders", {"symbol": "ACME", "side": "buy", "quantity": 1}) == (422, "halted")
    me.until(f"/executions/{execution['execution_id']}", lambda said: said["open_slices"] == 0)
    me.done("POST", "/risk/mode", {"reason": "tried", "mode": "active", "reset": True})

    # the report, in the promised shape
    (report,) = me.done("GET", f"/orders/{order['order_id']}/execution-reports?user_id=admin")["execution_reports"]
    promised = ["orders", "fills", "costs", "violations", "pnl", "latency_ms", "ts", "symbol", "venue"]
    assert list(report)[:10] == [*promised, "execution_quality"]
    assert report["execution_quality"]["fill_rate"] == 1

    # and everything of it is in the audit
    kinds = {each["kind"] for each in me.done("GET", "/audit/events?limit=1000")["events"]}
    assert {"OrderReceived", "ChildFilled", "OrderAmended", "ModeChanged"} <= kinds
    calls = me.done("GET", "/audit/calls?caller=admin&limit=1000")["calls"]
    assert {"POST", "GET", "PUT", "DELETE"} == {call["method"] for call in calls}
    assert secret not in str(calls)


def test_machines_see_whether_it_lives_and_is_ready(fresh: Server, tmp_path: Path) -> None:
    assert httpx.get(f"{fresh.url}/healthz").text == "ok\n"
    assert httpx.get(f"{fresh.url}/readyz").json()["ready"] is True
    metrics = httpx.get(f"{fresh.url}/metrics").text
    for name in (
        'penstock_orders_total{outcome="accepted"}',
        "penstock_order_stage_seconds_bucket",
        "penstock_journal_lag_events",
        "penstock_inbox_depth",
        'penstock_venue_queue_depth{venue="NYX"}',
        "penstock_breakers_open",
        "penstock_order_rejects_total",
    ):
        assert name in metrics
