"""Whatever is wrong with a request is a clear 4xx with a code, and a pointer where a field is to blame."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from serving import Caller, Server

from penstock.api.permissions import PREFIX, Role
from penstock.api.service import ApiSettings
from penstock.api.users import Grant

GOOD = b'"symbol":"ACME","side":"buy","account_id":"input"'


@pytest.fixture(scope="module")
def trader(server: Server) -> Caller:
    return server.caller("input", Role.TRADER, Grant(account="input", trade=True))


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        (b"", 400, "malformed", None),
        (b"{", 400, "malformed", None),
        (b"nonsense", 400, "malformed", None),
        (b"[]", 422, "bad_input", None),
        (b"null", 422, "bad_input", None),
        (b"[" * 50_000, 422, "bad_input", None),
        (b'{"a":' * 20_000, 422, "bad_input", None),
        (b'{%b,"quantity":NaN}' % GOOD, 400, "malformed", None),
        (b'{%b,"quantity":Infinity}' % GOOD, 400, "malformed", None),
        (b'{%b,"quantity":-Infinity}' % GOOD, 400, "malformed", None),
        (b'{%b,"quantity":"NaN"}' % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":"sNaN"}' % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":"1e9999999"}' % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":"1e-9999999"}' % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":1e400}' % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":1e-400}' % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":%b}' % (GOOD, b"9" * 5000), 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":1.00000000000000000001}' % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":-5}' % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":0}' % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":1.5}' % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":true}' % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":[1]}' % GOOD, 422, "bad_input", "/quantity"),
        (b"{%b}" % GOOD, 422, "bad_input", "/quantity"),
        (b'{%b,"quantity":1,"quantitty":1}' % GOOD, 422, "bad_input", "/quantitty"),
        (b'{%b,"quantity":1,"price":150.001}' % GOOD, 422, "bad_input", "/price"),
        (b'{%b,"quantity":1,"price":-1}' % GOOD, 422, "bad_input", "/price"),
        (b'{%b,"quantity":1,"order_type":"limit"}' % GOOD, 422, "bad_input", "/price"),
        (b'{%b,"quantity":1,"order_type":"limt"}' % GOOD, 422, "bad_input", "/order_type"),
        (b'{%b,"quantity":1,"algo_type":"twop"}' % GOOD, 422, "bad_input", "/algo_type"),
        (
            b'{%b,"quantity":1,"algo_type":"twap","algo_parameters":{"x":1}}' % GOOD,
            422,
            "bad_input",
            "/algo_parameters",
        ),
        (
            b'{%b,"quantity":1,"algo_type":"twap","algo_parameters":{"duration_minutes":1e400}}' % GOOD,
            422,
            "bad_input",
            None,
        ),
        (b'{%b,"quantity":1,"time_in_force":"FOREVER"}' % GOOD, 422, "bad_input", "/time_in_force"),
        (b'{%b,"quantity":1,"urgency":2}' % GOOD, 422, "bad_input", "/urgency"),
        (b'{%b,"quantity":1,"expire_time":"soon"}' % GOOD, 422, "bad_input", "/expire_time"),
        (b'{%b,"quantity":1,"venues":["okx"]}' % GOOD, 422, "bad_input", "/venues"),
        (
            '{"symbol":"ÄCMÉ\\u0000😀","side":"buy","quantity":1,"account_id":"input"}'.encode(),
            422,
            "bad_input",
            "/symbol",
        ),
        (b'{"symbol":"\xff\xfe","side":"buy","quantity":1}', 400, "malformed", None),
        (b'{"symbol":"","side":"buy","quantity":1}', 422, "bad_input", "/symbol"),
        (b'{%b,"quantity":1,"account_id":"a/b"}' % GOOD, 422, "bad_input", "/account_id"),
        (b'{%b,"quantity":1,"account_id":"\\u0007"}' % GOOD, 422, "bad_input", "/account_id"),
        (b'{%b,"quantity":1,"client_order_id":"a b"}' % GOOD, 422, "bad_input", "/client_order_id"),
        (b'{%b,"quantity":1,"user_id":"somebody"}' % GOOD, 403, "not_acting_for", "/user_id"),
        (b" " * 300_000, 413, "too_large", None),
    ],
    ids=lambda value: value[:60].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_an_order_that_is_none(trader: Caller, body: bytes, status: int, code: str, pointer: str | None) -> None:
    said = trader.ask("POST", "/orders", headers={"content-type": "application/json"}, content=body)
    assert said.headers["content-type"] == "application/problem+json"
    problem = said.json()
    assert (said.status_code, problem["code"]) == (status, code), problem
    assert len(said.content) < 3000, "a refusal does not repeat what was sent"
    if pointer is not None:
        assert problem["errors"][0]["pointer"] == pointer, problem


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("PUT", "/orders/P001/modify", b"{", 400, "malformed"),
        ("PUT", "/orders/P001/modify", b'{"new_price":NaN}', 400, "malformed"),
        ("PUT", "/orders/P001/modify", b'{"new_price":1e999}', 422, "bad_input"),
        ("PUT", "/orders/P001/modify", b'{"new_price":%b}' % (b"9" * 500), 400, "malformed"),
        ("PUT", "/orders/P001/modify", b'{"new_prize":1}', 422, "bad_input"),
        ("PUT", "/orders/P001/modify", b"[" * 50_000, 400, "malformed"),
        ("POST", "/executions", b'{"symbol":"ACME","side":"buy","quantity":1,"algorithm":"x"}', 422, "bad_input"),
        ("POST", "/baskets", b'{"targets":[]}', 422, "bad_input"),
        ("POST", "/baskets", b'{"account_id":"input","targets":[{"symbol":"ACME"}]}', 422, "bad_input"),
        ("POST", "/keys", b'{"scopes":["everything"]}', 422, "bad_input"),
        ("POST", "/keys", b'{"expires_at":"never"}', 422, "bad_input"),
        ("GET", "/orders?limit=0", None, 422, "bad_input"),
        ("GET", "/orders?limit=x", None, 422, "bad_input"),
        ("GET", "/orders?cursor=%00%ff", None, 422, "bad_input"),
        ("GET", "/orders/%F0%9F%98%80", None, 404, "not_found"),
        ("GET", "/orders/P001-001", None, 404, "not_found"),
        ("GET", "/market-data/NOPE", None, 404, "not_found"),
        ("GET", "/nowhere", None, 404, "not_found"),
        ("PATCH", "/orders", None, 405, "method_not_allowed"),
    ],
)
def test_other_calls(trader: Caller, method: str, path: str, body: bytes | None, status: int, code: str) -> None:
    headers = {} if body is None else {"content-type": "application/json"}
    said = trader.ask(method, path, headers=headers, content=body)
    assert said.headers["content-type"] == "application/problem+json", said.text
    assert (said.status_code, said.json()["code"]) == (status, code), said.text


def test_a_body_of_another_kind_is_refused(trader: Caller) -> None:
    for path in ("/orders", "/executions"):
        said = trader.ask("POST", path, headers={"content-type": "text/plain"}, content=b"{}")
        assert (said.status_code, said.json()["code"]) == (415, "unsupported_media_type")


def test_a_look_that_shows_nothing_new_has_no_body(trader: Caller) -> None:
    first = trader.ask("GET", "/algorithms/twap")
    again = trader.ask("GET", "/algorithms/twap", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = trader.ask("GET", "/algorithms/vwap", headers={"If-None-Match": first.headers["etag"]})
    assert (other.status_code, bool(other.content)) == (200, True)


def test_decimals_lose_no_digit(server: Server) -> None:
    trader = server.caller("digits", Role.TRADER, Grant(account="digits", trade=True))
    body = b'{"symbol":"BTCUSDT-PERP","side":"buy","quantity":0.123,"price":12345.1,"account_id":"digits"}'
    said = trader.ask("POST", "/orders", headers={"content-type": "application/json"}, content=body)
    assert b'"quantity":0.123,' in said.content
    assert b'"price":12345.1,' in said.content
    path = f"/orders/{said.json()['order_id']}"
    body = b'{"new_price":62000.300000000000}'  # as a float, it would not be on the tick by chance alone
    changed = trader.ask("PUT", f"{path}/modify", headers={"content-type": "application/json"}, content=body)
    assert b'"price":62000.300000000000,' in changed.content


class TestRepeatedRequests:
    def order(self, trader: Caller, key: str, **changes: Any) -> Any:
        body = {"symbol": "ACME", "side": "buy", "quantity": 7, "price": 150, "account_id": "input"} | changes
        return trader.ask("POST", "/orders", body, headers={"idempotency-key": key})

    def test_the_same_order_again_is_the_same_order(self, trader: Caller) -> None:
        first, again = self.order(trader, "k-1"), self.order(trader, "k-1")
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["order_id"] == again.json()["order_id"]
        assert again.headers["idempotent-replayed"] == "true"

    def test_another_order_with_the_same_key_is_refused(self, trader: Caller) -> None:
        self.order(trader, "k-2")
        for changes in ({"quantity": 8}, {"price": 151}, {"side": "sell"}, {"time_in_force": "GTC"}):
            said = self.order(trader, "k-2", **changes)
            assert (said.status_code, said.json()["code"]) == (422, "idempotency_key_reused")

    def test_an_order_that_was_changed_since_is_still_the_one(self, trader: Caller) -> None:
        first = self.order(trader, "k-3").json()
        trader.done("PUT", f"/orders/{first['order_id']}/modify", {"new_quantity": 9})
        again = self.order(trader, "k-3")
        assert (again.status_code, again.json()["quantity"]) == (200, 9)

    def test_keys_of_different_users_do_not_meet(self, server: Server, trader: Caller) -> None:
        other = server.caller("input-2", Role.TRADER, Grant(account="input", trade=True))
        assert self.order(trader, "k-4").json()["order_id"] != self.order(other, "k-4").json()["order_id"]

    def test_other_calls_are_done_once_too(self, trader: Caller) -> None:
        body = {"label": "once"}
        first = trader.ask("POST", "/keys", body, headers={"idempotency-key": "k-5"})
        again = trader.ask("POST", "/keys", body, headers={"idempotency-key": "k-5"})
        assert first.json() == again.json()
        other = trader.ask("POST", "/keys", {"label": "twice"}, headers={"idempotency-key": "k-5"})
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

    def test_at_the_same_time_they_are_one(self, trader: Caller) -> None:
        with ThreadPoolExecutor(4) as pool:
            said = list(pool.map(lambda _: self.order(trader, "k-6"), range(8)))
        assert len({each.json()["order_id"] for each in said}) == 1
        assert sorted(each.status_code for each in said) == [200] * 7 + [201]


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = ApiSettings(head_s=0.3, body_s=0.3, requests_per_second=3)
    server = Server(tmp_path_factory.mktemp("impatient") / "desk.db", settings).start()
    yield server
    server.stop()


class TestSlowClients:
    def answer(self, server: Server, sent: bytes) -> bytes:
        """What is answered to a request that never ends."""
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(sent)
            return connection.recv(4096)

    def test_a_head_that_never_ends(self, impatient: Server) -> None:
        assert self.answer(impatient, b"GET /healthz HTTP/1.1\r\nHost: x\r\n").startswith(b"HTTP/1.1 408")

    def test_nothing_at_all(self, impatient: Server) -> None:
        assert self.answer(impatient, b"").startswith(b"HTTP/1.1 408")

    def test_a_body_that_never_ends(self, impatient: Server) -> None:
        key = impatient.key("slow", Role.TRADER)
        head = (
            f"POST {PREFIX}/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        said = self.answer(impatient, head.encode())
        assert said.startswith(b"HTTP/1.1 408")
        assert b"too_slow" in said

    def test_too_many_requests_are_told_when_to_come_again(self, impatient: Server) -> None:
        caller = impatient.caller("eager", Role.VIEWER)
        said = [caller.ask("GET", "/status") for _ in range(12)]
        refused = next(each for each in said if each.status_code == 429)
        assert refused.json()["code"] == "rate_limited"
        assert int(refused.headers["retry-after"]) >= 1


def test_another_machine_is_let_in_with_tls_only(tmp_path: Path) -> None:
    from penstock.app.server.serve import ServeRequest, check
    from penstock.domain.errors import BadInput

    with pytest.raises(BadInput, match="open to other machines"):
        check(ServeRequest(journal=tmp_path / "x.db", host="0.0.0.0"))
    check(ServeRequest(journal=tmp_path / "x.db", host="0.0.0.0", behind_proxy=True))
    check(ServeRequest(journal=tmp_path / "x.db"))
