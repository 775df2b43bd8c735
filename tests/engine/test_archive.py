"""Archived orders are out of memory and out of nothing else: the desk is the one that it would be with all of them."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from small_desk import CALM_BREAKERS, D, SmallDesk, opening, quote, sent, terms
from twin_desks import TwinDesks, nameless

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.contingency import Contingency
from penstock.domain.orders import Side, TimeInForce
from penstock.domain.time import SECOND
from penstock.engine.archive import STEP_MAX
from penstock.engine.effects import Recall, SendCancel
from penstock.engine.engine import Engine, Step
from penstock.engine.families import family_of
from penstock.engine.recall import is_archived
from penstock.engine.state import EngineState
from penstock.journal.recall import look_through
from penstock.journal.replay import replay
from penstock.risk import Limits

LOOSE = Limits(slippage_abort_bps=D(1000), consecutive_rejects_max=50)


@pytest.mark.parametrize("closed_orders_max", range(4))
@pytest.mark.parametrize("seed", range(6))
def test_a_desk_that_archives_does_and_books_what_one_that_never_archives_does(
    seed: int, closed_orders_max: int
) -> None:
    desks = TwinDesks(seed, closed_orders_max, opening(("XA", "XB"), LOOSE, scopes=CALM_BREAKERS))
    for _ in desks.run():
        desks.archiving.follow()
    state, whole = desks.archiving.engine.state, desks.never.engine.state
    assert state.ledger == whole.ledger
    assert state.working == whole.working
    assert state.open_qty == whole.open_qty
    assert not state.recalls
    for order_id in [each for each in whole.orders if whole.orders[each].terms.parent_id is None]:
        held = family_of(state, order_id)
        assert held is not None or is_archived(state, order_id)
        found = held or look_through(desks.archiving.events, Recall(order_id=order_id)).family
        assert nameless(found) == nameless(family_of(whole, order_id))


def test_the_seeds_reach_what_they_are_meant_to_reach() -> None:
    reached: Counter[str] = Counter()
    for seed in range(10):
        desks = TwinDesks(seed, 0, opening(("XA", "XB"), LOOSE, scopes=CALM_BREAKERS))
        for _ in desks.run():
            pass
        for event in desks.archiving.events:
            name = event.waiting["type"] if isinstance(event, ev.RecallAsked) else type(event).__name__
            reached[event.code if isinstance(event, ev.AlertRaised) else name] += 1
        reached["kept"] += ungrouped(desks.archiving.engine.state)
        reached["all"] += ungrouped(desks.never.engine.state)
    for name in (
        *("OrdersArchived", "OrderRecalled", "Fill", "Busted", "Corrected", "Picture"),
        *("SubmitOrder", "CancelOrder", "AmendOrder"),
    ):
        assert reached[name] >= 5, (name, reached)
    assert reached["kept"] < reached["all"] * 0.8


def ungrouped(state: EngineState) -> int:
    """How many orders in memory belong to no group: those of groups stay there."""
    return sum((order.terms.parent_id or name) not in state.member_of for name, order in state.orders.items())


class ArchivingDesk(SmallDesk):
    """Everything that is over is archived with the next input. `found` answers what it recalled so far."""

    def __init__(self, closed_orders_max: int = 0, **changes: Any) -> None:
        super().__init__(**changes)
        self.engine = Engine(self.engine.state, closed_orders_max)
        self.quote(XA=quote())

    def traded(self, order_id: str = "P1", quantity: int = 100, **changes: Any) -> None:
        """An order that came, was filled and has gone."""
        self.submit(terms(quantity, order_id, **changes))
        self.accept(f"{order_id}-001")
        self.fill(f"{order_id}-001", quantity, exec_id=f"e-{order_id}")
        self.wake(0)

    @property
    def recalls(self) -> list[Recall]:
        """What it has asked to be looked up, which is forgotten by that."""
        asked = [effect for effect in self.effects if isinstance(effect, Recall)]
        self.effects = [effect for effect in self.effects if not isinstance(effect, Recall)]
        return asked

    def answer(self) -> Step:
        """Look up what was recalled."""
        (recall,) = self.recalls
        return self.give(msgspec.structs.replace(look_through(self.events, recall), ts=self.now))

    def restart(self) -> None:
        self.engine = Engine(replay(self.events), 0)
        self.effects = []


def test_an_order_that_is_over_is_out_of_memory_and_its_money_is_not() -> None:
    desk = ArchivingDesk()
    desk.traded()
    state = desk.engine.state
    assert (state.orders, state.parents, state.children, state.executions) == ({}, {}, {}, {})
    assert state.ledger.net == {"ACME": D(100)}
    assert is_archived(state, "P1")


def test_of_the_orders_that_are_over_the_latest_stay() -> None:
    desk = ArchivingDesk(closed_orders_max=3)
    for number in range(1, 8):
        desk.traded(f"P{number}")
    assert list(desk.engine.state.closed) == ["P5", "P6", "P7"]


def test_a_late_fill_is_booked_on_an_archived_order_as_on_any_other() -> None:
    desk = ArchivingDesk()
    desk.traded()
    desk.fill("P1-001", 5)
    assert desk.of(ev.ChildFilled)[-1].last_qty == 100, "it waits"
    desk.answer()
    assert desk.order().cum_qty == desk.order("P1-001").cum_qty == 105
    assert desk.engine.state.ledger.net == {"ACME": D(105)}
    assert desk.alerts == ["overfill"]
    desk.wake(1)
    assert "P1" in desk.engine.state.orders, "there may be more of that"
    desk.give(picture(desk, shown("P1-001", "filled", 105)))
    desk.traded("P2")
    assert desk.engine.state.orders == {}


def test_what_an_archived_order_was_told_before_is_still_nothing_new() -> None:
    desk = ArchivingDesk()
    desk.traded()
    desk.fill("P1-001", 100, exec_id="e-P1")
    desk.accept("P1-001")
    desk.answer()
    assert len(desk.of(ev.ChildFilled)) == 1
    assert desk.alerts == []


def test_what_waits_for_one_order_is_dealt_with_in_its_order_and_looked_up_once() -> None:
    desk = ArchivingDesk()
    desk.traded()
    desk.report(rep.Busted, "P1-001", exec_id="e-P1", reason="error")
    desk.fill("P1-001", 100, exec_id="e2")
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))
    desk.answer()
    told = [type(event).__name__ for event in desk.events]
    assert told[told.index("OrderRecalled") :] == [
        "OrderRecalled",
        "FillBusted",
        "AlertRaised",
        "ChildFilled",
        "AlertRaised",
    ]
    assert desk.alerts == ["trade_amended", "cancel_refused"]
    assert desk.order().cum_qty == 100


def test_a_bust_sets_an_archived_order_to_work_again() -> None:
    desk = ArchivingDesk()
    desk.traded(tif=TimeInForce.GTC)
    desk.report(rep.Busted, "P1-001", exec_id="e-P1", reason="error")
    step = desk.answer()
    assert "P1" in desk.engine.state.working
    assert desk.engine.state.closed == {}
    assert desk.engine.state.ledger.net == {"ACME": D(0)}
    assert sent(step) == []
    desk.fill("P1-001", 100, exec_id="e2")
    desk.wake(1)
    assert desk.engine.state.orders == {}


def test_a_recall_that_a_crash_interrupts_is_asked_for_again() -> None:
    desk = ArchivingDesk()
    desk.traded()
    desk.fill("P1-001", 5)
    desk.restart()
    desk.wake(1)
    desk.answer()
    assert desk.engine.state.ledger.net == {"ACME": D(105)}
    assert replay(desk.events).state_hash() == desk.engine.state.state_hash()


def test_a_corrected_order_leaves_no_execution_behind_and_can_be_corrected_again() -> None:
    desk = ArchivingDesk()
    desk.submit(terms())
    desk.accept("P1-001")
    desk.fill("P1-001", 60, exec_id="e1")
    desk.report(rep.Corrected, "P1-001", exec_id="e1", new_exec_id="e2", last_qty=D(60), last_px=D("9.99"), fee=D(0))
    desk.fill("P1-001", 40, exec_id="e3")
    desk.wake(1)
    assert desk.engine.state.executions == desk.engine.state.orders == {}
    desk.report(rep.Busted, "P1-001", exec_id="e2", reason="error")
    desk.answer()
    assert desk.engine.state.ledger.net == {"ACME": D(40)}
    assert desk.engine.state.executions.keys() == {"XA/e1", "XA/e2", "XA/e3"}


def test_a_fill_known_from_totals_gives_way_to_the_real_one_after_the_archive_too() -> None:
    desk = ArchivingDesk()
    desk.submit(terms())
    desk.accept("P1-001")
    desk.give(picture(desk, shown("P1-001", "filled", 100)))
    desk.traded("P2")
    assert desk.engine.state.orders == {}
    assert desk.engine.state.totals_only == {}
    desk.fill("P1-001", 100, exec_id="real")
    desk.answer()
    assert desk.order().cum_qty == 100
    assert desk.alerts == ["healed"]


def test_an_order_that_two_recalls_find_comes_back_once() -> None:
    desk = ArchivingDesk()
    desk.traded(client_order_id="mine")
    desk.submit(terms(100, "P2", client_order_id="mine"))
    desk.fill("P1-001", 5)
    by_client, by_order = (
        msgspec.structs.replace(look_through(desk.events, recall), ts=desk.now) for recall in desk.recalls
    )
    desk.give(by_order)
    desk.give(by_client)
    assert desk.order().cum_qty == 105
    assert desk.engine.state.ledger.net == {"ACME": D(105)}


def test_an_answer_that_comes_twice_changes_nothing_the_second_time() -> None:
    desk = ArchivingDesk()
    desk.traded()
    desk.fill("P1-001", 5)
    (recall,) = desk.recalls
    found = msgspec.structs.replace(look_through(desk.events, recall), ts=desk.now)
    desk.give(found)
    assert desk.give(found).events == []


def test_nothing_is_archived_while_a_recall_is_under_way() -> None:
    desk = ArchivingDesk()
    desk.traded("P1")
    desk.accept("P1-001")
    desk.traded("P2")
    assert list(desk.engine.state.closed) == ["P2"]
    desk.answer()
    desk.wake(1)
    assert list(desk.engine.state.closed) == []


def test_a_report_on_an_order_that_only_looks_archived_is_unknown_after_all() -> None:
    desk = ArchivingDesk()
    desk.traded()
    desk.report(rep.Canceled, "P1-777")
    desk.answer()
    assert desk.alerts == ["unknown_report"]
    desk.wake(1)
    desk.engine.state.archived.others.add(["PX"])  # as if another id had this fingerprint
    desk.report(rep.Canceled, "PX-001")
    desk.answer()
    assert desk.alerts == ["unknown_report", "unknown_report"]
    assert desk.engine.state.recalls == {}


def test_an_id_that_only_looks_used_is_taken() -> None:
    desk = ArchivingDesk()
    desk.traded()
    desk.engine.state.archived.others.add(["A"])
    desk.engine.state.archived.clients.add(["C"])
    desk.submit(terms(100, "A"))
    desk.answer()
    assert "A-001" in desk.engine.state.orders
    desk.submit(terms(100, "B", client_order_id="C"))
    desk.answer()
    assert "B-001" in desk.engine.state.orders


def test_a_client_that_submits_an_archived_order_again_gets_no_second_one() -> None:
    desk = ArchivingDesk()
    desk.traded(client_order_id="mine")
    desk.submit(terms(100, "P2", client_order_id="mine"))
    desk.answer()
    assert len(desk.of(ev.OrderReceived)) == 1
    assert desk.engine.state.client_ids == {"mine": "P1"}
    assert desk.alerts == []


def test_the_id_of_an_archived_order_stays_taken() -> None:
    desk = ArchivingDesk()
    desk.traded()
    desk.submit(terms(50))
    desk.answer()
    assert desk.alerts == ["duplicate_order"]
    assert desk.order().terms.quantity == 100


def test_a_denied_order_is_archived_too_and_its_client_told_the_same_again() -> None:
    desk = ArchivingDesk()
    desk.submit(terms(100, "P1", limit_price=D("10.001"), client_order_id="mine"))
    desk.wake(1)
    assert desk.engine.state.orders == {}
    desk.submit(terms(100, "P2", client_order_id="mine"))
    desk.answer()
    assert desk.order().ord_status == "rejected"
    assert len(desk.of(ev.OrderDenied)) == 1


def test_an_order_whose_end_no_picture_has_confirmed_stays() -> None:
    desk = ArchivingDesk()
    desk.submit(terms(limit_price=D("10.01"), tif=TimeInForce.IOC))
    desk.accept("P1-001")
    desk.report(rep.Canceled, "P1-001")
    desk.wake(1)
    assert "P1-001" in desk.engine.state.orders
    desk.give(picture(desk, shown("P1-001", "canceled", 0)))
    desk.traded("P2")
    assert desk.engine.state.orders == {}


def test_an_order_with_an_open_question_stays() -> None:
    desk = ArchivingDesk()
    desk.submit(terms())
    desk.accept("P1-001")
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))
    desk.fill("P1-001", 100)
    desk.wake(1)
    assert desk.order("P1-001").requests
    assert "P1" in desk.engine.state.closed


def test_a_desk_with_a_long_past_archives_it_a_little_at_a_time() -> None:
    desk = SmallDesk()
    for number in range(1, STEP_MAX + 3):
        desk.submit(terms(100, f"P{number}", limit_price=D("10.001")))
    desk.engine = Engine(desk.engine.state, 0)
    desk.wake(1)
    assert len(desk.engine.state.closed) == 2
    desk.wake(2)
    assert len(desk.engine.state.closed) == 0


def test_a_picture_that_shows_an_archived_order_has_it_looked_up_once() -> None:
    desk = ArchivingDesk()
    desk.traded()
    seen = picture(desk, shown("P1-001", "filled", 100))
    desk.give(seen)
    step = desk.answer()
    assert [type(event) for event in step.events] == [ev.OrderRecalled]
    desk.wake(1)
    assert is_archived(desk.engine.state, "P1")
    assert desk.give(picture(desk, shown("P1-001", "filled", 100))).events == []
    assert desk.recalls == []
    assert desk.of(ev.ForeignOrderSeen) == []


def test_news_that_a_picture_has_of_an_archived_order_is_healed() -> None:
    desk = ArchivingDesk()
    desk.traded()
    desk.give(picture(desk, shown("P1-001", "filled", 101)))
    desk.answer()
    assert desk.order("P1-001").cum_qty == 101
    assert desk.engine.state.ledger.net == {"ACME": D(101)}


def test_an_archived_order_that_its_venue_still_works_is_cancelled_at_every_look() -> None:
    desk = ArchivingDesk()
    desk.submit(terms(limit_price=D("10.01"), tif=TimeInForce.IOC))
    desk.accept("P1-001")
    desk.report(rep.Canceled, "P1-001")
    desk.give(picture(desk, shown("P1-001", "canceled", 0)))
    for order_id in ("P2", "P3"):
        desk.traded(order_id)
        assert is_archived(desk.engine.state, "P1")
        desk.give(picture(desk, shown("P1-001", "open", 0)))
        step = desk.answer()
        assert [effect for effect in step.effects if isinstance(effect, SendCancel)] == [SendCancel("XA", "P1-001")]
    assert desk.alerts == ["stray_order", "stray_order"]
    assert desk.of(ev.ForeignOrderSeen) == []


def test_the_orders_of_a_group_stay_together_in_memory() -> None:
    desk = ArchivingDesk()
    legs = (terms(100, "P1", limit_price=D("9.90")), terms(100, "P2", limit_price=D("9.80")))
    desk.give(cmd.SubmitGroup(ts=desk.now, group_id="G1", contingency=Contingency.OCO, orders=legs))
    desk.accept("P1-001")
    desk.accept("P2-001")
    desk.fill("P1-001", 100)
    desk.report(rep.Canceled, "P2-001")
    desk.give(picture(desk, shown("P2-001", "canceled", 0)))
    desk.wake(1)
    assert list(desk.engine.state.closed) == ["P1", "P2"]


def test_the_highest_number_is_remembered() -> None:
    desk = ArchivingDesk()
    for order_id in ("P009", "P12", "P7", "X99", "PX"):
        desk.traded(order_id)
    assert desk.engine.state.orders == {}
    assert desk.engine.state.archived.highest == 12


def shown(order_id: str, state: str, cum_qty: int) -> rep.VenueOrder:
    return rep.VenueOrder(
        order_id=order_id,
        venue_order_id="V",
        symbol="ACME",
        side=Side.BUY,
        quantity=D(100),
        limit_price=D("10.00"),
        cum_qty=D(cum_qty),
        cum_value=D(10) * cum_qty,
        state=state,
    )


def picture(desk: SmallDesk, *orders: rep.VenueOrder) -> rep.Picture:
    """What XA shows, looked at a little later."""
    desk.now += 3 * SECOND
    return rep.Picture(ts=desk.now, venue="XA", asked_at=desk.now, orders=orders)
