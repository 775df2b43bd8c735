"""The HTTP server in the desk's own loop: bounded in connections, heads and bodies, on this machine unless told.

Another machine may reach it only with TLS, or where somebody said that something before it does that.

A plain `POST /orders` takes the short way: it is answered by the server's front itself, without a task and what ASGI
puts around a call. Whatever is out of the ordinary about a request leads the long way, to the same answer.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from penstock.api.app import build
from penstock.api.front import ORDERS, Front
from penstock.api.order_call import Reply
from penstock.api.problem import Problem, answer
from penstock.api.service import Service
from penstock.domain.errors import BadInput

STOPPING_S, KEEP_ALIVE_S = 5, 30


def late() -> bytes:
    """What is said to a client that takes too long, as it goes out."""
    said = answer(Problem("too_slow", "the request took too long to arrive", headers={"Connection": "close"}))
    lines = [b"HTTP/1.1 408 Request Timeout", *(name + b": " + value for name, value in said.raw_headers)]
    return b"\r\n".join([*lines, b"", said.body])


TOO_SLOW = late()
ORDERS_URL = ORDERS.encode()
HEAD, BODY = "head", "body"
END_OF_HEAD = b"\r\n\r\n"
HEADS_MAX = 16  # that a connection remembers: bodies differ in length
SHORT_DIGITS = 4  # of the length of a body that takes the short way: below 10,000 bytes


def as_sent(reply: Reply, *, closes: bool) -> bytes:
    """An answer's bytes."""
    parts = [STATUS_LINE[reply.status]]
    for name, value in reply.headers:
        parts += (name, b": ", value, b"\r\n")
    if closes and not reply.closes:
        parts.append(b"connection: close\r\n")
    parts += (b"\r\n", reply.body)
    return b"".join(parts)


def parted(data: bytes) -> tuple[bytes, bytes]:
    """A request's head, with the line that ends it, and its body; no head if that is not all there."""
    end = data.find(END_OF_HEAD) + len(END_OF_HEAD)
    return (data[:end], data[end:]) if end >= len(END_OF_HEAD) else (b"", data)


class NobodyWaits:
    """In the place of the event by which a task is told that more of its request has come."""

    def set(self) -> None:
        """Nothing waits for it."""


class OrderRequest:
    """A `POST /orders` on the short way, as the protocol keeps its requests."""

    message_event = NobodyWaits()

    def __init__(self, headers: dict[bytes, bytes], body: bytes = b"") -> None:
        self.headers, self.body = headers, body
        self.more_body = self.keep_alive = True
        self.response_complete = self.disconnected = self.given = False


class ShortWay:
    """Deals with the orders that came in one round of the loop together, at its end.

    The loop takes the interpreter for each connection that it reads, and lets it go: what is done there competes with
    the journal's thread for it, each time anew.
    """

    def __init__(self, front: Front) -> None:
        self._front = front
        self._waiting: list[tuple[PatientProtocol, OrderRequest]] = []

    def take(self, protocol: "PatientProtocol", request: OrderRequest) -> None:
        self._waiting.append((protocol, request))
        if len(self._waiting) == 1:
            protocol.loop.call_soon(self._deal)

    def _deal(self) -> None:
        waiting, self._waiting = self._waiting, []
        for protocol, request in waiting:
            client = protocol.client[0] if protocol.client else ""
            done = partial(protocol.reply, request)
            self._front.order(request.headers, request.body, client, done)


class PatientProtocol(HttpToolsProtocol):
    """A connection whose requests must arrive in time: the head from the connection's making or the head's first byte,
    the body from the head's end.

    One timer watches over a connection's requests, however many there are: it looks at the time by which something must
    have come, and waits on. A client says the same heads over and over: those of its orders are not taken apart again.
    """

    short_way: ShortWay
    head_s = body_s = 10.0
    _arriving = ""  # the part of a request that is on its way
    _rests = False  # between an answer on the short way and the next request
    _began = False  # whether a request began in what came last
    _due: float | None = None  # by when what is awaited must have come, by the loop's clock; None: nothing is
    _timer: asyncio.TimerHandle | None = None
    _heads: dict[bytes, dict[bytes, bytes]]  # headers by the heads that they were in, of plain orders

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._heads = {}
        self._expect(self.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; where that is not all of a request, or nothing of one yet, the rest has so long."""
        between = self._rests and not self._arriving
        if self._rests:
            self._rests, self._due = False, None
        if between and self._is_known(data):
            return
        idle = self._due is None and (self.cycle is None or self.cycle.response_complete)
        self._began = False
        super().data_received(data)
        if between:
            self._remember(data)
        if self._due is None and (self._arriving or (idle and not self._began)):
            self._expect(self.body_s if self._arriving is BODY else self.head_s)

    def on_message_begin(self) -> None:
        self._arriving, self._began = HEAD, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._arriving, self._due = BODY, None
        if self.url == ORDERS_URL and self._is_plain():
            self.cycle = OrderRequest(dict(self.headers))  # type: ignore[assignment]
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._arriving, self._due = "", None
        super().on_message_complete()
        request: Any = self.cycle
        if type(request) is OrderRequest and not request.given:
            request.given = True
            self.short_way.take(self, request)

    def _is_known(self, data: bytes) -> bool:
        """Take a whole request whose head came before."""
        head, body = parted(data)
        headers = self._heads.get(head)
        if headers is None or len(body) != int(headers[b"content-length"]) or self._is_crowded():
            return False
        request: Any = OrderRequest(headers, body)
        request.more_body, request.given = False, True
        self.cycle = request
        self.short_way.take(self, request)
        return True

    def _remember(self, data: bytes) -> None:
        """Know the head of a request again that was whole, and alone, in what came last."""
        request: Any = self.cycle
        if type(request) is not OrderRequest or not request.given or self._arriving:
            return
        head, body = parted(data)
        if body == request.body:
            if len(self._heads) == HEADS_MAX:
                self._heads.clear()
            self._heads[head] = request.headers

    def _is_crowded(self) -> bool:
        """Whether this is more than can be served now."""
        most = self.limit_concurrency
        if most is not None and (len(self.connections) >= most or len(self.tasks) >= most):
            return True
        return self.flow.write_paused

    def _is_plain(self) -> bool:
        """Whether a request is an ordinary, small one that can be answered at once, after all those before it."""
        parser, cycle = self.parser, self.cycle
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1" or not parser.should_keep_alive():
            return False
        if self.expect_100_continue or parser.should_upgrade() or self._is_crowded():
            return False
        if cycle is not None and not cycle.response_complete:
            return False
        length = b""
        for name, value in self.headers:
            if name == b"transfer-encoding":
                return False
            if name == b"content-length":
                length = value
        return length.isdigit() and len(length) <= SHORT_DIGITS

    def reply(self, request: OrderRequest, reply: Reply) -> None:
        request.response_complete = True
        if request.disconnected or self.transport.is_closing():
            return
        closes = reply.closes or not request.keep_alive
        self.transport.write(as_sent(reply, closes=closes))
        if closes:
            self.transport.close()
        if closes or self.pipeline:
            self.on_response_complete()
        else:  # which would set a timer of its own for each answer
            self.server_state.total_requests += 1
            self._rests = True
            self._expect(self.timeout_keep_alive)

    def _expect(self, patience_s: float) -> None:
        self._due = due = self.loop.time() + patience_s
        if self._timer is None or self._timer.when() > due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self.loop.call_at(due, self._look)

    def _look(self) -> None:
        """Wait on for what may still come; hang up on who has let us wait too long."""
        self._timer, due = None, self._due
        if due is None:
            return
        if self.loop.time() < due:
            self._timer = self.loop.call_at(due, self._look)
        elif self.transport is not None and not self.transport.is_closing():
            self._due = None
            if not self._rests:
                self.transport.write(TOO_SLOW)
            self.transport.close()


class HttpServer:
    """Serves a desk. `address` is its URL, once started."""

    def __init__(
        self, service: Service, host: str, port: int, *, certificate: Path | None = None, key: Path | None = None
    ) -> None:
        self.service = service
        self._host, self._port = host, port
        self._tls = (certificate, key)
        self._tasks: list[asyncio.Task[None]] = []
        self._server: uvicorn.Server | None = None
        self.address = ""

    async def start(self) -> None:
        """Listen.

        Raises:
            BadInput: not an address, one that is taken, or a certificate that cannot be read.
        """
        certificate, key = self._tls
        settings = self.service.settings
        if certificate is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
            except (OSError, ssl.SSLError) as error:
                raise BadInput("--tls-certificate", str(certificate), f"cannot be used: {error}") from None
        listening = bound(self._host, self._port)
        front = build(self.service)
        ours = {"short_way": ShortWay(front), "head_s": settings.head_s, "body_s": settings.body_s}
        protocol = type("Protocol", (PatientProtocol,), ours)
        config = uvicorn.Config(
            front,
            http=protocol,
            ws="websockets-sansio",
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,
            limit_concurrency=settings.clients_max,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=STOPPING_S,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            proxy_headers=False,
            ssl_certfile=None if certificate is None else str(certificate),
            ssl_keyfile=None if key is None else str(key),
        )
        self._server = QuietServer(config)
        self._tasks = [
            asyncio.create_task(self._server.serve([listening])),
            asyncio.create_task(self.service.hub.run()),
        ]
        while not self._server.started and not self._tasks[0].done():
            await asyncio.sleep(0.005)
        scheme = "http" if certificate is None else "https"
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.address = f"{scheme}://{host}:{listening.getsockname()[1]}"

    async def close(self) -> None:
        """Answer what is under way, hang up on the stream, and stop."""
        self.service.stopping = True
        if self._server is None:
            return
        self._server.should_exit = True
        with suppress(TimeoutError):
            async with asyncio.timeout(STOPPING_S + 2):
                await self._tasks[0]
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class QuietServer(uvicorn.Server):
    """Leaves signals to the desk: it winds down before the server goes."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with nullcontext():
            yield


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        raise BadInput("--listen", f"{host}:{port}", f"cannot be listened on: {error}") from None
    listening.listen(2048)
    listening.setblocking(False)
    return listening


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
