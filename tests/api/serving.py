"""A paper server in a thread of this process, spoken to over real HTTP."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

import httpx
import msgspec
import requests
import uvloop
from websockets.sync.client import ClientConnection, connect

from penstock.api.permissions import PREFIX, Permission, Role
from penstock.api.service import ApiSettings
from penstock.api.users import Grant, User
from penstock.app.live.settings import LiveSettings
from penstock.app.server.serve import Built, ServeRequest, built, playing, server_of

PATIENCE_S = 120.0
OPEN = ApiSettings(requests_per_second=100_000, logins_per_minute=1000)


class Server:
    """It runs from `start` to `stop`; `parts` are for a test to look into, from the outside as far as it can."""

    def __init__(
        self, journal: Path, api: ApiSettings = OPEN, pace: float = 1.0, settings: LiveSettings | None = None
    ) -> None:
        live = settings or LiveSettings()
        self.request = ServeRequest(journal=journal, port=0, api=api, pace=pace, settings=live)
        self.url = ""
        self.parts: Built
        self.http: httpx.Client
        self.session = requests.Session()  # what schemathesis speaks by
        self._ready, self._stop = Event(), asyncio.Event()
        self._thread = Thread(target=lambda: uvloop.run(self._run()), name="server under test")
        self._loop: asyncio.AbstractEventLoop

    def start(self) -> "Server":
        self._thread.start()
        assert self._ready.wait(PATIENCE_S), "the server did not start"
        assert self.url, "the server could not start"
        self.http = httpx.Client(base_url=self.url + PREFIX, timeout=PATIENCE_S)
        return self

    def stop(self) -> None:
        self.http.close()
        self.session.close()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_S)

    def call(self, work: Callable[[], object]) -> None:
        """Have something done in the server's own loop."""
        self._loop.call_soon_threadsafe(work)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            self.parts = parts = await built(self.request)
            driver = parts.driver
            driver.begin(parts.opening)
            async with playing(parts.markets):
                driving = asyncio.create_task(driver.run())
                await driver.until(lambda: not driver.state.venue_status)
                server = server_of(self.request, parts.service)
                await server.start()
                self.url = server.address
                self._ready.set()
                await self._stop.wait()
                await server.close()
                driving.cancel()
                with suppress(asyncio.CancelledError):
                    await driving
            await parts.close()
        finally:
            self._ready.set()

    def key(self, name: str, role: Role, *grants: Grant, scopes: tuple[Permission, ...] | None = None) -> str:
        """A user of this name, made if there is none, and a key of theirs."""
        users = self.parts.service.users
        user = users.find(name)
        if user is None:
            user = users._keep(User(name=name, role=role, grants=grants))
        return users.new_key(user, "test", tuple(user.permissions) if scopes is None else scopes, None)[1]

    def caller(self, name: str, role: Role, *grants: Grant, **more: Any) -> "Caller":
        return Caller(self, self.key(name, role, *grants, **more))

    def admin(self) -> "Caller":
        """The administrator, past the first log-in."""
        users = self.parts.service.users
        admin = users.get("admin")
        if admin.must_change:
            users.change("admin", must_change=False)
        return self.caller("admin", Role.ADMIN)


class Caller:
    """Somebody with a key."""

    def __init__(self, server: Server, key: str) -> None:
        self.server, self.key = server, key

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        headers = bearer(self.key) | more.pop("headers", {})
        if body is not None:
            more["content"] = msgspec.json.Encoder(decimal_format="number").encode(body)
            headers = {"content-type": "application/json"} | headers
        return self.server.http.request(method, path, headers=headers, **more)

    def done(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer, which must be a success."""
        said = self.ask(method, path, body, **more)
        assert said.status_code < 300, (method, path, said.status_code, said.text)
        return exactly(said)

    def refused(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        """The status and the code of a refusal."""
        said = self.ask(method, path, body, **more)
        assert said.headers["content-type"] == "application/problem+json", said.text
        problem = said.json()
        assert problem["status"] == said.status_code
        return said.status_code, problem["code"]

    def order(self, **changes: Any) -> dict[str, Any]:
        """A limit order far from the market, unless the test wants another."""
        body = {"symbol": "ACME", "side": "buy", "quantity": 100, "price": Decimal("150.5")} | changes
        given: dict[str, Any] = self.done("POST", "/orders", {k: v for k, v in body.items() if v is not None})
        return given

    def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """Ask until the answer is as it should be."""
        end = monotonic() + PATIENCE_S
        while not holds(answer := self.done("GET", path)):
            assert monotonic() < end, answer
        return answer

    @contextmanager
    def stream(self, **asked: Any) -> Iterator["Listening"]:
        """A connection that has subscribed."""
        url = self.server.url.replace("http", "ws", 1) + PREFIX + "/stream"
        with connect(
            url, additional_headers=bearer(self.key), max_size=None, compression=None, close_timeout=0.5
        ) as socket:
            listening = Listening(socket)
            assert listening.next("welcome")
            listening.say(do="subscribe", **asked)
            yield listening


class Listening:
    """A client of the stream."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def say(self, **said: Any) -> None:
        self.socket.send(json.dumps(said))

    def next(self, kind: str = "event") -> dict[str, Any]:
        """The next message of a kind."""
        while True:
            message: dict[str, Any] = json.loads(self.socket.recv(timeout=PATIENCE_S), parse_float=Decimal)
            if message["type"] == kind:
                return message


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def exactly(said: httpx.Response) -> Any:
    """An answer's body, its fractions exact."""
    return json.loads(said.content, parse_float=Decimal)
