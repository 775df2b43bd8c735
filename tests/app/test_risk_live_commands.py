"""The switches of a desk, on real processes: a kill that works with a venue, its clients or the desk itself gone."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from live_processes import Client, Process, connected
from risk_command_line import risk

from penstock.app.risk.desk_line import DeskSilent, ask
from penstock.domain.errors import BadInput
from penstock.domain.events import LimitChanged, ModeChanged
from penstock.journal import read, replay
from penstock.venues.loopback.ledger import Arrived, Ended, read_ledger

WHO = ("--by", "ann", "--reason", "runaway")


class Floor:
    """A desk and two venues, each a process of its own, and a client of the desk."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.journal = folder, folder / "journal.db"
        self.address = f"unix:{folder / 's'}"
        self.venues: dict[str, Process] = {}
        self.ports: dict[str, int] = {}
        self.desk: Process

    async def start(self) -> None:
        for name in ("A", "B"):
            (self.folder / name).mkdir()
            await self.start_venue(name)
        await self.start_desk()

    async def start_venue(self, name: str) -> None:
        """A venue, on the port that it had before if it has been there."""
        ledger, port = self.folder / name / "ledger", self.ports.get(name, 0)
        self.venues[name] = await Process.start("venue-sim", "--ledger", ledger, "--port", port, "--step-ms", 20)
        self.ports[name] = int(await self.venues[name].line("listening on"))

    async def start_desk(self) -> None:
        venues = [word for name in self.ports for word in ("--venue", self.venue(name))]
        self.desk = await Process.start("desk", *venues, "--journal", self.journal, "--listen", self.address)
        await self.desk.line("recovered")
        await self.desk.line("listening on")

    async def end(self) -> None:
        for process in (self.desk, *self.venues.values()):
            await process.kill()

    def venue(self, name: str) -> str:
        return f"{name}=loopback:{self.ports[name]}"

    async def risk(self, *words: object, desk: bool = True) -> tuple[int, list[str]]:
        """`penstock risk …`; its exit code and what it says."""
        process = await Process.start("risk", *words, *(("--desk", self.address) if desk else ()))
        return await process.end(), [line for line in process.lines if line.strip()]

    async def rest(self, client: Client, venue: str, quantity: int = 5) -> str:
        """An order that is live at a venue, far from its market; its id there."""
        order = {"side": "buy", "quantity": quantity, "algorithm": "limit", "limit_price": 1, "venues": [venue]}
        answer = await client.ask(do="submit", symbol="ACME", **order)
        child: str = f"{answer['order_id']}-001"
        while (await client.ask(do="status", order_id=child)).get("status") != "new":
            pass
        return child

    def open_at(self, venue: str) -> set[str]:
        """What may still fill by the venue's own record."""
        found: set[str] = set()
        for line in read_ledger(self.folder / venue / "ledger"):
            if isinstance(line, Arrived):
                found.add(line.terms.order_id)
            elif isinstance(line, Ended):
                found.discard(line.order_id)
        return found


@asynccontextmanager
async def trading(folder: Path) -> AsyncIterator[Floor]:
    floor = Floor(folder)
    try:
        await floor.start()
        yield floor
    finally:
        await floor.end()


async def test_a_kill_works_with_one_venue_dead_and_says_what_it_cannot_know(tmp_path: Path) -> None:
    async with trading(tmp_path) as floor, connected(None, tmp_path) as client:
        at_a, at_b = await floor.rest(client, "A"), await floor.rest(client, "B", 7)
        await floor.venues["B"].kill()
        code, said = await floor.risk("kill", *WHO, "--wait", 1)
        assert said[:2] == ["done: desk is halted", "after 1 s 1 are still not over:"]
        assert said[2].startswith(f"  {at_b} buy 7 ACME on B, which is down (")
        assert code == 1
        assert (floor.open_at("A"), floor.open_at("B")) == (set(), {at_b})
        assert at_a != at_b
        denied = await client.ask(do="submit", symbol="ACME", side="buy", quantity=1)
        assert (denied["outcome"], denied["code"]) == ("denied", "halted")
        await floor.start_venue("B")
        while (await client.ask(do="working"))["orders"]:
            pass
        assert floor.open_at("B") == set(), "the first thing that it hears when it is back is the cancel"
    [mode] = [event for event in read(floor.journal) if isinstance(event, ModeChanged)]
    assert (mode.scope, mode.mode, mode.by, mode.reason) == ("desk", "halted", "ann", "runaway")


async def test_a_kill_works_with_every_client_gone_and_one_that_hears_nothing(tmp_path: Path) -> None:
    async with trading(tmp_path) as floor:
        async with connected(None, tmp_path) as gone:
            await floor.rest(gone, "A")
            await floor.rest(gone, "B")
        async with connected(None, tmp_path) as deaf:
            for _ in range(2000):
                deaf.send(do="status")
            code, said = await floor.risk("kill", *WHO)
        assert (code, said) == (0, ["done: desk is halted", "nothing of it works any more"])
        assert floor.open_at("A") | floor.open_at("B") == set()


async def test_a_desk_that_is_down_is_killed_by_its_journal_and_comes_back_halted_until_it_is_reset(
    tmp_path: Path,
) -> None:
    async with trading(tmp_path) as floor:
        async with connected(None, tmp_path) as client:
            await floor.rest(client, "A")
            await floor.rest(client, "B")
        venues = ("--venue", floor.venue("A"), "--venue", floor.venue("B"))
        code, said = await floor.risk("kill", "--journal", floor.journal, *venues, *WHO, desk=False)
        assert code == 2, said
        assert len(floor.open_at("A") | floor.open_at("B")) == 2, "a desk that runs has its journal to itself"
        await floor.desk.kill()
        code, said = await floor.risk("kill", "--journal", floor.journal, *venues, *WHO, desk=False)
        assert code == 0, said
        assert "done: desk is halted, when it is started again, too" in said
        assert said[-1] == "stopped: nothing is left working"
        assert floor.open_at("A") | floor.open_at("B") == set()
        await floor.start_desk()
        async with connected(None, tmp_path) as client:
            order: dict[str, Any] = {"do": "submit", "symbol": "ACME", "side": "buy", "quantity": 1}
            assert (await client.ask(**order))["code"] == "halted"
            assert (await floor.risk("reset", "--by", "bob", "--reason", "reviewed"))[0] == 0
            assert (await client.ask(**order))["outcome"] == "accepted"
    state = replay(read(floor.journal))
    assert state.risk.modes == {}


async def test_a_kill_of_one_venue_leaves_the_other_alone_and_a_reset_ends_it(tmp_path: Path) -> None:
    async with trading(tmp_path) as floor, connected(None, tmp_path) as client:
        await floor.rest(client, "A")
        at_b = await floor.rest(client, "B")
        code, said = await floor.risk("kill", "--scope", "venue/A", "--mode", "cancel_all", *WHO)
        assert (code, said[0]) == (0, "done: venue A is cancel_all")
        assert (floor.open_at("A"), floor.open_at("B")) == (set(), {at_b})
        looser = await floor.risk("kill", "--scope", "venue/A", "--mode", "no_new", *WHO)
        assert looser[0] == 1
        assert looser[1][0].startswith("refused: venue A is cancel_all: only a reset makes it no_new")
        status = await floor.risk("status")
        assert any("venue/A" in line and "cancel_all" in line and "ann" in line for line in status[1])
        assert (await floor.risk("reset", "--scope", "venue/A", *WHO))[0] == 0
        assert (await client.ask(do="risk"))["modes"] == []


async def test_a_limit_is_changed_with_a_name_and_a_reason_or_all_stay_as_they_were(tmp_path: Path) -> None:
    async with trading(tmp_path) as floor, connected(None, tmp_path) as client:
        code, said = await floor.risk("set-limit", "order_value_mx", "5", *WHO)
        assert (code, said[0].split(":")[0]) == (1, "refused")
        assert "did you mean order_value_max?" in said[0]
        assert (await floor.risk("set-limit", "gross_exposure_max", "100", "--scope", "symbol/ACME", *WHO))[0] == 0
        order: dict[str, Any] = {"do": "submit", "symbol": "ACME", "side": "buy", "quantity": 5}
        denied = await client.ask(**order)
        assert (denied["outcome"], denied["code"]) == ("denied", "gross_exposure")
        assert (await floor.risk("set-limit", "gross_exposure_max", "none", "--scope", "symbol/ACME", *WHO))[0] == 0
        assert (await client.ask(**order))["outcome"] == "accepted"
        [alert] = (await client.ask(do="alerts"))["alerts"]
        assert (alert["code"], alert["count"]) == ("refused_bad_limit", 1)
        assert (await floor.risk("ack", alert["id"], "--by", "bob"))[0] == 0
        assert (await client.ask(do="alerts"))["alerts"] == []
        assert (await floor.risk("ack", alert["id"], "--by", "bob"))[0] == 1
    changes = [event for event in read(floor.journal) if isinstance(event, LimitChanged)]
    assert [(change.scope, change.name, change.by) for change in changes] == [
        ("symbol/ACME", "gross_exposure_max", "ann")
    ] * 2


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["kill", "--desk", "tcp:1", "--by", " ", "--reason", "x"], "--by: must not be empty"),
        (["kill", "--desk", "tcp:1", "--by", "x", "--reason", ""], "--reason: must not be empty"),
        (["kill", "--desk", "tcp:1", *WHO, "--mode", "stop"], "--mode: must be one of active, reduce_only"),
        (["kill", "--desk", "tcp:1", *WHO, "--mode", "active"], "makes nothing stricter"),
        (["kill", "--desk", "tcp:1", *WHO, "--scope", "symbl/X"], "did you mean symbol?"),
        (["kill", "--desk", "udp:1", *WHO], "--desk: must be unix:PATH or tcp:PORT"),
        (["kill", *WHO], "give the address of a running desk or, if it is down, its --journal"),
        (["kill", "--journal", "nothing.db", *WHO], "--venue: is missing"),
        (["kill", "--journal", "nothing.db", "--venue", "loopback:1", *WHO], "nothing.db"),
        (["kill", "--journal", "x", "--venue", "loopback:1", "--scope", "symbol/A", *WHO], "must be desk"),
    ],
)
def test_a_kill_that_cannot_be_is_refused_before_anything_is_asked(words: list[str], refusal: str) -> None:
    with pytest.raises(BadInput, match=refusal.replace("?", r"\?")):
        risk(*words)


def test_no_desk_at_the_address_is_said_and_that_nothing_was_asked(tmp_path: Path) -> None:
    with pytest.raises(DeskSilent, match=r"no desk listens at unix:.*: nothing was asked") as silent:
        risk("kill", "--desk", f"unix:{tmp_path / 's'}", *WHO)
    assert not silent.value.nobody_knows


async def test_a_desk_that_is_frozen_is_told_apart_from_one_that_is_not_there(tmp_path: Path) -> None:
    async with trading(tmp_path) as floor:
        floor.desk.signal(signal.SIGSTOP)
        with pytest.raises(DeskSilent, match="nobody knows what it did, ask again") as silent:
            ask(floor.address, {"do": "status"}, answer_s=0.2)
        assert silent.value.nobody_knows
        floor.desk.signal(signal.SIGCONT)
        assert ask(floor.address, {"do": "status"})["working"] == 0
