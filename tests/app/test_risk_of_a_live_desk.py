"""Risk on a live desk: modes and breakers in its status, and the dead man's switch."""

import asyncio
from decimal import Decimal
from pathlib import Path

import msgspec
from live_desk import QUICK, ScriptedVenue, driver_on, order, running, soon

from penstock.app.live.command_server import CommandServer
from penstock.app.live.start import Listing, next_session
from penstock.domain import commands as cmd
from penstock.domain import reports as rep
from penstock.domain.instruments import Equity
from penstock.engine.state import EngineState
from penstock.journal import MemoryJournal
from penstock.risk import Approved
from penstock.risk.limit_book import read_book, restored_book

D = msgspec.json.decode


async def asked(server: CommandServer, text: str) -> dict[str, object]:
    """One line to a desk, and its answer."""
    kind, _, place = server.address.partition(":")
    assert kind == "unix"
    reader, writer = await asyncio.open_unix_connection(place)
    writer.write(text.encode() + b"\n")
    answer: dict[str, object] = D(await soon(reader.readline()))
    writer.close()
    return answer


class RefusingVenue(ScriptedVenue):
    """Takes no order at all."""

    async def send_new(self, approved: Approved) -> None:
        order_id = approved.terms.order_id
        self.say(rep.Refused(ts=0, venue=self.name, order_id=order_id, reason="no"))


async def test_the_status_tells_modes_and_tripped_breakers() -> None:
    async with running(driver_on(MemoryJournal(), RefusingVenue("XA"))) as driver:
        assert (driver.status().modes, driver.status().breakers) == ({}, {})
        await driver.give(order("P1"))
        await soon(driver.until(lambda: bool(driver.state.halted)))
        assert driver.status().breakers == {"consecutive of desk": "3 rejects or time-outs in a row"}
        assert driver.status().halted == "3 rejects or time-outs in a row"
        assert not driver.status().taking_orders
        mode = cmd.SetMode(ts=0, scope="symbol/ACME", mode="no_new", by="ann", reason="news")
        await driver.inbox.ask(mode)
        await soon(driver.until(lambda: bool(driver.state.risk.modes)))
        assert driver.status().modes == {"symbol/ACME": "no_new: news, by ann"}


async def test_a_desk_whose_clients_fall_silent_cancels_what_works() -> None:
    venue = ScriptedVenue("XA", fills=False)
    settings = msgspec.structs.replace(QUICK, heartbeat_timeout_s=0.2)
    async with running(driver_on(MemoryJournal(), venue, settings=settings)) as driver:
        assert driver.heartbeat() == 0.2
        await driver.give(order("P1", limit_price=Decimal("9.50")))
        await soon(venue.until("cancel P1-001"))
        assert driver.status().modes == {"desk": "cancel_all: no heartbeat for 0.2 s, by dead man's switch"}


async def test_a_desk_that_hears_heartbeats_or_wants_none_goes_on(tmp_path: Path) -> None:
    for timeout_s in (None, 60.0):
        settings = msgspec.structs.replace(QUICK, heartbeat_timeout_s=timeout_s)
        async with running(driver_on(MemoryJournal(), ScriptedVenue("XA"), settings=settings)) as driver:
            server = CommandServer(driver, f"unix:{tmp_path / 'desk'}")
            await server.start()
            assert await asked(server, '{"do": "heartbeat"}') == {"outcome": "alive", "next_within_s": timeout_s}
            assert driver.state.risk.modes == {}
            await server.close()


def test_a_session_begins_with_the_whole_book_of_limits() -> None:
    scopes = {"account": {"fund": {"daily_loss_max": 3}}, "breaker": {"latency": {"threshold": 7}}}
    book = read_book({"gross_exposure_max": 5, **scopes})
    share = Equity(symbol="ACME", tick_size=Decimal("0.01"), lot_size=Decimal(1))
    opening = next_session(EngineState(), [Listing(venue="XA", instruments=(share,))], 0, hours=1, limits=book)
    assert restored_book(opening.limits) == book
