"""The server's outermost layer: every call passes here, is bounded, answered in one form, counted and put on record.

`POST /orders` is answered right here; the stream goes to its own door; everything else goes to the FastAPI application.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from secrets import token_hex
from time import perf_counter, time_ns

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penstock.api import body
from penstock.api.callers import Caller
from penstock.api.order_call import SAFE, OrderCall, Reply
from penstock.api.permissions import PREFIX
from penstock.api.problem import Problem, answer
from penstock.api.service import Service
from penstock.api.stream.door import serve_stream

log = structlog.stdlib.get_logger("penstock.api")

ORDERS, STREAM = f"{PREFIX}/orders", f"{PREFIX}/stream"
PATH_CHARS_MAX = 500


class Front:
    """An ASGI application."""

    def __init__(self, service: Service, app: ASGIApp) -> None:
        self._service, self._app = service, app
        self._run, self._numbers = token_hex(4), count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["method"] == "POST" and scope["path"] == ORDERS:
                await self._take_order(scope, receive, send)
            else:
                await self._call(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == STREAM:
            await serve_stream(self._service, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def order(self, headers: Mapping[bytes, bytes], text: bytes, client: str, done: Callable[[Reply], None]) -> None:
        """Answer a `POST /orders` that is all there, by `done`: at once, or as soon as it is durable."""
        call = OrderCall(self._service, headers, ORDERS, client, self._request_id(), self._order_ended, done)
        if call.admit():
            call.take(text)

    def _order_ended(self, call: OrderCall, status: int) -> None:
        took_s = perf_counter() - call.began
        self._record("POST", call.path, status, call.caller, call.at, took_s, call.client, call.request_id)

    async def _take_order(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The same for a request that is still coming."""
        replied: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

        def reply_with(reply: Reply) -> None:
            if not replied.done():  # whose task may be gone
                replied.set_result(reply)

        path, client, request_id = path_of(scope), client_of(scope), self._request_id()
        call = OrderCall(self._service, dict(scope["headers"]), path, client, request_id, self._order_ended, reply_with)
        if call.admit():
            try:
                text = await body.read(receive, headers_of(scope["headers"]), self._service.settings.body_bytes_max)
            except Problem as problem:
                call.refuse(problem)
            else:
                call.take(text)
        reply = await replied
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, at, request_id = perf_counter(), time_ns(), self._request_id()
        seen = Seen()
        scope["penstock"] = seen

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *SAFE, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._pass_on(scope, receive, sending)
        except Problem as problem:
            await answer(problem)(scope, receive, sending)
        except Exception:
            log.exception("bug", request_id=request_id, method=scope["method"], path=scope["path"])
            if seen.status:
                raise
            await answer(Problem("internal", "a bug of ours", request_id=request_id))(scope, receive, sending)
        finally:
            path, client, took_s = path_of(scope), client_of(scope), perf_counter() - began
            self._record(scope["method"], path, seen.status, seen.caller, at, took_s, client, request_id)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        service, headers = self._service, headers_of(scope["headers"])
        if not (headers.get("content-length", "0") != "0" or "transfer-encoding" in headers):
            await self._app(scope, receive, send)
            return
        settings = service.settings
        text = await body.read(receive, headers, settings.body_bytes_max)
        given = False

        async def receiving() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": text, "more_body": False}

        await self._app(scope, receiving, send)

    def _request_id(self) -> str:
        return f"{self._run}-{next(self._numbers)}"

    def _record(
        self, method: str, path: str, status: int, caller: Caller | None, at: int, took_s: float, client: str, key: str
    ) -> None:
        service = self._service
        service.metrics.call_s.observe(took_s)
        service.metrics.calls.add(method, status)
        if not path.startswith(PREFIX):
            return
        name, key_id = ("", "") if caller is None else (caller.name, caller.key_id)
        service.calls.add((at, name, key_id, method, path, status, round(took_s * 1e6), client, key))


def headers_of(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """A request's headers; of one that comes twice, the last."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}


def path_of(scope: Scope) -> str:
    """What was asked for, as it goes on record."""
    path: str = scope["path"]
    query = scope["query_string"].decode("latin-1")
    return (f"{path}?{query}" if query else path)[:PATH_CHARS_MAX]


def client_of(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""


class Seen:
    """What became known of a call on its way."""

    __slots__ = ("caller", "status")

    def __init__(self) -> None:
        self.caller: Caller | None = None
        self.status = 0
