"""One `POST /orders`, from its head and body to its answer, with no task of its own where nothing has to be waited for.

What is slow (a desk that is full, an order that was given before) goes on in a task.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from time import perf_counter, time_ns
from typing import NamedTuple

import structlog

from penstock.api import body
from penstock.api.callers import Caller
from penstock.api.intake import Asked, Taken, asked, given, given_before, told
from penstock.api.permissions import Permission
from penstock.api.problem import Problem, answer
from penstock.api.running import Answer
from penstock.api.service import Service

log = structlog.stdlib.get_logger("penstock.api")

TRADE = Permission.ORDERS_TRADE
SAFE = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
JSON = (b"content-type", b"application/json")

Headers = list[tuple[bytes, bytes]]


class Reply(NamedTuple):
    """An answer as HTTP has it, header names in lower case."""

    status: int
    headers: Headers
    body: bytes

    @property
    def closes(self) -> bool:
        """Whether the connection ends with it."""
        return self.status >= 400 and (b"connection", b"close") in [(n, v.lower()) for n, v in self.headers]


class OrderCall:
    """`done` is called with the answer, at once or later; `ended` before it, to put the call on record.

    `path` and `client` are as they go there. Of a header that comes twice, `headers` have the last.
    """

    __slots__ = (
        *("_asked", "_done", "_ended", "_headers", "_service", "_task"),
        *("at", "began", "caller", "client", "path", "request_id"),
    )

    def __init__(
        self,
        service: Service,
        headers: Mapping[bytes, bytes],
        path: str,
        client: str,
        request_id: str,
        ended: Callable[["OrderCall", int], None],
        done: Callable[[Reply], None],
    ) -> None:
        self.began, self.at = perf_counter(), time_ns()
        self.path, self.client, self.request_id = path, client, request_id
        self.caller: Caller | None = None
        self._service, self._headers, self._ended, self._done = service, headers, ended, done
        self._asked: Asked
        self._task: asyncio.Task[None] | None = None

    def admit(self) -> bool:
        """See who asks, before a body is waited for; whether they may. (If not, they have their answer.)"""
        try:
            given = {"authorization": self._header(b"authorization"), "x-api-key": self._header(b"x-api-key")}
            self.caller = self._service.admit(given, TRADE)
        except Problem as problem:
            self.refuse(problem)
            return False
        return True

    def take(self, text: bytes) -> None:
        """Have the order in a body worked."""
        service = self._service
        assert self.caller is not None, "who asks has been seen to"
        try:
            body.check_kind(self._header(b"content-type"))
            self._asked = asked(service, self.caller, text, self._header(b"idempotency-key"))
            if not service.desk.hand_in(self._asked.command, self._answered):
                self._go_on(given(service, self._asked))
        except Problem as problem:
            self.refuse(problem)
        except Exception:
            self.fail()

    def refuse(self, problem: Problem) -> None:
        said = answer(problem)
        self._end(problem.status, said.raw_headers, bytes(said.body))

    def fail(self) -> None:
        """A bug: the log has it under the request's id."""
        log.exception("bug", request_id=self.request_id, method="POST", path="orders")
        with suppress(Exception):  # who is to be told may be the trouble, and the desk goes on
            self.refuse(Problem("internal", "a bug of ours", request_id=self.request_id))

    def _header(self, name: bytes) -> str:
        return self._headers.get(name, b"").decode("latin-1")

    def _answered(self, said: Answer) -> None:
        try:
            taken = told(self._service, self._asked, said)
            if taken is None:
                self._go_on(given_before(self._service, self._asked, said))
            else:
                self._tell(taken)
        except Problem as problem:
            self.refuse(problem)
        except Exception:
            self.fail()

    def _go_on(self, waits: Coroutine[None, None, Taken]) -> None:
        async def going_on() -> None:
            try:
                self._tell(await waits)
            except Problem as problem:
                self.refuse(problem)
            except Exception:
                self.fail()

        self._task = asyncio.get_running_loop().create_task(going_on())

    def _tell(self, taken: Taken) -> None:
        headers = [JSON, (b"content-length", str(len(taken.body)).encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in taken.headers.items()]
        self._end(taken.status, headers, taken.body)

    def _end(self, status: int, headers: Headers, text: bytes) -> None:
        self._ended(self, status)
        self._done(Reply(status, [*headers, *SAFE, (b"x-request-id", self.request_id.encode())], text))
