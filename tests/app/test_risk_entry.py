"""What a risk manager asks of a desk in JSON: by somebody, for a reason, and before everything else in line."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from live_desk import STOCK, ScriptedVenue, driver_on, order, running, soon

from penstock.app.live.answers import Ack
from penstock.app.live.inbox import Inbox
from penstock.app.live.order_entry import request_of
from penstock.app.live.risk_entry import ChangeLimit, ResetBreaker, SetMode, risk_command_of
from penstock.app.live.risk_picture import risk_picture, working_in
from penstock.app.live.stand_in import StandIn, stand_in
from penstock.app.live.start import Listing, next_session
from penstock.domain import commands as cmd
from penstock.domain.errors import BadInput
from penstock.domain.time import HOUR
from penstock.engine.state import EngineState
from penstock.journal import MemoryJournal, SqliteJournal, read, replay
from penstock.risk.limit_book import read_book

WHO = {"by": "ann", "reason": "runaway"}
HALT = cmd.SetMode(ts=0, scope="desk", mode="halted", by="ann", reason="runaway")


@pytest.mark.parametrize(
    ("asked", "command"),
    [
        ({"do": "set_mode", "mode": "halted"}, HALT),
        (
            {"do": "set_mode", "mode": "active", "scope": "venue/XA", "reset": True},
            cmd.SetMode(ts=0, scope="venue/XA", mode="active", reset=True, **WHO),
        ),
        (
            {"do": "reset_breaker", "breaker": "latency", "scope": "venue/XA"},
            cmd.ResetBreaker(ts=0, breaker="latency", scope="venue/XA", **WHO),
        ),
        (
            {"do": "change_limit", "name": "order_value_max", "value": 5},
            cmd.ChangeLimit(ts=0, scope="desk", name="order_value_max", value=5, **WHO),
        ),
    ],
)
def test_each_request_is_a_command_with_who_and_why(asked: dict[str, Any], command: cmd.RiskCommand) -> None:
    request = request_of(msgspec.json.encode(asked | WHO))
    assert isinstance(request, SetMode | ResetBreaker | ChangeLimit)
    assert risk_command_of(request, 0) == command


@pytest.mark.parametrize("missing", ["by", "reason", "mode"])
def test_a_request_that_leaves_something_out_is_not_understood(missing: str) -> None:
    asked = {"do": "set_mode", "mode": "halted"} | WHO
    del asked[missing]
    with pytest.raises(BadInput, match=f"missing required field `{missing}`"):
        request_of(msgspec.json.encode(asked))


async def test_a_kill_waits_for_no_room_and_goes_before_all_that_waits() -> None:
    inbox = Inbox(2)
    for number in (1, 2):
        await inbox.ask(order(f"P00{number}"))
    assert inbox.is_full
    await asyncio.wait_for(inbox.ask(HALT), 1)
    assert inbox.take(2)[0].item == HALT


async def test_a_desk_is_halted_at_once_and_tells_why_until_it_is_reset() -> None:
    venue = ScriptedVenue("XA", fills=False)
    driver = driver_on(MemoryJournal(), venue)
    async with running(driver):
        await soon(driver.give(order("P001", limit_price=9)))
        await venue.until("new P001-001")
        [line] = working_in(driver.state, "desk")
        assert (line.order_id, line.venue, line.venue_status) == ("P001-001", "XA", "up")
        assert working_in(driver.state, "venue/XA") == (line,)
        assert working_in(driver.state, "venue/XB") == working_in(driver.state, "symbol/ELSE") == ()
        assert (await soon(driver.give(HALT))).outcome == "accepted"
        await venue.until("cancel P001-001")
        [mode] = risk_picture(driver.state, driver.clock.now()).modes
        assert (mode.scope, mode.mode, mode.by, mode.reason) == ("desk", "halted", "ann", "runaway")
        looser = msgspec.structs.replace(HALT, mode="active")
        refused: Ack = await soon(driver.give(looser))
        assert (refused.outcome, refused.code) == ("refused", "needs_reset")
        assert (await soon(driver.give(msgspec.structs.replace(looser, reset=True)))).outcome == "accepted"
        assert risk_picture(driver.state, driver.clock.now()).modes == ()


def test_what_works_is_asked_of_a_scope_that_there_is() -> None:
    with pytest.raises(BadInput, match="kinds are account"):
        working_in(EngineState(), "nothing/x")


async def test_a_desk_that_died_before_its_session_was_over_long_ago_is_killed_all_the_same(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db")
    driver = driver_on(journal, ScriptedVenue("A"))
    listings = [Listing(venue="A", instruments=(STOCK,))]
    book = read_book({"account": {"fund1": {"daily_loss_max": 5}}})
    driver.begin(next_session(driver.state, listings, driver.clock.now() - 2 * HOUR, hours=1, limits=book))
    await driver.journal.close()
    request = StandIn(journal=str(tmp_path / "journal.db"), venues=("A=loopback:1",), deadline_s=0.1)
    ack, remains = await soon(stand_in(request, HALT))
    assert (ack.outcome, remains.unverified, remains.is_clean) == ("accepted", ("A",), False)
    state = replay(read(tmp_path / "journal.db"))
    assert state.halted == "runaway"
    assert state.risk.set == book, "the limits are as they were"
    assert state.session is not None
    assert state.session.listings == {"A": ("ACME",)}
