"""One client of the stream, from its handshake to its end.

    -> {"do": "auth", "token": "..."}            only where the handshake had no Authorization header
    -> {"do": "subscribe", "topics": ["orders", "fills"], "since": 4711}
    <- {"type": "subscribed", "seq": 4711, ...}, then a snapshot (without `since`), then events
    <- {"type": "heartbeat", "seq": 4800}        everything up to there was told

It is closed with 4401 when the caller is none any more, 4408 when it reads too slowly, 1012 when the server stops.
"""

import asyncio
from contextlib import suppress
from time import perf_counter
from typing import Any

import msgspec
import structlog
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from penstock.api.callers import Caller
from penstock.api.json import encode
from penstock.api.permissions import Permission
from penstock.api.problem import Problem
from penstock.api.reach import Acting
from penstock.api.service import Service
from penstock.api.stream.client import Client
from penstock.api.stream.messages import Auth, Ping, Subscribe, Topic, requests
from penstock.api.views import execution_view, order_view
from penstock.domain.time import to_iso

log = structlog.stdlib.get_logger("penstock.api")

NOT_AUTHENTICATED, TOO_SLOW, RESTARTING, POLICY = 4401, 4408, 1012, 1008
AUTH_S = 10.0
LAST_WORD_S = 5.0


class Gone(Exception):
    """The client hung up."""


async def serve_stream(service: Service, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection."""
    headers = Headers(scope=scope)
    await receive()  # the handshake
    try:
        caller = None
        if "authorization" in headers or "x-api-key" in headers:
            caller = service.admit(headers, Permission.ORDERS_READ)
        if service.hub.clients >= service.settings.clients_max:
            raise Problem("busy", "too many clients are connected")
    except Problem:
        await send({"type": "websocket.close", "code": POLICY})  # before it is accepted: 403
        return
    await send({"type": "websocket.accept"})
    door = Door(service, send)
    with suppress(Gone, RuntimeError, OSError):
        await door.serve(receive, caller)


class Door:
    """The connection's two halves: what the client asks, and what it is told."""

    def __init__(self, service: Service, send: Send) -> None:
        self._service, self._send = service, send
        self._client: Client | None = None
        self._caller: Caller | None = None
        self._changes: asyncio.Queue[Subscribe] = asyncio.Queue(100)

    async def serve(self, receive: Receive, caller: Caller | None) -> None:
        try:
            caller = caller or await self._authenticated(receive)
            self._caller = caller
        except Problem as problem:
            await self._refuse(problem)
            await self._send({"type": "websocket.close", "code": NOT_AUTHENTICATED})
            return
        hub = self._service.hub
        await self._tell({"type": "welcome", "user_id": caller.name, "seq": hub.seq, "topics": list(Topic)})
        telling = asyncio.create_task(self._telling(Acting(caller, caller.user)))
        asking = asyncio.create_task(self._asking(receive))
        try:
            done, _ = await asyncio.wait({telling, asking}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (telling, asking):
                task.cancel()
            await asyncio.gather(telling, asking, return_exceptions=True)
            if self._client is not None:
                hub.leave(self._client)

    async def _authenticated(self, receive: Receive) -> Caller:
        try:
            async with asyncio.timeout(AUTH_S):
                asked = self._request(await heard(receive))
        except TimeoutError:
            raise Problem("not_authenticated", f'say {{"do": "auth", …}} within {AUTH_S:g} s') from None
        if not isinstance(asked, Auth):
            raise Problem("not_authenticated", 'begin with {"do": "auth", "token": …}')
        return self._service.admit({"authorization": f"Bearer {asked.token}"}, Permission.ORDERS_READ)

    async def _asking(self, receive: Receive) -> None:
        """Take what the client asks, until it hangs up."""
        assert self._caller is not None
        while True:
            text = await heard(receive)
            try:
                self._service.rates.request(self._caller.key_id or self._caller.name)
                asked = self._request(text)
                if isinstance(asked, Subscribe):
                    await self._changes.put(asked)
                    if self._client is not None:
                        self._client.ring.set()
                elif isinstance(asked, Ping):
                    await self._tell({"type": "pong", "id": asked.id, "seq": self._service.hub.seq})
            except Problem as problem:
                await self._refuse(problem)

    async def _telling(self, act: Acting) -> None:
        """Tell the client what it asked for, until it is no longer a caller or too slow."""
        service, hub = self._service, self._service.hub
        asked = await self._changes.get()
        while True:
            client = self._client = hub.new_client(act)
            client.asked = asked
            try:
                if asked.since is None:
                    await self._begin(client)
                else:
                    await self._resume(client, asked.since)
            except Problem as problem:
                hub.leave(client)
                await self._refuse(problem, asked.id)
                asked = await self._changes.get()
                continue
            while self._changes.empty():
                if not await self._deliver(client, service.settings.heartbeat_s):
                    return
            hub.leave(client)
            asked = self._changes.get_nowait()

    async def _begin(self, client: Client) -> None:
        """A snapshot as of now, and everything after it."""
        hub, state, asked = self._service.hub, self._service.desk.state, client.asked
        assert asked is not None
        seq = state.seq
        shown = {topic: self._snapshot(topic, client) for topic in asked.topics if topic is not Topic.MARKET_DATA}
        hub.join(client, seq)
        await hub.until(seq)  # what the snapshot shows is durable by then
        await self._tell({"type": "subscribed", "id": asked.id, "seq": seq, "topics": list(asked.topics)})
        for topic, data in shown.items():
            await self._tell({"type": "snapshot", "topic": topic.value, "seq": seq, "data": data})

    async def _resume(self, client: Client, since: int) -> None:
        """Everything after event `since`: from memory, or from the journal where that is too long ago."""
        hub, asked = self._service.hub, client.asked
        assert asked is not None
        if not 0 <= since <= hub.seq:
            raise Problem("unknown_sequence", f"since: the journal ends at event {hub.seq}")
        await self._tell({"type": "subscribed", "id": asked.id, "seq": since, "topics": list(asked.topics)})
        reached, past = since, hub.past
        async with past.opened():
            while reached < hub.seq:
                reached, missed = await past.missed(client, reached)
                began = perf_counter()
                for told in missed:
                    await self._out(told.text)
                    began = await past.pace.rest(began)
            hub.join(client, reached)  # nothing was awaited since it was compared: no event is between

    async def _deliver(self, client: Client, heartbeat_s: float) -> bool:
        """Send what waits, or a sign of life when there is nothing; False once it is over."""
        service = self._service
        assert self._caller is not None
        try:
            async with asyncio.timeout(heartbeat_s):
                await client.ring.wait()
        except TimeoutError:
            if not service.callers.is_current(self._caller):
                await self._refuse(Problem("not_authenticated", "log in again"))
                await self._send({"type": "websocket.close", "code": NOT_AUTHENTICATED})
                return False
            await self._tell({"type": "heartbeat", "seq": service.hub.seq, "time": to_iso(service.desk.now())})
            return True
        client.ring.clear()
        while client.line and not client.is_slow:
            await self._out(client.line.popleft())
        while client.quotes and not client.is_slow:
            await self._out(client.quotes.pop(next(iter(client.quotes))))
        if client.is_slow:
            log.warning("stream_client_dropped", user=self._caller.name, reason="slow")
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORD_S):
                    detail = "more messages waited than the server keeps: resume after the last seq that you saw"
                    await self._tell({"type": "dropped", "code": "slow_consumer", "detail": detail})
                    await self._send({"type": "websocket.close", "code": TOO_SLOW})
            return False
        return True

    def _snapshot(self, topic: Topic, client: Client) -> list[dict[str, Any]]:
        service, asked = self._service, client.asked
        assert asked is not None
        if topic is Topic.ALERTS:
            return service.desk.alerts()
        if topic is Topic.FILLS:
            return []
        state, now, views = service.desk.state, service.desk.now(), []
        for order_id in state.working:
            seen = state.glance(order_id)
            if seen is None or seen[1] is None:
                continue
            order, parent = seen
            terms, owner = order.terms, state.risk.users.get(order_id, "")
            wanted = (
                (not asked.symbols or terms.symbol in asked.symbols)
                and (not asked.accounts or terms.account in asked.accounts)
                and (not asked.order_ids or order_id in asked.order_ids)
            )
            if wanted and client.act.sees(terms.account, owner):
                is_orders = topic is Topic.ORDERS
                views.append(
                    order_view(order, parent, owner, state.seq) if is_orders else execution_view(order, parent, now)
                )
        return views

    def _request(self, text: bytes) -> Any:
        try:
            return requests.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Problem("bad_input", f"not understood: {error}") from None

    async def _refuse(self, problem: Problem, number: str | int | None = None) -> None:
        await self._tell({"type": "error", "id": number, "code": problem.code, "detail": problem.detail})

    async def _tell(self, said: dict[str, Any]) -> None:
        await self._out(encode(said))

    async def _out(self, text: bytes) -> None:
        await self._send({"type": "websocket.send", "text": text.decode()})


async def heard(receive: Receive) -> bytes:
    """The next message of the client.

    Raises:
        Gone: there is none.
    """
    message = await receive()
    if message["type"] != "websocket.receive":
        raise Gone
    text = message.get("text")
    return text.encode() if text is not None else message.get("bytes") or b""
