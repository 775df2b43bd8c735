"""`kill -9` on a real desk process under load: what it had answered is there, and the venue saw every order once.

`PENSTOCK_KILLS` is how often each journal's desk is killed; unset, as often as an ordinary run has time for.
"""

import os
import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from live_processes import Client, start_desk, start_venue

from penstock.domain import events as ev
from penstock.journal import read, recover, replay, verify
from penstock.venues.loopback.ledger import Arrived, Traded, read_ledger

KILLS = {"sqlite": 12, "postgres": 6}
ORDERS_A_LIFE = 300
UNANSWERED_MAX = 40


class Load:
    """Orders without end from one client; remembers which of them were acknowledged, over all the desk's lives."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.sent = 0
        self.acknowledged: dict[str, str] = {}

    async def press(self, client: Client, answers: int) -> bool:
        """Send orders until so many answers have come; False if the desk died first."""
        asked: list[str] = []
        while answers:
            while len(asked) < UNANSWERED_MAX:
                asked.append(self.send(client))
            answer = await client.answer()
            if answer is None:
                return False
            self.keep(asked.pop(0), answer)
            answers -= 1
        return True

    def send(self, client: Client) -> str:
        """One order, or the cancel of an earlier one; returns its client order id."""
        if self.acknowledged and self.random.random() < 0.05:
            order_id = self.random.choice(list(self.acknowledged.values()))
            client.send(do="cancel", order_id=order_id)
            return ""
        self.sent += 1
        client_order_id = f"c{self.sent}"
        client.send(do="submit", client_order_id=client_order_id, **self.order())
        return client_order_id

    def order(self) -> dict[str, Any]:
        side = self.random.choice(["buy", "sell"])
        kind = self.random.random()
        if kind < 0.02:
            parameters = {"duration_minutes": 0.25, "num_slices": 5}
            return {"symbol": "ACME", "side": side, "quantity": 200, "algorithm": "twap", "parameters": parameters}
        if kind < 0.3:
            price = 185.10 if side == "buy" else 184.90
            return {"symbol": "ACME", "side": side, "quantity": 7, "algorithm": "limit", "limit_price": price}
        return {"symbol": "GLOBEX", "side": side, "quantity": 3, "algorithm": "market"}

    def keep(self, client_order_id: str, answer: dict[str, Any]) -> None:
        if client_order_id:
            assert answer["outcome"] in ("accepted", "denied"), answer
            self.acknowledged[client_order_id] = answer["order_id"]


async def live_and_die(load: Load, port: int, journal: Path | str, folder: Path) -> None:
    """One life of the desk: sometimes killed while it recovers, mostly under load."""
    desk = await start_desk(port, journal, folder)
    died = ""
    try:
        if load.random.random() < 0.85:
            client = await Client.connect(desk, folder)
            if not await load.press(client, load.random.randrange(ORDERS_A_LIFE)):
                died = "by itself"
            client.close()
    finally:
        await desk.kill()
    assert not died, "\n".join(desk.lines)


async def finish(port: int, journal: Path | str, folder: Path) -> None:
    """The last life: every parent on record comes to its end; resting limit orders have to be asked to."""
    desk = await start_desk(port, journal, folder)
    client = await Client.connect(desk, folder)
    parents = [event.terms for event in read(journal) if isinstance(event, ev.OrderReceived)]
    for terms in parents:
        if terms.algorithm == "limit":
            await client.ask(do="cancel", order_id=terms.order_id)
        assert not (await client.ask(do="wait", order_id=terms.order_id))["working"]
    status = await client.ask(do="status")
    assert (status["working"], status["halted"]) == (0, "")
    client.close()
    desk.signal(signal.SIGTERM)
    await desk.line("stopped: nothing is left working")
    assert await desk.end() == 0


def check(load: Load, journal: Path | str, ledger: Path) -> None:
    """What the architecture promises, from the desk's record and the venue's own."""
    assert verify(journal).fault == ""
    events = list(read(journal))
    decided = {event.terms.client_order_id: event.terms.order_id
               for event in events if isinstance(event, ev.OrderReceived | ev.OrderDenied)}  # fmt: skip
    lost = {client: order for client, order in load.acknowledged.items() if decided.get(client) != order}
    assert not lost, "acknowledged and not on record"

    lines = list(read_ledger(ledger))
    arrived = Counter(line.terms.order_id for line in lines if isinstance(line, Arrived))
    assert arrived.total() == len(arrived), "an order reached the venue twice"
    submitted = {event.terms.order_id for event in events if isinstance(event, ev.ChildSubmitted)}
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
        elif order.terms.algorithm in ("twap", "market") and not order.reason:
            assert order.cum_qty == order.terms.quantity, f"{order.terms.order_id} did not go on"


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_desk_killed_again_and_again_loses_nothing_and_doubles_nothing(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    journal = tmp_path / "journal.db" if kind == "sqlite" else request.getfixturevalue("database")
    load = Load(seed=1)
    venue, port = await start_venue(tmp_path, "--repeat", 0.05)
    try:
        for _ in range(int(os.environ.get("PENSTOCK_KILLS", KILLS[kind]))):
            await live_and_die(load, port, journal, tmp_path)
        await finish(port, journal, tmp_path)
    finally:
        await venue.kill()
    check(load, journal, tmp_path / "ledger")
    assert len(load.acknowledged) > 100, "the desk was hardly under load"
