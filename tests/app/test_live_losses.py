"""A real desk that loses its disk, its database or its venue: what the user sees, and that nothing is lost."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from live_load import Load, check, finish, start_loaded_desk
from live_processes import Process, connected, start_desk, start_venue

from penstock.venues.loopback.ledger import Arrived, read_ledger
from small_disk import FullDisk, small_disk
from throwaway_postgres import Postgres

Trouble = Callable[[], Awaitable[Any]]


async def lose_and_regain(folder: Path, journal: Path | str, lose: Trouble, regain: Trouble) -> None:
    """Load, the journal's loss, what everybody sees of it, its return, and every promise kept in the end."""
    load = Load(seed=2)
    venue, port = await start_venue(folder)
    desk = await start_loaded_desk(port, journal, folder)
    try:
        async with connected(desk, folder) as client:
            load.through(client)
            assert await load.press(100)
            await lose()
            for _ in range(20):
                load.send()
            assert await desk.line("trading is stopped, the journal cannot be written: "), "the log says why"
            await see_it_stopped(folder)
            reached = arrivals(folder)

            await regain()
            await desk.line("the journal can be written again, nothing was lost: trading goes on")
            assert await load.drain(), "who waited is answered"
            assert await load.press(100), "and it goes on"
            assert arrivals(folder) > reached
        await desk.kill()
        await finish(port, journal, folder)
    finally:
        await desk.kill()
        await venue.kill()
    check(load, journal, folder / "ledger")
    assert set(load.refused) <= {"journal_unavailable"}
    assert len(load.acknowledged) > 150


async def see_it_stopped(folder: Path) -> None:
    """What anybody who asks is told while the journal cannot be written."""
    async with connected(None, folder) as client:
        status = await client.ask(do="status")
        assert not status["taking_orders"]
        assert status["alerts"][0].startswith("trading is stopped, the journal cannot be written: ")
        refused = await client.ask(do="submit", symbol="ACME", side="buy", quantity=1)
        assert (refused["outcome"], refused["code"]) == ("not_taken", "journal_unavailable")
        assert "nothing is taken until it can" in refused["reason"]


def arrivals(folder: Path) -> int:
    return sum(isinstance(line, Arrived) for line in read_ledger(folder / "ledger"))


async def test_a_full_disk_stops_trading_with_a_clear_word_and_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    with small_disk(tmp_path / "disk", "8m"):
        disk = FullDisk(tmp_path / "disk")
        await lose_and_regain(
            tmp_path,
            tmp_path / "disk" / "journal.db",
            lambda: asyncio.to_thread(disk.squeeze),
            lambda: asyncio.to_thread(disk.release),
        )


async def test_postgresql_stopped_in_mid_flight_stops_trading_with_a_clear_word_and_loses_nothing(
    tmp_path: Path, postgres: Postgres, database: str
) -> None:
    await lose_and_regain(
        tmp_path, database, lambda: asyncio.to_thread(postgres.stop), lambda: asyncio.to_thread(postgres.start)
    )


async def press_for_ever(load: Load) -> None:
    while await load.press(10):
        pass


async def test_a_desk_told_to_stop_under_load_ends_with_nothing_working(tmp_path: Path) -> None:
    load = Load(seed=3)
    venue, port = await start_venue(tmp_path, "--delay-ms", 20)
    desk = await start_desk(port, tmp_path / "journal.db", tmp_path)
    try:
        async with connected(desk, tmp_path) as client:
            load.through(client)
            assert await load.press(200)
            pressing = asyncio.create_task(press_for_ever(load))
            desk.signal(signal.SIGTERM)
            await desk.line("SIGTERM: winding down, 30 s at most")
            await desk.line("stopped: nothing is left working")
            assert await desk.end() == 0
            await pressing
    finally:
        await desk.kill()
        await venue.kill()
    check(load, tmp_path / "journal.db", tmp_path / "ledger", all_filled=False)
    assert load.refused["winding_down"] > 0


async def stopped_with_a_frozen_venue(desk: Process, venue: Process, folder: Path) -> None:
    """Orders working, and a venue that answers nothing any more."""
    async with connected(desk, folder) as client:
        await client.ask(do="submit", symbol="ACME", side="buy", quantity=5, algorithm="limit", limit_price=150)
        while (await client.ask(do="status", order_id="P001-001")).get("status") != "new":
            pass
    venue.signal(signal.SIGSTOP)
    desk.signal(signal.SIGTERM)
    await desk.line("SIGTERM: winding down")


async def test_a_deadline_names_exactly_what_remains(tmp_path: Path) -> None:
    venue, port = await start_venue(tmp_path)
    desk = await start_desk(port, tmp_path / "journal.db", tmp_path, "--deadline", 0.5)
    try:
        await stopped_with_a_frozen_venue(desk, venue, tmp_path)
        assert await desk.line("remains: ") == "P001-001 buy 5 ACME on loopback (pending_cancel)"
        assert await desk.line("not verified: ") == "loopback did not show what it holds"
        assert await desk.line("trouble: ") == "not done within 0.5 s"
        assert await desk.end() == 1
    finally:
        await desk.kill()
        await venue.kill()


async def test_a_second_signal_stops_at_once_and_the_next_start_takes_up_what_was_working(tmp_path: Path) -> None:
    venue, port = await start_venue(tmp_path)
    desk = await start_desk(port, tmp_path / "journal.db", tmp_path)
    try:
        await stopped_with_a_frozen_venue(desk, venue, tmp_path)
        desk.signal(signal.SIGTERM)
        await desk.line("stopped at once")
        assert await desk.end() == 1
        venue.signal(signal.SIGCONT)
        desk = await start_desk(port, tmp_path / "journal.db", tmp_path)
        await desk.line("listening on")
        desk.signal(signal.SIGTERM)
        await desk.line("stopped: nothing is left working")
        assert await desk.end() == 0
    finally:
        await desk.kill()
        await venue.kill()
