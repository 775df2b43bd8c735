"""The server's outermost layer: every call passes here, is bounded, answered in one form, counted and put on record.

`POST /orders` is answered right here; the stream goes to its own door; everything else goes to the FastAPI application.
"""

from itertools import count
from secrets import token_hex
from time import perf_counter, time_ns

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penstock.api import body
from penstock.api.callers import Caller
from penstock.api.intake import take_order
from penstock.api.permissions import PREFIX, Permission
from penstock.api.problem import Problem, answer
from penstock.api.service import Service
from penstock.api.stream.door import serve_stream

log = structlog.stdlib.get_logger("penstock.api")

ORDERS, STREAM = f"{PREFIX}/orders", f"{PREFIX}/stream"
TRADE = Permission.ORDERS_TRADE
PATH_CHARS_MAX = 500
SAFE = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
JSON = (b"content-type", b"application/json")


class Front:
    """An ASGI application."""

    def __init__(self, service: Service, app: ASGIApp) -> None:
        self._service, self._app = service, app
        self._run, self._numbers = token_hex(4), count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._call(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == STREAM:
            await serve_stream(self._service, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, at = perf_counter(), time_ns()
        request_id = f"{self._run}-{next(self._numbers)}"
        seen = Seen()
        scope["penstock"] = seen

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *SAFE, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            if scope["method"] == "POST" and scope["path"] == ORDERS:
                await self._take_order(scope, receive, sending, seen)
            else:
                await self._pass_on(scope, receive, sending)
        except Problem as problem:
            await answer(problem)(scope, receive, sending)
        except Exception:
            log.exception("bug", request_id=request_id, method=scope["method"], path=scope["path"])
            if seen.status:
                raise
            await answer(Problem("internal", "a bug of ours", request_id=request_id))(scope, receive, sending)
        finally:
            self._record(scope, seen, at, perf_counter() - began, request_id)

    async def _take_order(self, scope: Scope, receive: Receive, send: Send, seen: "Seen") -> None:
        service, headers = self._service, headers_of(scope)
        caller = seen.caller = service.admit(headers, TRADE)
        settings = service.settings
        text = await body.read(receive, headers, settings.body_bytes_max)
        taken = await take_order(service, caller, text, headers.get("idempotency-key", ""))
        given = [(name.lower().encode(), value.encode()) for name, value in taken.headers.items()]
        length = (b"content-length", str(len(taken.body)).encode())
        await send({"type": "http.response.start", "status": taken.status, "headers": [JSON, length, *given]})
        await send({"type": "http.response.body", "body": taken.body})

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        service, headers = self._service, headers_of(scope)
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

    def _record(self, scope: Scope, seen: "Seen", at: int, took_s: float, request_id: str) -> None:
        service, caller = self._service, seen.caller
        service.metrics.call_s.observe(took_s)
        service.metrics.count_call(scope["method"], seen.status)
        path: str = scope["path"]
        if not path.startswith(PREFIX):
            return
        query = scope["query_string"].decode("latin-1")
        client = scope["client"][0] if scope.get("client") else ""
        row = (
            at,
            caller.name if caller is not None else "",
            caller.key_id if caller is not None else "",
            scope["method"],
            (f"{path}?{query}" if query else path)[:PATH_CHARS_MAX],
            seen.status,
            round(took_s * 1e6),
            client,
            request_id,
        )
        service.calls.add(row)


def headers_of(scope: Scope) -> dict[str, str]:
    """A request's headers; of one that comes twice, the last."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


class Seen:
    """What became known of a call on its way."""

    __slots__ = ("caller", "status")

    def __init__(self) -> None:
        self.caller: Caller | None = None
        self.status = 0
