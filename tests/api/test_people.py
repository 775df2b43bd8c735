"""Users, passwords, tokens and keys: who is let in, until when, and what is told of their secrets."""

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import Caller, Server, bearer

from penstock.api.permissions import PREFIX, Permission, Role
from penstock.api.store import Store
from penstock.api.tokens import Tokens
from penstock.api.users import Grant
from penstock.domain.time import SECOND

PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
def admin(server: Server) -> Caller:
    return server.admin()


def log_in(server: Server, **body: Any) -> httpx.Response:
    return server.http.post("/auth/token", json=body)


def test_a_new_user_sets_a_password_and_trades(server: Server, admin: Caller) -> None:
    body = {
        "name": "bob",
        "role": "trader",
        "password": "good for once only",
        "grants": [{"account": "bobs", "trade": True}],
    }
    assert admin.done("POST", "/users", body)["must_change"] is True
    assert admin.refused("POST", "/users", body) == (409, "conflict")
    token = log_in(server, user_id="bob", password="good for once only").json()["access_token"]
    assert Caller(server, token).refused("GET", "/orders") == (403, "password_change_required")
    again = log_in(server, user_id="bob", password="good for once only", new_password=PASSWORD)
    bob = Caller(server, again.json()["access_token"])
    assert bob.order(account_id="bobs")["user_id"] == "bob"
    assert Caller(server, token).refused("GET", "/orders") == (401, "not_authenticated"), "an older token is over"
    assert log_in(server, user_id="bob", password="good for once only").status_code == 401
    short = log_in(server, user_id="bob", password=PASSWORD, new_password="short")
    assert (short.status_code, short.json()["errors"][0]["pointer"]) == (422, "/new_password")


def test_a_change_of_role_ends_tokens_and_counts_at_once_for_keys(server: Server, admin: Caller) -> None:
    carol = server.caller("carol", Role.TRADER, Grant(account="main", trade=True))
    order = {"symbol": "ACME", "side": "buy", "quantity": 1, "price": 150}
    assert carol.ask("POST", "/orders", order).status_code == 201
    admin.done("PUT", "/users/carol", {"role": "viewer"})
    assert carol.refused("POST", "/orders", order) == (403, "forbidden")
    admin.done("PUT", "/users/carol", {"active": False})
    assert carol.refused("GET", "/orders") == (401, "not_authenticated")
    assert admin.refused("PUT", "/users/admin", {"role": "viewer"}) == (409, "conflict")


def test_keys_have_scopes_an_end_and_an_end_at_once(server: Server, admin: Caller) -> None:
    dora = server.caller("dora", Role.TRADER)
    made = dora.done("POST", "/keys", {"label": "bot", "scopes": ["orders:read"], "expires_at": "2999-01-01T00:00:00Z"})
    bot = Caller(server, made["key"])
    assert bot.ask("GET", "/orders").status_code == 200
    assert bot.refused("GET", "/keys") == (403, "forbidden")
    assert dora.refused("POST", "/keys", {"scopes": ["risk:change"]}) == (422, "bad_input")
    listed = dora.done("GET", "/keys")["keys"]
    assert made["key_id"] in {key["key_id"] for key in listed}
    assert made["key"] not in str(listed)
    over = dora.done("POST", "/keys", {"expires_at": "2001-01-01T00:00:00Z"})
    assert Caller(server, over["key"]).refused("GET", "/orders") == (401, "not_authenticated")
    dora.done("DELETE", f"/keys/{made['key_id']}")
    assert bot.refused("GET", "/orders") == (401, "not_authenticated")


def test_a_key_gives_no_more_than_it_has(server: Server) -> None:
    server.caller("eve", Role.TRADER)
    reader = server.caller("eve", Role.TRADER, scopes=(Permission.SELF, Permission.ORDERS_READ))
    assert reader.refused("POST", "/keys", {"scopes": ["orders:trade"]}) == (422, "bad_input")
    assert set(reader.done("POST", "/keys", {})["scopes"]) == {"self", "orders:read"}
    body = {"password": PASSWORD, "new_password": "another long password"}
    assert reader.refused("POST", "/auth/password", body) == (403, "forbidden")


def test_a_person_can_be_forgotten_and_the_record_stays_whole(server: Server, admin: Caller) -> None:
    frank = server.caller("frank", Role.TRADER, Grant(account="franks", trade=True))
    admin.done("PUT", "/users/frank", {"full_name": "Frank Somebody", "email": "frank@example.org"})
    order = frank.order(account_id="franks")
    erased = admin.done("DELETE", "/users/frank/personal-data")
    assert (erased["full_name"], erased["email"], erased["active"]) == ("", "", False)
    assert frank.refused("GET", "/orders") == (401, "not_authenticated")
    assert admin.done("GET", f"/orders/{order['order_id']}")["user_id"] == "frank"
    assert "Somebody" not in str(server.parts.service.store.all("user"))


def test_secrets_are_in_no_log_and_in_no_answer(
    server: Server, admin: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    admin.done("POST", "/users", {"name": "grace", "role": "viewer", "password": "Tell-nobody-1"})
    log_in(server, user_id="grace", password="Tell-nobody-1", new_password="Tell-nobody-2")
    log_in(server, user_id="grace", password="Tell-nobody-3")
    key = server.key("grace", Role.VIEWER)
    Caller(server, key).ask("GET", "/orders")
    httpx.get(f"{server.url}{PREFIX}/orders", headers=bearer("Tell-nobody-4"))
    told = caplog.text + str(admin.done("GET", "/audit/calls?limit=1000")) + str(admin.done("GET", "/users"))
    assert "Tell-nobody" not in told
    assert key not in told


def test_the_store_is_for_its_owner_only(server: Server) -> None:
    assert Path(f"{server.request.journal}.server").stat().st_mode & 0o077 == 0


def test_tokens_end_and_are_not_made_by_others(tmp_path: Path) -> None:
    now = [1_000_000 * SECOND]
    store = Store.beside(tmp_path / "a.db")
    tokens = Tokens(store, lambda: now[0])
    text, ends = tokens.make("ann", 3)
    told = tokens.read(text)
    assert told is not None
    assert (told.user, told.version) == ("ann", 3)
    assert Tokens(store, lambda: now[0]).read(text) is not None, "a restart keeps the key"
    other = Tokens(Store.beside(tmp_path / "b.db"), lambda: now[0])
    assert other.read(text) is None
    head, body, signature = text.split(".")
    for forged in (
        f"{head}.{body}.",
        f"{head}.{body}.{signature[::-1]}",
        "",
        "a.b.c",
        "eyJhbGciOiJub25lIn0." + body + ".",
    ):
        assert tokens.read(forged) is None
    now[0] = ends
    assert tokens.read(text) is None


def test_users_are_kept_in_a_database_as_well(database: str) -> None:
    store = Store.beside(database)
    try:
        store.put("user", "ann", {"name": "ann"})
        store.put("user", "ann", {"name": "ann", "role": "viewer"})
        assert store.all("user") == [{"name": "ann", "role": "viewer"}]
        store.add_calls([(5, "ann", "", "GET", "/x", 200, 1, "127.0.0.1", "r")])
        assert [row["path"] for row in store.calls("ann", 0, 10, 5)] == ["/x"]
        assert store.calls("bob", 0, 10, 5) == []
        store.drop("user", "ann")
        assert store.all("user") == []
    finally:
        store.close()


def test_tries_at_a_password_are_bounded(tmp_path: Path) -> None:
    from penstock.api.problem import Problem
    from penstock.api.rates import Rates

    rates = Rates(per_second=5, logins_per_minute=3)
    for _ in range(3):
        rates.login("ann/127.0.0.1")
    with pytest.raises(Problem) as refusal:
        rates.login("ann/127.0.0.1")
    assert refusal.value.status == 429
    rates.login("bob/127.0.0.1")
