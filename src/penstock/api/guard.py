"""What every FastAPI route goes through: the caller, by the table of permissions; JSON without loss; repeated requests.

A route that is not in the table cannot be made.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from hashlib import sha256
from time import monotonic
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from penstock.api.callers import Caller
from penstock.api.front import Seen
from penstock.api.intake import checked_key
from penstock.api.json import NotJson, decode
from penstock.api.permissions import PREFIX, call_of
from penstock.api.problem import Problem
from penstock.api.service import Service

Handle = Callable[[Request], Coroutine[Any, Any, Response]]
KEPT_MAX, KEPT_S = 10_000, 24 * 3600


class Guarded(APIRoute):
    """A route with its row of the table."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()
        method = next(iter(self.methods or ()))
        permission = call_of(method, self.path).permission
        changes = method != "GET" and permission is not None

        async def guarded(request: Request) -> Response:
            service = service_of(request)
            if permission is not None:
                seen: Seen = request.scope["penstock"]
                seen.caller = service.admit(request.headers, permission)
            body = await request.body()
            if body:
                try:
                    request._json = decode(body)  # what `request.json` gives: floats would have lost digits
                except NotJson as error:
                    raise Problem("malformed", f"the body is not understood: {error}") from None
            key = checked_key(request.headers.get("idempotency-key", "")) if changes else None
            if method == "GET":
                return tagged(await handle(request), request.headers.get("if-none-match", ""))
            if key is None:
                return await handle(request)
            return await repeats_of(request).once(request, key, body, handle)

        return guarded


def tagged(response: Response, known: str) -> Response:
    """An answer with its `ETag`; 304 and no body, where the client has just this one already."""
    if response.status_code != 200:
        return response
    tag = f'"{sha256(response.body).hexdigest()[:32]}"'
    if tag in known or known.strip() == "*":
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return response


class Repeats:
    """Requests with an `Idempotency-Key` and what they were answered, in memory, for a day or until there are too many.

    Orders do not depend on this: their keys are in the journal.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[bytes, float, asyncio.Future[Response]]] = OrderedDict()

    async def once(self, request: Request, key: str, body: bytes, handle: Handle) -> Response:
        """The answer to the first request of this key, made now if there was none."""
        place = (caller_of(request).name, key)
        asked = sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body).digest()
        known = self._kept.get(place)
        if known is not None and monotonic() - known[1] < KEPT_S:
            if known[0] != asked:
                raise Problem("idempotency_key_reused", "the key was used for another request: use another one")
            first = await asyncio.shield(known[2])
            again = Response(first.body, first.status_code, media_type=first.media_type)
            again.headers["Idempotent-Replayed"] = "true"
            return again
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._kept[place] = (asked, monotonic(), answer)
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        try:
            response = await handle(request)
        except BaseException as error:  # it did not happen: the next one with this key may
            self._kept.pop(place, None)
            answer.set_exception(error if isinstance(error, Exception) else Problem("conflict", "it was interrupted"))
            answer.exception()
            raise
        answer.set_result(response)
        return response


def router() -> APIRouter:
    """A router whose routes are guarded."""
    return APIRouter(prefix=PREFIX, route_class=Guarded)


def service_of(request: Request) -> Service:
    return cast(Service, request.app.state.service)


def repeats_of(request: Request) -> Repeats:
    return cast(Repeats, request.app.state.repeats)


def caller_of(request: Request) -> Caller:
    caller = cast(Seen, request.scope["penstock"]).caller
    assert caller is not None, "the route has a permission"
    return caller
