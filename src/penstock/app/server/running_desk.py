"""The live driver as the API sees it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from penstock.api.running import AlertListener, Answer, Listener, Wanted
from penstock.app.live.alerts import plain
from penstock.app.live.answers import Ack, NotTaken
from penstock.app.live.driver import LiveDriver
from penstock.app.live.order_entry import Submit, order_of
from penstock.app.live.risk_picture import risk_picture, working_in
from penstock.domain import commands as cmd
from penstock.domain.events import AnyEvent, SessionStarted
from penstock.domain.instructions import PLAIN
from penstock.domain.orders import OrderTerms
from penstock.domain.quote import Depth, Quote
from penstock.engine.effects import Recall
from penstock.engine.families import Family
from penstock.engine.recall import archived_parent
from penstock.journal import Record
from penstock.journal.unhurried import UnhurriedRecord
from penstock.venues.paper.market import PaperMarket

SETTLING_S = 5.0
KINDS_MAX = 10_000


class LiveDesk:
    """Make one before the driver begins, so that no event is missed; `markets` know the depth of paper venues."""

    def __init__(self, driver: LiveDriver, markets: Sequence[PaperMarket] = ()) -> None:
        self._driver, self._markets = driver, markets
        self.state = driver.state
        self._seq = driver.state.seq
        self._listeners: list[Listener] = []
        self._session: SessionStarted | None = None
        self._known: dict[tuple[Any, ...], OrderTerms] = {}
        driver.listeners.append(self._take)

    @property
    def quotes(self) -> Mapping[str, Mapping[str, Quote]]:
        return self._driver.engine.desk.quotes

    @property
    def durable_seq(self) -> int:
        return self._driver.journal.durable_seq

    def now(self) -> int:
        return self._driver.clock.now()

    def next_order_id(self) -> str:
        return self._driver.next_order_id()

    def terms(self, wanted: Wanted, order_id: str) -> OrderTerms:
        """Orders that differ in numbers and ids only are checked whole once; after that, their numbers are."""
        if wanted.parameters:
            return self._checked(wanted, order_id)
        session = self.state.session
        if self._session is not session:
            self._session, self._known = session, {}
        kind = (
            *(wanted.symbol, wanted.side, wanted.order_type, wanted.algorithm, wanted.account, wanted.tif),
            *(wanted.strategy, wanted.urgency, wanted.venues, wanted.post_only, wanted.limit_price is None),
        )
        known = self._known.get(kind) if wanted.instructions is PLAIN else None
        instrument = self.state.instruments.get(wanted.symbol)
        price = wanted.limit_price
        fits = (
            known is not None
            and instrument is not None
            and wanted.quantity > 0
            and instrument.on_lot(wanted.quantity)
            and (price is None or (price > 0 and instrument.on_tick(price)))
        )
        if not fits or known is None:
            terms = self._checked(wanted, order_id)
            if wanted.instructions is PLAIN and len(self._known) < KINDS_MAX:
                self._known[kind] = terms
            return terms
        return msgspec.structs.replace(
            known,
            order_id=order_id,
            quantity=wanted.quantity,
            limit_price=price,
            client_order_id=wanted.client_order_id,
        )

    def _checked(self, wanted: Wanted, order_id: str) -> OrderTerms:
        asked = Submit(
            symbol=wanted.symbol,
            side=wanted.side,
            quantity=wanted.quantity,
            algorithm=wanted.algorithm,
            parameters=wanted.parameters,
            limit_price=wanted.limit_price,
            strategy=wanted.strategy,
            urgency=wanted.urgency,
            venues=wanted.venues,
            client_order_id=wanted.client_order_id,
            order_type=wanted.order_type,
            tif=wanted.tif,
            post_only=wanted.post_only,
            instructions=wanted.instructions,
        )
        terms = order_of(asked, self._driver.state, order_id, 0).terms
        return terms if terms.account == wanted.account else msgspec.structs.replace(terms, account=wanted.account)

    async def give(self, command: cmd.Command) -> Answer:
        try:
            ack = await self._driver.give(command)
        except NotTaken as refusal:
            return Answer(self.durable_seq, "not_taken", code=refusal.code, reason=str(refusal))
        return answer_of(ack)

    def hand_in(self, order: cmd.SubmitOrder, done: Callable[[Answer], None]) -> bool:
        return self._driver.put_now(order, Told(done))

    async def settled(self) -> None:
        driver = self._driver
        seq = driver.state.seq
        if driver.journal.durable_seq >= seq:
            return
        async with asyncio.timeout(SETTLING_S):
            await driver.until(lambda: driver.journal.durable_seq >= seq)

    def depth(self, symbol: str) -> dict[str, Depth]:
        return {venue: depth for market in self._markets for venue, depth in market.depth(symbol).items()}

    def status(self) -> dict[str, Any]:
        shown: dict[str, Any] = msgspec.to_builtins(self._driver.status())
        return shown

    def risk(self) -> dict[str, Any]:
        shown: dict[str, Any] = msgspec.to_builtins(risk_picture(self.state, self.now()))
        return shown

    def working(self, scope: str) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = msgspec.to_builtins(list(working_in(self.state, scope)))
        return shown

    def alerts(self) -> list[dict[str, Any]]:
        return [plain(each) for each in self._driver.alerts.open]

    async def acknowledge(self, alert: int, by: str) -> Answer:
        return await self.give(self._driver.alerts.acknowledgement(alert, by, "", self.now()))

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def listen_to_alerts(self, listener: AlertListener) -> None:
        self._driver.alerts.tellers.append(lambda alert: listener(plain(alert)))

    async def recall(self, order_id: str) -> Family | None:
        parent_id = archived_parent(self.state, order_id)
        if not parent_id:
            return None
        return (await self._driver.recaller.find(Recall(order_id=parent_id))).family

    def reader(self) -> Record:
        return UnhurriedRecord(self._driver.journal.record.reader())

    def _take(self, events: Sequence[AnyEvent]) -> None:
        first = self._seq + 1
        self._seq += len(events)
        for listener in self._listeners:
            listener(first, events)


class Told:
    """Somebody who is told an answer at once, where others wait for a future."""

    __slots__ = ("_tell",)

    def __init__(self, tell: Callable[[Answer], None]) -> None:
        self._tell = tell

    def done(self) -> bool:
        return False

    def set_result(self, ack: Ack, /) -> None:
        self._tell(answer_of(ack))


def answer_of(ack: Ack) -> Answer:
    return Answer(ack.seq, ack.outcome, ack.order_id, ack.code, ack.reason)
