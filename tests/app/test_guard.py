"""A venue that was told to cancels our orders when the desk is gone or silent; back again, the desk books that."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from live_desk import PATIENCE_S, QUICK, ScriptedVenue, driver_on, order, running, soon
from live_processes import Client, Process, connected, start_desk, start_venue
from msgspec import structs

from faulty import FaultyJournal
from penstock.app.live.guard import Guard
from penstock.domain.venue import Abilities
from penstock.journal import JournalUnavailable, MemoryJournal
from penstock.venues.loopback.ledger import Arrived, Ended, read_ledger


class GuardingVenue(ScriptedVenue):
    """A scripted venue that offers both, and remembers what it was told."""

    abilities = Abilities(cancel_on_disconnect=True, cancel_all_after=True)

    async def cancel_on_disconnect(self, grace_s: float | None) -> None:
        await self._called(f"on disconnect {grace_s}")

    async def cancel_all_after(self, timeout_s: float | None) -> None:
        await self._called(f"all after {timeout_s}")


ARMED = structs.replace(QUICK, cancel_on_disconnect_s=5.0, cancel_all_after_s=0.01)


async def test_a_venue_is_told_on_every_connection_and_kept_from_it_while_the_desk_can_act() -> None:
    venue = GuardingVenue("XA")
    async with running(driver_on(MemoryJournal(), venue, settings=ARMED)) as driver:
        for _ in range(2):
            await soon(venue.until("on disconnect 5.0", "all after 0.01"))
            assert driver.status().venues["XA"].guard == (
                "cancel on disconnect, after 5 s",
                "cancel all after 0.01 s of silence",
            )
            venue.sent.clear()
            await soon(venue.until("all after 0.01"))
            venue.hang_up()


async def test_a_desk_that_cannot_write_its_journal_lets_the_venue_cancel() -> None:
    journal, venue = FaultyJournal(), GuardingVenue("XA")
    driver = driver_on(journal, venue, settings=ARMED)
    async with running(driver):
        can_act = driver.gateways["XA"].guard.can_act
        assert can_act()
        journal.failing = JournalUnavailable("disk full")
        waiting = await driver.put(order("P1"))
        while driver.keeper.is_writable:
            await asyncio.sleep(0)
        assert not can_act()
        journal.failing = None
        await soon(waiting)


async def test_the_timer_is_set_anew_only_while_the_desk_can_act() -> None:
    venue, answers, asked = GuardingVenue("XA"), iter([True, False, False, True]), asyncio.Event()

    def can_act() -> bool:
        answer = next(answers, None)
        if answer is None:
            asked.set()
        return bool(answer)

    keeping = asyncio.create_task(Guard(venue, ARMED, can_act).keep())
    await soon(asked.wait())
    keeping.cancel()
    assert venue.sent == ["all after 0.01"] * 2


async def test_what_a_venue_does_not_offer_is_said() -> None:
    async with running(driver_on(MemoryJournal(), ScriptedVenue("XA"), settings=ARMED)) as driver:
        said = "XA does not offer cancel on disconnect or cancel all after: its orders stay when this desk is gone"
        assert said in driver.status().alerts
        assert driver.status().venues["XA"].guard == ()


async def test_a_stop_that_leaves_orders_disarms() -> None:
    venue = GuardingVenue("XA")
    guard = Guard(venue, ARMED, lambda: True)
    await guard.arm()
    await guard.disarm()
    assert venue.sent == ["on disconnect 5.0", "all after 0.01", "on disconnect None", "all after None"]


@asynccontextmanager
async def resting(folder: Path, *options: object) -> AsyncIterator[tuple[Process, Process, int, Client]]:
    """A venue and a desk, each a process, with three orders far from the market."""
    venue, port = await start_venue(folder)
    desk = await start_desk(port, folder / "journal.db", folder, *options)
    try:
        async with connected(desk, folder) as client:
            order = {"side": "buy", "quantity": 5, "algorithm": "limit", "limit_price": 1}
            for number in range(3):
                answer = await client.ask(do="submit", symbol="ACME", **order)
                assert answer["outcome"] == "accepted", number
                while (await client.ask(do="status", order_id=f"{answer['order_id']}-001")).get("status") != "new":
                    pass
            assert len(open_at(folder)) == 3
            yield venue, desk, port, client
    finally:
        await desk.kill()
        await venue.kill()


def open_at(folder: Path) -> set[str]:
    """What may still fill by the venue's own record."""
    found: set[str] = set()
    for line in read_ledger(folder / "ledger"):
        if isinstance(line, Arrived):
            found.add(line.terms.order_id)
        elif isinstance(line, Ended):
            found.discard(line.order_id)
    return found


async def emptied(folder: Path) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while open_at(folder):
            await asyncio.sleep(0.01)


async def test_a_desk_that_is_killed_leaves_no_order_at_a_venue_that_was_told_and_books_that_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with resting(tmp_path, "--cancel-on-disconnect", 0.2) as (_, desk, port, _):
        await desk.kill()
        await emptied(tmp_path)
        again = await start_desk(port, tmp_path / "journal.db", tmp_path, "--on-stop", "leave")
        try:
            async with connected(again, tmp_path) as client:
                for number in (1, 2, 3):
                    while (status := (await client.ask(do="status", order_id=f"P00{number}-001"))["status"]) == "new":
                        pass
                    assert status == "canceled"
        finally:
            await again.kill()


async def test_a_desk_that_hangs_with_its_connection_open_leaves_none_either(tmp_path: Path) -> None:
    async with resting(tmp_path, "--cancel-all-after", 0.5) as (_, desk, _, client):
        desk.signal(signal.SIGSTOP)
        await emptied(tmp_path)
        desk.signal(signal.SIGCONT)
        while (await client.ask(do="status", order_id="P001-001"))["status"] == "new":
            pass


async def test_a_desk_that_was_not_told_to_leaves_its_orders_working(tmp_path: Path) -> None:
    async with resting(tmp_path) as (_, desk, port, _):
        await desk.kill()
        again = await start_desk(port, tmp_path / "journal.db", tmp_path, "--on-stop", "leave")
        try:
            async with connected(again, tmp_path) as client:
                assert (await client.ask(do="status", order_id="P001-001"))["status"] == "new"
            assert len(open_at(tmp_path)) == 3
        finally:
            await again.kill()


@pytest.mark.parametrize("value", ["-1", "x"])
async def test_a_grace_that_is_no_time_is_refused(value: str) -> None:
    desk = await Process.start("desk", "--venue", "loopback:1", "--journal", "j", "--cancel-on-disconnect", value)
    assert await desk.end() == 2
