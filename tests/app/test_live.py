"""The live driver's promises: nothing leaves before it is durable, nothing waits for what is slow, nothing is lost."""

import asyncio
import time
from decimal import Decimal
from itertools import islice
from random import Random

import pytest
from live_desk import QUICK, ScriptedVenue, begin, driver_on, order, running, soon
from msgspec import structs

from faulty import FaultyJournal
from penstock.app.live.answers import NotTaken
from penstock.app.live.backoff import delays
from penstock.app.live.clock import SystemClock
from penstock.app.live.driver import LiveDriver
from penstock.app.live.wind_down import Policy, wind_down
from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.contingency import Contingency
from penstock.domain.orders import Side, State
from penstock.engine.engine import Engine
from penstock.engine.ports import NotSent
from penstock.journal import JournalFenced, JournalUnavailable, MemoryJournal, replay

D = Decimal


async def test_nothing_leaves_and_nobody_is_answered_before_it_is_durable() -> None:
    journal, venue = FaultyJournal(), ScriptedVenue("XA")
    async with running(driver_on(journal, venue)) as driver:
        journal.busy.clear()
        journal.gate.clear()
        answer = await driver.put(order("P1"))
        await soon(asyncio.to_thread(journal.busy.wait))
        assert driver.state.orders["P1-001"].state is State.PENDING_NEW, "decided"
        assert "new P1-001" not in venue.sent
        assert not answer.done()
        journal.gate.set()
        ack = await soon(answer)
        assert (ack.outcome, ack.order_id) == ("accepted", "P1")
        await venue.until("new P1-001")
        await soon(driver.until(lambda: not driver.state.working))


async def test_while_one_batch_is_synced_the_next_one_fills() -> None:
    journal, venue = FaultyJournal(), ScriptedVenue("XA")
    async with running(driver_on(journal, venue)) as driver:
        journal.busy.clear()
        journal.gate.clear()
        first = await driver.put(order("P1"))
        await soon(asyncio.to_thread(journal.busy.wait))
        more = [await driver.put(order(f"P{number}")) for number in range(2, 12)]
        await soon(settled(driver))
        before = len(journal.written)
        journal.gate.set()
        acks = await soon(asyncio.gather(first, *more))
        assert len({ack.seq for ack in acks}) == 11
        synced = [last for _, last in journal.written[before:] if last <= acks[-1].seq]
        assert len(synced) <= 2, "ten turns went to disk together"


async def settled(driver: LiveDriver) -> None:
    """Until the engine has everything that was in line."""
    while len(driver.inbox):
        await asyncio.sleep(0)


async def test_a_journal_that_cannot_be_written_stops_trading_and_says_so_and_then_all_goes_on_in_order() -> None:
    journal, venue = FaultyJournal(), ScriptedVenue("XA", fills=False)
    async with running(driver_on(journal, venue)) as driver:
        await driver.give(order("P1", limit_price=D("9.50")))
        await venue.until("new P1-001")
        journal.failing = JournalUnavailable("disk full")
        waiting = await driver.put(order("P2"))
        while len(journal.tried) - len(journal.written) < 3:
            await asyncio.sleep(0)
        assert not waiting.done()
        assert "new P2-001" not in venue.sent, "of a batch that is not on disk nothing is carried out"
        status = driver.status()
        assert not status.taking_orders
        assert status.alerts == ("trading is stopped, the journal cannot be written: disk full",)
        with pytest.raises(NotTaken, match=r"cannot be written .disk full.: nothing is taken until it can") as refusal:
            await driver.give(order("P3"))
        assert refusal.value.code == "journal_unavailable"
        seq = driver.state.seq
        venue.fill("P1-001")
        assert driver.state.seq == seq, "a fill waits for its turn"
        tried = journal.tried[len(journal.written) :]
        assert len(set(tried)) == 1, "the same batch every time"
        journal.failing = None
        assert (await soon(waiting)).outcome == "accepted"
        await venue.until("new P2-001")
        await soon(driver.until(lambda: driver.state.orders["P1"].cum_qty == 100))
        assert driver.status().taking_orders
        assert driver.status().alerts == ()
        assert (await driver.give(order("P3"))).outcome == "accepted"
        state_hash = driver.state.state_hash()
    assert replay(journal.events).state_hash() == state_hash


async def test_a_journal_that_hangs_is_told_and_then_all_goes_on() -> None:
    journal, venue = FaultyJournal(), ScriptedVenue("XA")
    async with running(driver_on(journal, venue, settings=structs.replace(QUICK, journal_silence_s=0.05))) as driver:
        await driver.give(order("P1"))
        assert driver.status().alerts == ()
        journal.gate.clear()
        waiting = await driver.put(order("P2"))
        while not driver.status().alerts:
            await asyncio.sleep(0.01)
        [said] = driver.status().alerts
        assert said == "the journal has not answered for 0.05 s, its disk or database hangs: nothing leaves"
        assert not waiting.done()
        assert "new P2-001" not in venue.sent
        journal.gate.set()
        assert (await soon(waiting)).outcome == "accepted"
        while driver.status().alerts:
            await asyncio.sleep(0.01)


async def test_a_snapshot_that_cannot_be_kept_is_told_and_stops_nothing() -> None:
    journal, venue = FaultyJournal(), ScriptedVenue("XA")
    async with running(driver_on(journal, venue, settings=structs.replace(QUICK, journal_silence_s=0.05))) as driver:
        journal.keeps_snapshots = False
        driver.save_snapshot()
        while not driver.status().alerts:
            await asyncio.sleep(0.01)
        told = ("no snapshot is kept, the next start will take longer: no room for a snapshot",)
        assert driver.status().alerts == told
        assert (await soon(driver.give(order("P1")))).outcome == "accepted"
        journal.keeps_snapshots = True
        driver.save_snapshot()
        while driver.status().alerts:
            await asyncio.sleep(0.01)


async def test_a_desk_whose_journal_another_one_took_stops_for_good() -> None:
    journal, venue = FaultyJournal(), ScriptedVenue("XA")
    journal.failing = JournalFenced("another process is writing this journal")
    driver = driver_on(journal, venue)
    begin(driver)
    with pytest.raises(JournalFenced):
        await soon(driver.run())
    assert len(journal.tried) == 1
    assert venue.sent == []
    with pytest.raises(JournalUnavailable):
        await driver.journal.close()


async def test_one_slow_venue_does_not_stop_another() -> None:
    slow, quick = ScriptedVenue("SLOW"), ScriptedVenue("QUICK")
    async with running(driver_on(MemoryJournal(), slow, quick)) as driver:
        let_go = asyncio.Event()
        slow.call = lambda what: let_go.wait() if what.startswith("new") else None
        acks = [await driver.give(order(f"P{number}", venue="SLOW")) for number in range(3)]
        acks += [await driver.give(order(f"Q{number}", venue="QUICK")) for number in range(3)]
        assert {ack.outcome for ack in acks} == {"accepted"}
        await quick.until("new Q0-001", "new Q1-001", "new Q2-001")
        assert slow.sent == ["look"]
        assert driver.status().venues["SLOW"].queued == 2
        let_go.set()
        await slow.until("new P0-001", "new P1-001", "new P2-001")


async def test_what_waits_for_a_venue_has_a_bound_and_beyond_it_orders_are_in_doubt_until_a_look() -> None:
    venue = ScriptedVenue("XA")
    driver = driver_on(MemoryJournal(), venue, settings=structs.replace(QUICK, outbound_max=2))
    async with running(driver):
        let_go = asyncio.Event()
        venue.call = lambda what: let_go.wait() if what.startswith("new") else None
        for number in range(4):
            await driver.give(order(f"P{number}"))
        await soon(driver.until(lambda: driver.state.orders["P3-001"].unknown))
        assert driver.status().venues["XA"].queued == 2
        let_go.set()
        await venue.until("new P2-001")
        assert "new P3-001" not in venue.sent


FAILURES = [
    (NotSent("not connected"), "canceled"),
    (ValueError("half a message"), "unknown"),
    (TimeoutError(), "unknown"),
    (ConnectionResetError("reset"), "unknown"),
]


@pytest.mark.parametrize(("error", "expected"), FAILURES, ids=lambda value: type(value).__name__)
async def test_only_a_call_that_never_left_is_taken_as_an_answer(error: Exception, expected: str) -> None:
    journal, venue = MemoryJournal(), ScriptedVenue("XA")
    async with running(driver_on(journal, venue)) as driver:

        def fail(what: str) -> None:
            if what == "new P1-001":
                raise error

        venue.call = fail
        await driver.give(order("P1"))
        kind = ev.ChildCanceled if expected == "canceled" else ev.ChildUnknown
        await soon(driver.until(lambda: any(isinstance(event, kind) for event in journal.events)))
        if expected == "unknown":
            assert "P1-002" not in driver.state.orders, "it counts as if it were there"
        else:
            await venue.until("new P1-002")


async def test_a_lost_venue_is_connected_again_and_looked_at_before_anything_new_is_sent() -> None:
    venue = ScriptedVenue("XA")
    async with running(driver_on(MemoryJournal(), venue)) as driver:
        venue.refuse_connections = 5
        venue.hang_up()
        await soon(driver.until(lambda: driver.state.venue_status.get("XA") == "down"))
        await driver.give(order("P1"))
        assert driver.status().alerts == ("XA is not connected: nobody is there",) or venue.connections < 3
        venue.sent.clear()
        await venue.until("new P1-001")
        assert venue.sent == ["look", "new P1-001"]
        assert venue.connections == 7
        assert driver.status().alerts == ()


async def test_a_restarted_desk_looks_before_it_sends_and_sends_nothing_again() -> None:
    journal, venue = MemoryJournal(), ScriptedVenue("XA", fills=False)
    async with running(driver_on(journal, venue)) as driver:
        await driver.give(order("P001", limit_price=D("9.50")))
        await venue.until("new P001-001")
        await soon(driver.until(lambda: driver.state.orders["P001-001"].is_settled))
        venue.refuse_connections = 10**9
        venue.hang_up()
        await soon(driver.until(lambda: driver.state.venue_status.get("XA") == "down"))
        assert (await driver.give(order("P002", limit_price=D("9.40")))).outcome == "accepted"
    venue.sent.clear()
    venue.refuse_connections = 0
    again = driver_on(journal, venue, engine=Engine(replay(journal.events)))
    async with running(again) as driver:
        await venue.until("new P002-001")
        assert venue.sent == ["look", "new P002-001"]
        assert driver.next_order_id() == "P003"
        assert driver.state.orders["P001-001"].is_settled


async def test_a_restarted_desk_gives_no_new_order_the_id_of_a_leg_that_waits() -> None:
    journal, venue = MemoryJournal(), ScriptedVenue("XA", fills=False)
    entry, target = order("P001", limit_price=D("9.50")).terms, order("P002", side=Side.SELL, limit_price=D(11)).terms
    async with running(driver_on(journal, venue)) as driver:
        await driver.give(cmd.SubmitGroup(ts=0, group_id="G", contingency=Contingency.OTO, orders=(entry, target)))
        await venue.until("new P001-001")
    again = driver_on(journal, venue, engine=Engine(replay(journal.events)))
    async with running(again) as driver:
        assert driver.next_order_id() == "P003"
        venue.fill("P001-001")
        await venue.until("new P002-001")


async def test_a_full_inbox_delays_clients_and_says_so_and_never_a_fill() -> None:
    venue = ScriptedVenue("XA", fills=False)
    driver = driver_on(MemoryJournal(), venue, settings=structs.replace(QUICK, inbox_max=2))
    async with running(driver):
        await driver.give(order("P1", limit_price=D("9.50")))
        await venue.until("new P1-001")
        asked = [asyncio.create_task(driver.give(order(f"Q{number}", limit_price=D("9.50")))) for number in range(20)]
        await asyncio.sleep(0)
        assert driver.status().clients_waiting == 18
        assert driver.status().alerts == ("2 commands wait: clients are being delayed",)
        venue.fill("P1-001")
        acks = await soon(asyncio.gather(*asked))
        assert [ack.outcome for ack in acks] == ["accepted"] * 20
        seqs = [ack.seq for ack in acks]
        assert seqs == sorted(seqs), "in the order in which they were asked"
        await soon(driver.until(lambda: driver.state.orders["P1"].cum_qty == 100))
        assert driver.status().alerts == ()


async def test_answers_tell_what_became_of_each_command() -> None:
    venue = ScriptedVenue("XA", fills=False)
    async with running(driver_on(MemoryJournal(), venue)) as driver:

        async def told(command: cmd.Command) -> tuple[str, str, str]:
            ack = await soon(driver.give(command))
            return ack.outcome, ack.order_id, ack.code

        resting = order("P1", limit_price=D("9.50"), client_order_id="mine")
        assert await told(resting) == ("accepted", "P1", "")
        assert await told(order("P2", client_order_id="mine")) == ("accepted", "P1", "")
        assert await told(order("P1")) == ("refused", "P1", "duplicate_order")
        assert await told(order("P3", quantity=10**9)) == ("denied", "P3", "order_value")
        assert await told(order("P4", quantity=10**9, client_order_id="big")) == ("denied", "P4", "order_value")
        assert await told(order("P5", quantity=10**9, client_order_id="big")) == ("denied", "P4", "denied_before")
        assert await told(cmd.AmendOrder(ts=0, order_id="P1", quantity=D(200))) == ("accepted", "P1", "")
        assert await told(cmd.AmendOrder(ts=0, order_id="P3", quantity=D(200))) == ("refused", "P3", "not_working")
        assert await told(cmd.CancelOrder(ts=0, order_id="P1")) == ("accepted", "P1", "")
        await soon(driver.until(lambda: "P1" not in driver.state.working))
        assert await told(cmd.CancelOrder(ts=0, order_id="P1")) == ("refused", "P1", "cancel_refused")


async def test_winding_down_cancels_waits_and_asks_the_venue() -> None:
    venue = ScriptedVenue("XA", fills=False)
    async with running(driver_on(MemoryJournal(), venue)) as driver:
        for number in range(5):
            await driver.give(order(f"P{number}", limit_price=D("9.50")))
        remains = await soon(wind_down(driver, Policy(), "stopping"))
        assert remains.is_clean
        assert not venue.orders
        assert venue.sent[-1] == "look"
        with pytest.raises(NotTaken, match="no new orders: stopping"):
            await driver.give(order("Q1"))


async def test_winding_down_names_exactly_what_it_could_not_end() -> None:
    venue = ScriptedVenue("XA", fills=False)
    async with running(driver_on(MemoryJournal(), venue)) as driver:
        await driver.give(order("P1", limit_price=D("9.50")))
        await driver.give(order("P2", limit_price=D("9.50")))
        await venue.until("new P1-001", "new P2-001")
        never = asyncio.Event()
        venue.call = lambda what: never.wait() if what == "cancel P2-001" else None
        remains = await soon(wind_down(driver, Policy(deadline_s=0.2, look_s=0.2), "stopping"))
        assert not remains.is_clean
        (left,) = remains.orders
        assert (left.order_id, left.open_qty, left.ours, left.side) == ("P2-001", D(100), "pending_cancel", Side.BUY)
        assert remains.troubles == ("not done within 0.2 s",)
        assert remains.unverified == ("XA",), "its look waits behind the cancel"


async def test_winding_down_flat_trades_positions_back() -> None:
    venue = ScriptedVenue("XA")
    async with running(driver_on(MemoryJournal(), venue)) as driver:
        await driver.give(order("P1", quantity=300))
        await soon(driver.until(lambda: not driver.state.working))
        remains = await soon(wind_down(driver, Policy(flatten=True), "stopping"))
        assert remains.positions == {}
        assert remains.is_clean
        assert driver.state.orders["P001"].terms.side is Side.SELL


async def test_winding_down_can_leave_orders_where_they_are() -> None:
    venue = ScriptedVenue("XA", fills=False)
    async with running(driver_on(MemoryJournal(), venue)) as driver:
        await driver.give(order("P1", limit_price=D("9.50")))
        await venue.until("new P1-001")
        await soon(driver.until(lambda: driver.state.orders["P1-001"].is_settled))
        remains = await soon(wind_down(driver, Policy(cancel=False), "stopping"))
        assert [(left.order_id, left.ours, left.venues) for left in remains.orders] == [("P1-001", "new", "open")]
        assert "P1" in driver.state.working


def test_the_clock_never_goes_back_nor_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before = clock.now()
    wall, counted = time.time_ns, time.monotonic_ns
    monkeypatch.setattr(time, "time_ns", lambda: wall() - 3_600_000_000_000)
    monkeypatch.setattr(time, "monotonic_ns", lambda: counted() + 5_000_000_000)
    assert 5_000_000_000 <= clock.now() - before < 6_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: wall() + 60_000_000_000)
    assert clock.now() - before >= 60_000_000_000


def test_delays_double_up_to_their_bound_and_are_never_all_the_same() -> None:
    one, other = (list(islice(delays(0.1, 10.0, Random(seed)), 12)) for seed in (1, 2))
    for number, delay in enumerate(one):
        step = min(0.1 * 2**number, 10.0)
        assert step / 2 <= delay <= step
    assert one != other
