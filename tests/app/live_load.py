"""Load on a real desk that remembers every answer, and the check of every promise against two records in the end."""

import random
import signal
from collections import Counter, deque
from pathlib import Path
from typing import Any

from live_processes import Client, Process, connected, start_desk

from penstock.domain import events as ev
from penstock.journal import read, recover, replay, verify
from penstock.venues.loopback.ledger import Arrived, Traded, read_ledger

UNANSWERED_MAX = 40
# The load trades with itself, and every crash looks slow to a breaker: what is tried here is what crashes lose.
LIMITS = """
prevent_self_trade = false

[breaker]
slippage.threshold = 1_000_000
reject_rate.threshold = 1_000_000
latency.threshold = 1_000_000
stress.threshold = 1_000_000
"""


class Load:
    """Orders without end from one client at a time, over all the desk's lives.

    `acknowledged` are the ids that the desk gave, by client order id; `refused` counts what it did not take, by code.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.sent = 0
        self.acknowledged: dict[str, str] = {}
        self.refused: Counter[str] = Counter()
        self._asked: deque[str] = deque()
        self._client: Client

    def through(self, client: Client) -> None:
        """From now on through this client; what the one before has not been told is not known."""
        self._client = client
        self._asked.clear()

    async def press(self, answers: int) -> bool:
        """Send orders until so many answers have come; False if the desk died first."""
        for _ in range(answers):
            while len(self._asked) < UNANSWERED_MAX:
                self.send()
            if not await self._hear():
                return False
        return True

    async def drain(self) -> bool:
        """Hear every answer that is still to come; False if the desk died first."""
        while self._asked:
            if not await self._hear():
                return False
        return True

    def send(self) -> None:
        """One order, or the cancel of an earlier one."""
        if self.acknowledged and self.random.random() < 0.05:
            self._client.send(do="cancel", order_id=self.random.choice(list(self.acknowledged.values())))
            self._asked.append("")
            return
        self.sent += 1
        self._client.send(do="submit", client_order_id=f"c{self.sent}", **self.order())
        self._asked.append(f"c{self.sent}")

    def order(self) -> dict[str, Any]:
        side = self.random.choice(["buy", "sell"])
        kind = self.random.random()
        if kind < 0.02:
            parameters = {"duration_minutes": 0.1, "num_slices": 5}
            return {"symbol": "ACME", "side": side, "quantity": 200, "algorithm": "twap", "parameters": parameters}
        if kind < 0.3:
            price = 185.10 if side == "buy" else 184.90
            return {"symbol": "ACME", "side": side, "quantity": 7, "algorithm": "limit", "limit_price": price}
        return {"symbol": "GLOBEX", "side": side, "quantity": 3, "algorithm": "market"}

    async def _hear(self) -> bool:
        answer = await self._client.answer()
        if answer is None:
            return False
        client_order_id = self._asked.popleft()
        if answer["outcome"] == "not_taken":
            self.refused[answer["code"]] += 1
        elif client_order_id:
            assert answer["outcome"] in ("accepted", "denied"), answer
            self.acknowledged[client_order_id] = answer["order_id"]
        return True


async def start_loaded_desk(port: int, journal: Path | str, folder: Path) -> Process:
    """A desk that lets this load through."""
    limits = folder / "limits.toml"
    limits.write_text(LIMITS)
    return await start_desk(port, journal, folder, "--limits", limits)


async def finish(port: int, journal: Path | str, folder: Path) -> None:
    """The last life: every parent on record comes to its end; resting limit orders have to be asked to."""
    desk = await start_loaded_desk(port, journal, folder)
    try:
        parents = [event.terms for event in spelled_out(journal) if isinstance(event, ev.OrderReceived)]
        async with connected(desk, folder) as client:
            for terms in parents:
                if terms.algorithm == "limit":
                    await client.ask(do="cancel", order_id=terms.order_id)
                assert not (await client.ask(do="wait", order_id=terms.order_id))["working"]
            status = await client.ask(do="status")
            assert (status["working"], status["halted"]) == (0, "")
        desk.signal(signal.SIGTERM)
        await desk.line("stopped: nothing is left working")
        assert await desk.end() == 0
    finally:
        await desk.kill()


def spelled_out(journal: Path | str) -> list[ev.AnyEvent]:
    """The events on record, in the words of those that every order has."""
    return [each for event in read(journal) for each in ev.spelled_out(event)]


def check(load: Load, journal: Path | str, ledger: Path, *, all_filled: bool = True) -> None:
    """What the architecture promises, from the desk's record and the venue's own.

    `all_filled`: nobody stopped the desk, so that whatever was not cancelled is filled.
    """
    assert verify(journal).fault == ""
    events = list(read(journal))
    decided = {event.terms.client_order_id: event.terms.order_id
               for event in spelled_out(journal) if isinstance(event, ev.OrderReceived | ev.OrderDenied)}  # fmt: skip
    lost = {client: order for client, order in load.acknowledged.items() if decided.get(client) != order}
    assert not lost, "acknowledged and not on record"

    lines = list(read_ledger(ledger))
    arrived = Counter(line.terms.order_id for line in lines if isinstance(line, Arrived))
    assert arrived.total() == len(arrived), "an order reached the venue twice"
    submitted = {event.terms.order_id for event in spelled_out(journal) if isinstance(event, ev.ChildSubmitted)}
    assert set(arrived) <= submitted, "an order left that is not on record"

    booked = Counter(event.exec_id for event in events if isinstance(event, ev.ChildFilled))
    assert booked.total() == len(booked), "a fill is booked twice"
    traded = {line.exec_id: (line.order_id, line.quantity) for line in lines if isinstance(line, Traded)}
    assert set(booked) == set(traded), "the fills on record are not those of the venue"

    state = replay(events)
    assert state.state_hash() == recover(journal).state_hash()
    filled: Counter[str] = Counter()
    for order_id, quantity in traded.values():
        filled[order_id] += quantity
    for order in state.orders.values():
        assert not order.is_open, f"{order.terms.order_id} did not come to its end"
        assert order.cum_qty <= order.terms.quantity
        if order.terms.venue is not None:
            assert order.cum_qty == filled[order.terms.order_id]
        elif all_filled and order.terms.algorithm in ("twap", "market") and not order.reason:
            assert order.cum_qty == order.terms.quantity, f"{order.terms.order_id} did not go on"
