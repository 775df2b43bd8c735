"""A live desk recalls archived orders beside its loop: whoever waits is answered, whatever fails is tried again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from live_desk import ScriptedVenue, driver_on, order, running, soon

from penstock.app.live.command_server import CommandServer
from penstock.app.live.driver import LiveDriver, highest_number
from penstock.domain import commands as cmd
from penstock.domain import reports as rep
from penstock.domain.venue import Liquidity
from penstock.engine.engine import Engine
from penstock.engine.recall import is_archived
from penstock.journal import JournalUnavailable, MemoryJournal, Record, WritableRecord, open_journal, recovery, replay

D = Decimal


class BrokenReader(MemoryJournal):
    """A journal that can be written, and read by nobody else for a while."""

    failures = 0

    def reader(self) -> MemoryJournal:
        if self.failures:
            self.failures -= 1
            raise JournalUnavailable("the database does not answer")
        return self


@asynccontextmanager
async def archiving(
    journal: WritableRecord, venue: ScriptedVenue, closed_orders_max: int = 0
) -> AsyncIterator[LiveDriver]:
    """A desk that archives all that is over, with what comes next."""
    engine = Engine(recovery(journal).state, closed_orders_max)
    async with running(driver_on(journal, venue, engine=engine)) as driver:
        yield driver


async def archive(driver: LiveDriver, order_id: str = "P1", **changes: Any) -> None:
    """Have an order traded and archived."""
    command = order(order_id)
    await driver.give(msgspec.structs.replace(command, terms=msgspec.structs.replace(command.terms, **changes)))
    await soon(driver.until(lambda: not driver.state.working))
    await driver.give(cmd.CancelAll(ts=0, reason="the next input"))
    assert is_archived(driver.state, order_id)


def late_fill(order_id: str, quantity: int = 5) -> rep.Fill:
    return rep.Fill(
        ts=0,
        venue="XA",
        order_id=order_id,
        exec_id="late",
        last_qty=D(quantity),
        last_px=D(10),
        fee=D(0),
        liquidity=Liquidity.TAKER,
        traded_at=0,
    )


@pytest.fixture(params=["memory", "sqlite"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> WritableRecord:
    return MemoryJournal() if request.param == "memory" else open_journal(tmp_path / "journal.db")


async def test_a_late_fill_of_an_archived_order_is_booked(journal: WritableRecord) -> None:
    venue = ScriptedVenue("XA")
    async with archiving(journal, venue) as driver:
        await archive(driver)
        venue.say(late_fill("P1-001"))
        await soon(driver.until(lambda: driver.state.ledger.net == {"ACME": D(105)}))
        assert driver.state.orders["P1"].cum_qty == 105


async def test_a_client_that_submits_an_archived_order_again_gets_the_first_ones_answer(
    journal: WritableRecord,
) -> None:
    venue = ScriptedVenue("XA")
    async with archiving(journal, venue) as driver:
        await archive(driver, client_order_id="mine")
        again = order("P2")
        again = msgspec.structs.replace(again, terms=msgspec.structs.replace(again.terms, client_order_id="mine"))
        acks = await soon(asyncio.gather(driver.give(again), driver.give(again), driver.give(order("P3"))))
        assert [(ack.outcome, ack.order_id) for ack in acks] == [
            ("accepted", "P1"),
            ("accepted", "P1"),
            ("accepted", "P3"),
        ]
        await soon(driver.until(lambda: not driver.state.working))
        assert [sent for sent in venue.sent if sent != "look"] == ["new P1-001", "new P3-001"]


async def test_each_who_waits_for_the_same_order_gets_its_own_answer() -> None:
    venue = ScriptedVenue("XA")
    async with archiving(MemoryJournal(), venue) as driver:
        await archive(driver)
        venue.say(late_fill("P1-001"))
        asked = [
            cmd.CancelOrder(ts=0, order_id="P1"),
            cmd.AmendOrder(ts=0, order_id="P1", quantity=D(50)),
            order("P1"),
            cmd.CancelOrder(ts=0, order_id="P1"),
        ]
        acks = await soon(asyncio.gather(*map(driver.give, asked)))
        assert [(ack.outcome, ack.code) for ack in acks] == [
            ("refused", "cancel_refused"),
            ("refused", "not_working"),
            ("refused", "duplicate_order"),
            ("refused", "cancel_refused"),
        ]


async def test_a_look_up_that_fails_is_made_again_and_says_so_meanwhile(caplog: pytest.LogCaptureFixture) -> None:
    journal, venue = BrokenReader(), ScriptedVenue("XA")
    async with archiving(journal, venue) as driver:
        await archive(driver)
        journal.failures = 3
        venue.say(late_fill("P1-001"))
        await soon(driver.until(lambda: driver.state.ledger.net == {"ACME": D(105)}))
        assert driver.status().alerts == ()
    assert journal.failures == 0
    said = [record.message for record in caplog.records]
    assert "archived order P1 cannot be looked up in the journal: the database does not answer" in said
    assert "archived order P1 was looked up at last" in said


async def test_the_desk_goes_on_while_an_order_is_looked_up() -> None:
    journal, venue = BrokenReader(), ScriptedVenue("XA")
    async with archiving(journal, venue) as driver:
        await archive(driver)
        journal.failures = 10**9
        waiting = await driver.put(cmd.CancelOrder(ts=0, order_id="P1"))
        assert (await driver.give(order("P2"))).outcome == "accepted"
        await soon(driver.until(lambda: "P2" in driver.state.closed))
        assert not waiting.done()
        assert any("P1" in alert for alert in driver.status().alerts)
        journal.failures = 0
        assert (await soon(waiting)).code == "cancel_refused"


async def test_a_desk_that_died_with_a_recall_under_way_takes_it_up(tmp_path: Path) -> None:
    path, venue = tmp_path / "journal.db", ScriptedVenue("XA")
    async with archiving(open_journal(path), venue) as driver:
        await archive(driver)

        def never() -> Record:
            raise JournalUnavailable("the database does not answer")

        driver.journal.record.reader = never  # type: ignore[method-assign]
        venue.say(late_fill("P1-001"))
        await soon(driver.until(lambda: bool(driver.state.recalls)))
        await soon(driver.until(lambda: driver.journal.durable_seq == driver.state.seq))
    async with archiving(open_journal(path), venue) as driver:
        await soon(driver.until(lambda: driver.state.ledger.net == {"ACME": D(105)}))
        assert not driver.state.recalls


async def test_ids_go_on_after_those_that_were_archived() -> None:
    journal, venue = MemoryJournal(), ScriptedVenue("XA")
    async with archiving(journal, venue) as driver:
        await archive(driver, driver.next_order_id())
        await archive(driver, driver.next_order_id())
        assert driver.state.orders == {}
    assert highest_number(replay(journal.events)) == 2


async def test_an_archived_order_is_shown_as_the_journal_knows_it(tmp_path: Path) -> None:
    venue = ScriptedVenue("XA")
    async with archiving(MemoryJournal(), venue) as driver:
        await archive(driver)
        server = CommandServer(driver, f"unix:{tmp_path / 'desk'}")
        await server.start()
        reader, writer = await asyncio.open_unix_connection(tmp_path / "desk")
        asked = [
            {"do": "status", "order_id": "P1"},
            {"do": "wait", "order_id": "P1"},
            {"do": "status", "order_id": "P1-001"},
            {"do": "status", "order_id": "P1-002"},
            {"do": "cancel", "order_id": "P1"},
            {"do": "cancel", "order_id": "P2"},
        ]
        for each in asked:
            writer.write(msgspec.json.encode(each) + b"\n")
        said = [msgspec.json.decode(await soon(reader.readline())) for _ in asked]
        writer.close()
        await server.close()
    shown, waited, child, none, refused, unknown = said
    assert shown == waited == {
        "order_id": "P1", "status": "filled", "quantity": "100", "cum_qty": "100", "avg_px": "10.12", "working": False,
        "reason": "",
    }  # fmt: skip
    assert (child["order_id"], child["status"]) == ("P1-001", "filled")
    assert (none["outcome"], "there is no such order" in none["reason"]) == ("refused", True)
    assert (refused["outcome"], refused["code"]) == ("refused", "cancel_refused")
    assert "there is no such order" in unknown["reason"]
