"""Orders take a short way through the server, and on it they are answered as on the long one, byte for byte."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import pytest
from serving import Caller, Server

from penstock.api.permissions import PREFIX, Role
from penstock.api.service import ApiSettings
from penstock.api.users import Grant
from penstock.app.server import http_server

BODY = b'{"symbol":"ACME","side":"buy","quantity":100,"price":150.5,"account_id":"short"}'
CHANGES = rb"P\d+|[0-9a-f]{8}-\d+|\d{4}-\d\d-\d\dT[0-9:.]+Z|\"seq\":\d+"


@pytest.fixture(scope="module")
def trader(server: Server) -> Caller:
    return server.caller("short", Role.TRADER, Grant(account="short", trade=True))


def request(trader: Caller, body: bytes = BODY, *more: str, length: int | None = None) -> bytes:
    lines = [f"POST {PREFIX}/orders HTTP/1.1", "Host: x", f"Authorization: Bearer {trader.key}"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body) if length is None else length}", *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Line:
    """One connection, by hand."""

    def __init__(self, plug: socket.socket) -> None:
        self.plug, self._left = plug, b""

    def send(self, data: bytes) -> None:
        self.plug.sendall(data)

    def answer(self) -> tuple[bytes, bytes]:
        """The head and the body of the next answer."""
        while b"\r\n\r\n" not in self._left:
            self._more()
        head, _, rest = self._left.partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 100"):  # go on
            self._left = rest
            return self.answer()
        length = int(re.findall(rb"content-length: (\d+)", head)[0])
        self._left = rest
        while len(self._left) < length:
            self._more()
        body, self._left = self._left[:length], self._left[length:]
        return head, body

    def is_closed(self) -> bool:
        return not self._left and self.plug.recv(1) == b""

    def _more(self) -> None:
        came = self.plug.recv(65536)
        assert came, f"the server hung up after {self._left!r}"
        self._left += came


@contextmanager
def line(server: Server) -> Iterator[Line]:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as plug:
        yield Line(plug)


def have_taken(plug: Line, whole: bytes, times: int) -> None:
    """Send what makes one order, so often, and see each answered."""
    for _ in range(times):
        plug.send(whole)
        assert plug.answer()[0].startswith(b"HTTP/1.1 201")


def alike(answer: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """An answer without what no two have in common."""
    head, body = (re.sub(CHANGES, b"*", part) for part in answer)
    return re.sub(rb"content-length: \d+", b"content-length: *", head), body


@pytest.mark.parametrize(
    "body", [BODY, b"{", BODY.replace(b"100", b"-1"), BODY.replace(b"ACME", b"NONE"), BODY.replace(b"short", b"other")]
)
@pytest.mark.parametrize("more", [(), ("Idempotency-Key: bad key with spaces",), ("Content-Type: text/plain",)])
def test_the_two_ways_lead_to_the_same_answer(
    server: Server, trader: Caller, body: bytes, more: tuple[str, ...]
) -> None:
    with line(server) as short, line(server) as long:
        long.send(request(trader, body, *more, "Expect: 100-continue"))
        wanted = alike(long.answer())
        for _ in range(4):  # from the third on, its head is known
            short.send(request(trader, body, *more))
            assert alike(short.answer()) == wanted


def test_nobody_gets_in_by_the_short_way(server: Server, trader: Caller) -> None:
    with line(server) as plug:
        plug.send(request(trader).replace(trader.key.encode(), b"psk_nobody"))
        head, body = plug.answer()
        assert head.startswith(b"HTTP/1.1 401")
        assert b"www-authenticate: Bearer" in head
        assert b"not_authenticated" in body


@pytest.mark.parametrize("before", [0, 3])
def test_requests_sent_in_one_go_are_answered_in_their_order(server: Server, trader: Caller, before: int) -> None:
    health = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with line(server) as plug:
        have_taken(plug, request(trader), before)
        plug.send(request(trader) + health + request(trader) + request(trader, b"{") + health)
        said = [plug.answer() for _ in range(5)]
    assert [head[9:12] for head, _ in said] == [b"201", b"200", b"201", b"400", b"200"]
    assert [body for _, body in said[1::3]] == [b"ok\n", b"ok\n"]


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("first", [40, -len(BODY), -1])
def test_an_order_in_pieces_is_one_order(server: Server, trader: Caller, before: int, first: int) -> None:
    whole = request(trader)
    with line(server) as plug:
        have_taken(plug, whole, before)
        rest = whole[first:]
        for piece in [whole[:first], *(rest[at : at + 40] for at in range(0, len(rest), 40))]:
            plug.send(piece)
            sleep(0.005)
        have_taken(plug, b"", 1)  # its answer
        have_taken(plug, whole, 1)


def test_bodies_under_one_head_are_each_an_order_of_its_own(server: Server, trader: Caller) -> None:
    with line(server) as plug:
        for quantity in range(100, 120):
            plug.send(request(trader, BODY.replace(b"100", b"%d" % quantity)))
            assert b'"quantity":%d,' % quantity in plug.answer()[1]


def test_more_heads_than_are_remembered_are_all_understood(server: Server, trader: Caller) -> None:
    with line(server) as plug:
        for blanks in [*range(http_server.HEADS_MAX + 2)] * 3:
            plug.send(request(trader, BODY + b" " * blanks))
            assert plug.answer()[0].startswith(b"HTTP/1.1 201")


def test_a_half_head_after_an_answer_is_not_taken_for_a_new_one(server: Server, trader: Caller) -> None:
    whole = request(trader)
    with line(server) as plug:
        have_taken(plug, whole, 3)
        plug.send(whole + whole[:30])
        assert plug.answer()[0].startswith(b"HTTP/1.1 201")
        plug.send(whole[30:] + whole)
        assert [plug.answer()[0][9:12] for _ in range(2)] == [b"201"] * 2


def test_who_wants_to_be_hung_up_on_is(server: Server, trader: Caller) -> None:
    with line(server) as plug:
        plug.send(request(trader, BODY, "Connection: close"))
        head, _ = plug.answer()
        assert head.startswith(b"HTTP/1.1 201")
        assert b"connection: close" in head
        assert plug.is_closed()


def test_a_client_that_hangs_up_first_loses_its_answer_and_not_its_order(server: Server, trader: Caller) -> None:
    with line(server) as plug:
        plug.send(request(trader, BODY, "Idempotency-Key: gone"))
    again = trader.ask("POST", "/orders", None, content=BODY, headers={
        "idempotency-key": "gone", "content-type": "application/json"
    })  # fmt: skip
    assert again.status_code in (200, 201)
    with line(server) as plug:
        plug.send(request(trader, BODY, "Idempotency-Key: gone"))
        head, body = plug.answer()
        assert head.startswith(b"HTTP/1.1 200")
        assert b"idempotent-replayed: true" in head
        assert again.json()["order_id"].encode() in body


def test_a_kept_connection_is_waited_for_only_so_long(tmp_path_factory: pytest.TempPathFactory) -> None:
    hasty = Server(tmp_path_factory.mktemp("hasty") / "desk.db", ApiSettings(head_s=0.3, body_s=0.3)).start()
    try:
        trader = hasty.caller("short", Role.TRADER, Grant(account="short", trade=True))
        for begun in (b"POST", b"\r\n", request(trader, b"{", length=50)):
            with line(hasty) as plug:
                plug.send(request(trader))
                assert plug.answer()[0].startswith(b"HTTP/1.1 201")
                plug.send(begun)
                assert plug.answer()[0].startswith(b"HTTP/1.1 408"), begun
                assert plug.is_closed()
    finally:
        hasty.stop()


def test_a_kept_connection_that_rests_is_let_go_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "KEEP_ALIVE_S", 0.5)
    server = Server(tmp_path / "desk.db", ApiSettings(head_s=0.3, body_s=0.3)).start()
    try:
        trader = server.caller("short", Role.TRADER, Grant(account="short", trade=True))
        with line(server) as plug:
            for pause in (0.4, 0.0):  # longer than a head may take, and then for good
                plug.send(request(trader))
                assert plug.answer()[0].startswith(b"HTTP/1.1 201")
                sleep(pause)
            assert plug.is_closed()
    finally:
        server.stop()
