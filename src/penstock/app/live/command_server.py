"""Commands as lines of JSON over a socket of this machine; one answer a line, in the order of the questions.

A client may ask on without waiting: its commands are taken in their order, and each is answered once it is durable.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from penstock.app.live.alerts import plain
from penstock.app.live.answers import Ack, NotTaken
from penstock.app.live.driver import LiveDriver
from penstock.app.live.order_entry import (
    Amend,
    Cancel,
    Heartbeat,
    Request,
    Show,
    Submit,
    Wait,
    change_of,
    order_of,
    request_of,
)
from penstock.app.live.risk_entry import (
    Acknowledge,
    ChangeLimit,
    ResetBreaker,
    RiskRequest,
    SetMode,
    ShowAlerts,
    ShowRisk,
    ShowWorking,
    risk_command_of,
)
from penstock.app.live.risk_picture import risk_picture, working_in
from penstock.domain.errors import BadInput
from penstock.domain.orders import Order
from penstock.engine.effects import Recall
from penstock.engine.recall import archived_parent, is_ours

LINE_BYTES_MAX = 1024**2
UNANSWERED_MAX = 4096
LOCALHOST = "127.0.0.1"

Answer = dict[str, Any]
Asking = tuple[Request | None, asyncio.Future[Ack] | asyncio.Future[Answer] | Answer]


class CommandServer:
    """Serves a driver on a unix socket, or a port of this machine only; `address` is where, once started."""

    def __init__(self, driver: LiveDriver, listen: str) -> None:
        self._driver, self._listen = driver, listen
        self.address = listen
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            BadInput: not an address, or one that cannot be listened on.
        """
        kind, _, place = self._listen.partition(":")
        try:
            if kind == "unix" and place:
                Path(place).unlink(missing_ok=True)
                self._server = await asyncio.start_unix_server(self._serve, place, limit=LINE_BYTES_MAX)
            elif kind == "tcp" and place.isdigit():
                self._server = await asyncio.start_server(self._serve, LOCALHOST, int(place), limit=LINE_BYTES_MAX)
                self.address = f"tcp:{self._server.sockets[0].getsockname()[1]}"
            else:
                raise BadInput("--listen", "", "must be unix:PATH or tcp:PORT", self._listen)
        except (OSError, OverflowError) as error:
            raise BadInput("--listen", self._listen, f"cannot be listened on: {error}") from None

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        if self._listen.startswith("unix:"):
            Path(self._listen.removeprefix("unix:")).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take commands in their order, and answer them in it."""
        waiting: asyncio.Queue[Asking] = asyncio.Queue(UNANSWERED_MAX)
        answering = asyncio.create_task(self._answer(waiting, writer))
        try:
            while text := await line_of(reader):
                await waiting.put(await self._take(text))
        finally:
            with suppress(asyncio.CancelledError):
                await waiting.put((None, {}))
                await answering
            writer.transport.abort()

    async def _take(self, text: bytes) -> Asking:
        request = None
        try:
            request = request_of(text)
            return request, await self._begin(request)
        except NotTaken as refusal:
            return request, {"outcome": "not_taken", "code": refusal.code, "reason": str(refusal)}
        except BadInput as error:
            return request, {"outcome": "refused", "code": "bad_input", "reason": str(error)}

    async def _begin(self, request: Request) -> asyncio.Future[Ack] | asyncio.Future[Answer] | Answer:
        driver = self._driver
        match request:
            case Submit():
                return await driver.put(order_of(request, driver.state, driver.next_order_id(), driver.clock.now()))
            case Amend() | Cancel():
                return await driver.put(change_of(request, driver.state, driver.clock.now()))
            case Show(order_id=""):
                shown: Answer = msgspec.to_builtins(driver.status())
                return shown
            case Show():
                if self._is_archived(request.order_id):
                    return asyncio.ensure_future(self._archived(request.order_id))
                return self._order(request.order_id)
            case Heartbeat():
                return {"outcome": "alive", "next_within_s": driver.heartbeat()}
            case Wait():
                if not self._is_archived(request.order_id):
                    self._order(request.order_id)
                return asyncio.ensure_future(self._over(request.order_id))
        return await self._begin_risk(request)

    async def _begin_risk(self, request: RiskRequest) -> asyncio.Future[Ack] | Answer:
        driver, shown = self._driver, msgspec.to_builtins
        match request:
            case SetMode() | ResetBreaker() | ChangeLimit():
                return await driver.put(risk_command_of(request, driver.clock.now()))
            case ShowRisk():
                answer: Answer = shown(risk_picture(driver.state, driver.clock.now(), driver.engine.desk.budgets))
            case ShowWorking():
                working = working_in(driver.state, request.scope)
                answer = {"count": len(working), "orders": shown(working[: request.most])}
            case ShowAlerts():
                answer = {"alerts": [plain(each) for each in driver.alerts.open], "forgotten": driver.alerts.forgotten}
            case Acknowledge():
                now = driver.clock.now()
                return await driver.put(driver.alerts.acknowledgement(request.alert, request.by, request.reason, now))
        return answer

    async def _over(self, order_id: str) -> Answer:
        driver = self._driver
        await driver.until(lambda: order_id not in driver.state.working)
        seq = driver.state.seq
        await driver.until(lambda: driver.journal.durable_seq >= seq)
        if self._is_archived(order_id):
            return await self._archived(order_id)
        return self._order(order_id)

    def _is_archived(self, order_id: str) -> bool:
        state = self._driver.state
        return order_id not in state.orders and is_ours(state, order_id)

    async def _archived(self, order_id: str) -> Answer:
        """An order that left memory, as the journal knows it."""
        parent_id = archived_parent(self._driver.state, order_id)
        try:
            family = (await self._driver.recaller.find(Recall(order_id=parent_id))).family
        except Exception as error:  # whatever it is, the order is neither shown nor unknown
            return {"outcome": "not_taken", "code": "journal_unavailable", "reason": str(error)}
        order = None if family is None else ({parent_id: family.order} | family.orders).get(order_id)
        if order is None:
            return {"outcome": "refused", "code": "bad_input", "reason": str(no_such_order(order_id))}
        return told(order, working=False)

    def _order(self, order_id: str) -> Answer:
        order = self._driver.state.orders.get(order_id)
        if order is None:
            raise no_such_order(order_id)
        return told(order, working=order_id in self._driver.state.working)

    async def _answer(self, waiting: asyncio.Queue[Asking], writer: asyncio.StreamWriter) -> None:
        while True:
            request, answer = await waiting.get()
            if not answer:
                return
            said = msgspec.to_builtins(await answer) if isinstance(answer, asyncio.Future) else answer
            if request is not None and request.id is not None:
                said = {"id": request.id, **said}
            if writer.is_closing():
                continue
            writer.write(msgspec.json.encode(said) + b"\n")
            if waiting.empty():
                with suppress(ConnectionError):
                    await writer.drain()


def told(order: Order, *, working: bool) -> Answer:
    """An order as clients see it."""
    return {
        "order_id": order.terms.order_id,
        "status": order.ord_status,
        "quantity": order.terms.quantity,
        "cum_qty": order.cum_qty,
        "avg_px": order.avg_px,
        "working": working,
        "reason": order.reason,
    }


def no_such_order(order_id: str) -> BadInput:
    return BadInput("order", "order_id", "there is no such order", order_id)


async def line_of(reader: asyncio.StreamReader) -> bytes:
    """The next line; empty once the client is gone, or sends a line beyond all bounds."""
    try:
        return await reader.readline()
    except (ConnectionError, ValueError):
        return b""
