"""The index of a live desk's journal is extended beside the desk, by a process of its own."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest
from live_desk import ScriptedVenue, driver_on, order, running, soon

from penstock.app.live.driver import LiveDriver
from penstock.app.live.indexer import Indexer
from penstock.journal import MemoryJournal, WritableRecord, open_journal
from penstock.journal.order_index import OrderIndex


@pytest.fixture(params=["sqlite", "postgresql"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> WritableRecord:
    return open_journal(tmp_path / "a desk.db" if request.param == "sqlite" else request.getfixturevalue("database"))


async def trade(driver: LiveDriver, *order_ids: str) -> None:
    for order_id in order_ids:
        await driver.give(order(order_id))
    await soon(driver.until(lambda: not driver.state.working))


def reach(journal: WritableRecord) -> int:
    with closing(journal.index_tables()) as tables:
        return OrderIndex(tables).reach()[0]


async def test_an_index_that_is_far_behind_is_brought_up_to_the_end(journal: WritableRecord) -> None:
    async with running(driver_on(journal, ScriptedVenue("XA"))) as driver:
        await trade(driver, "P1", "P2")
        events = driver.journal.durable_seq
        await Indexer(driver.journal, driver.alarms, behind_max=events + 1).catch_up()
        assert reach(journal) == 0, "not for a few events"
        indexer = Indexer(driver.journal, driver.alarms, behind_max=2)
        await indexer.catch_up()
        first = reach(journal)
        assert first >= events
        await trade(driver, "P3")
        keeping = asyncio.create_task(indexer.run())
        await soon(reached(journal, first + 2))
        keeping.cancel()
        assert not driver.alarms.standing


async def reached(journal: WritableRecord, seq: int) -> None:
    while reach(journal) < seq:
        await asyncio.sleep(0.01)


async def test_an_index_that_cannot_be_extended_is_told_and_nobody_waits_for_it(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "desk.db")
    async with running(driver_on(journal, ScriptedVenue("XA"))) as driver:
        await trade(driver, "P1", "P2")
        indexer = Indexer(driver.journal, driver.alarms, behind_max=1)
        indexer._location = str(tmp_path / "elsewhere.db")
        await soon(indexer.catch_up())
        assert [text.rpartition(": ")[2] for text in driver.alarms.standing] == ["there is no journal here"]
        indexer._location = str(tmp_path / "desk.db")
        await soon(indexer.catch_up())
        assert not driver.alarms.standing


async def test_a_journal_in_memory_is_indexed_by_whoever_looks_something_up() -> None:
    async with running(driver_on(MemoryJournal(), ScriptedVenue("XA"))) as driver:
        await trade(driver, "P1")
        await soon(Indexer(driver.journal, driver.alarms, behind_max=1).run())
        assert not driver.alarms.standing
