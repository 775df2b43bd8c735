"""What was lost, came late or came twice between us and a venue, found by seeds of the fault simulator."""

from typing import Any

from small_desk import D, SmallDesk, quote, sent, terms

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import State
from penstock.domain.time import SECOND
from penstock.domain.venue import Liquidity
from penstock.engine.effects import SendCancel, SendNew

CHILD = "P1-001"


def working(quantity: int = 100) -> SmallDesk:
    """A desk with one child, live at its venue."""
    desk = SmallDesk()
    desk.submit(terms(quantity))
    desk.accept(CHILD)
    return desk


def shown(quantity: int = 100, cum: int = 0, state: str = "open", price: str = "10.00", **more: Any) -> rep.VenueOrder:
    """The child as its venue shows it, filled at 10."""
    given: dict[str, Any] = {"cum_value": D(10) * cum} | more
    return rep.VenueOrder(
        order_id=CHILD,
        venue_order_id="V",
        symbol="ACME",
        side=terms().side,
        quantity=D(quantity),
        limit_price=D(price),
        cum_qty=D(cum),
        state=state,
        **given,
    )


def look(desk: SmallDesk, *orders: rep.VenueOrder, age_s: float = 0, fills: tuple[rep.Fill, ...] = ()) -> list[str]:
    """Show the venue's picture, asked for `age_s` ago; what the desk sends then."""
    asked_at = desk.now - round(age_s * SECOND)
    picture = rep.Picture(ts=desk.now, venue="XA", asked_at=asked_at, orders=orders, fills=fills)
    return sent(desk.give(picture))


def waiting(desk: SmallDesk, seconds: range) -> list[str]:
    """What the desk sends by itself while time passes, woken whenever it wants to be."""
    words: list[str] = []
    for at in seconds:
        desk.engine.next_wake()
        words += sent(desk.wake(at))
    return words


def execution(desk: SmallDesk, quantity: int, price: str, exec_id: str, late_s: float = 0) -> rep.Fill:
    """An execution told now; `late_s` is how far the venue's clock is ahead of ours."""
    return rep.Fill(
        ts=desk.now,
        venue="XA",
        order_id=CHILD,
        exec_id=exec_id,
        last_qty=D(quantity),
        last_px=D(price),
        fee=D(0),
        liquidity=Liquidity.MAKER,
        traded_at=desk.now + round(late_s * SECOND),
    )


def test_an_unknown_order_that_a_look_shows_is_known_again() -> None:
    desk = working()
    desk.report(rep.NoAnswer, CHILD, reason="timed out")
    assert desk.order(CHILD).unknown
    desk.wake(10)
    look(desk, shown())
    assert not desk.order(CHILD).unknown


def test_a_replace_told_again_does_not_bring_old_terms_back() -> None:
    desk = working()
    replaced = []
    for price in ("9.98", "9.97"):
        desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", limit_price=D(price)))
        request_id = desk.of(ev.ReplaceAsked)[-1].request_id
        replaced.append({"quantity": D(100), "limit_price": D(price), "request_id": request_id})
        desk.report(rep.Replaced, CHILD, **replaced[-1])
    desk.report(rep.Replaced, CHILD, **replaced[0])
    assert desk.order(CHILD).terms.limit_price == D("9.97")


def test_an_order_done_for_the_day_before_its_acknowledgement_came_is_over() -> None:
    desk = SmallDesk()
    desk.submit(terms())
    desk.report(rep.DoneForDay, CHILD)
    assert (desk.order(CHILD).state, desk.alerts) == (State.DONE_FOR_DAY, [])


def test_no_answer_never_leads_to_a_second_send() -> None:
    desk = SmallDesk()
    desk.submit(terms(100))
    desk.report(rep.NoAnswer, CHILD, reason="timed out")
    for at in range(1, 60):
        desk.wake(at)
    assert [effect for effect in desk.effects if isinstance(effect, SendNew)] == desk.effects[:1]
    assert (desk.order(CHILD).unknown, desk.order(CHILD).open_qty) == (True, 100)


def test_a_cancel_whose_answer_was_swallowed_is_resolved_by_a_look_and_only_then_asked_again() -> None:
    desk = working()
    assert sent(desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))) == [f"cancel {CHILD}"]
    assert waiting(desk, range(1, 10)) == ["look XA"]
    assert look(desk, shown()) == []  # refused as far as anyone can see, and not asked again at once
    assert desk.of(ev.CancelDenied)
    assert f"cancel {CHILD}" in waiting(desk, range(10, 20))


def test_a_refused_cancel_is_looked_into_before_it_is_asked_again() -> None:
    desk = working()
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))
    desk.engine.next_wake()
    refused = desk.report(rep.CancelRefused, CHILD, reason="too late")
    assert sent(refused) == []
    assert sent(desk.wake(1)) == ["look XA"]
    look(desk, shown(cum=100, state="filled"))
    assert (desk.order(CHILD).cum_qty, desk.engine.state.working) == (100, {})
    assert sum(isinstance(effect, SendCancel) for effect in desk.effects) == 1


def test_a_fill_lost_before_an_orders_end_is_found_by_a_look_and_looked_for_until_then() -> None:
    desk = working()
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))
    desk.report(rep.Canceled, CHILD)
    assert desk.engine.state.working == {}
    assert desk.engine.next_wake() is not None
    assert waiting(desk, range(1, 20)) == ["look XA"]
    look(desk, shown(cum=30, state="canceled"))
    assert (desk.order(CHILD).cum_qty, desk.order().cum_qty) == (30, 30)
    desk.wake(60)
    look(desk, shown(cum=30, state="canceled"))
    assert desk.engine.next_wake() is None
    assert len(desk.of(ev.ChildFilled)) == 1


def test_an_old_picture_neither_brings_old_terms_back_nor_makes_a_stray() -> None:
    desk = working()
    desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", limit_price=D("9.98")))
    request_id = desk.of(ev.ReplaceAsked)[-1].request_id
    desk.report(rep.Replaced, CHILD, quantity=D(100), limit_price=D("9.98"), request_id=request_id)
    desk.wake(3)
    look(desk, shown(price="10.00"), age_s=5)
    assert desk.order(CHILD).terms.limit_price == D("9.98")
    desk.report(rep.Canceled, CHILD)
    assert look(desk, shown(price="9.98"), age_s=2) == []
    assert "stray_order" not in desk.alerts


def test_a_look_that_got_no_answer_is_repeated_until_the_venue_may_be_traded_on() -> None:
    desk = working()
    desk.give(rep.VenueStatus(ts=desk.now, venue="XA", up=False))
    assert sent(desk.give(rep.VenueStatus(ts=desk.now, venue="XA", up=True))) == ["look XA"]
    assert waiting(desk, range(1, 10)) == ["look XA"]
    look(desk, shown())
    assert desk.engine.state.venue_status == {}


def test_a_larger_quantity_whose_answer_was_lost_does_not_keep_a_filled_order_open() -> None:
    desk = SmallDesk()
    desk.submit(terms(100, limit_price=D("9.98")))
    desk.accept(CHILD)
    asked = terms(150, CHILD, parent_id="P1", venue="XA", limit_price=D("9.98"))
    desk.engine.desk.emit(ev.ReplaceAsked(ts=desk.now, order_id=CHILD, terms=asked, quote=quote(), request_id="r"))
    desk.fill(CHILD, 100, "9.98")
    assert desk.order(CHILD).is_open
    desk.wake(10)
    look(desk, shown(cum=100, state="filled", price="9.98", cum_value=D("998")))
    assert (desk.order(CHILD).ord_status, desk.order(CHILD).is_open) == ("filled", False)


def test_a_smaller_quantity_whose_answer_was_lost_is_filled_not_rejected() -> None:
    desk = working()
    asked = terms(60, CHILD, parent_id="P1", venue="XA")
    desk.engine.desk.emit(ev.ReplaceAsked(ts=desk.now, order_id=CHILD, terms=asked, quote=quote(), request_id="r"))
    desk.wake(10)
    look(desk, shown(60, cum=60, state="filled"))
    assert (desk.order(CHILD).ord_status, desk.order(CHILD).cum_qty) == ("filled", 60)
    assert "impossible_report" not in desk.alerts


def test_a_new_order_that_one_picture_lacks_is_given_up_only_when_a_later_one_lacks_it_too() -> None:
    desk = SmallDesk()
    desk.submit(terms(100))
    desk.wake(5)
    look(desk)
    assert desk.order(CHILD).is_open
    desk.wake(10)
    look(desk)
    assert (desk.order(CHILD).state, desk.order(CHILD).reason[:13]) == (State.CANCELED, "never reached")


def test_an_order_done_for_the_day_waits_for_no_answer() -> None:
    desk = working()
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))
    desk.report(rep.DoneForDay, CHILD)
    assert desk.order(CHILD).requests
    desk.wake(10)
    look(desk, shown(state="expired"))
    assert (desk.order(CHILD).requests, desk.order(CHILD).state) == ((), State.EXPIRED)


def test_of_two_lost_fills_one_that_arrives_leaves_the_other_at_its_own_price() -> None:
    desk = working()
    desk.wake(5)
    look(desk, shown(cum=20, cum_value=D(220)))  # 10 at 10 and 10 at 12
    desk.give(execution(desk, 10, "12", "e2"))
    order = desk.order(CHILD)
    assert (order.cum_qty, order.cum_value) == (20, 220)
    desk.give(execution(desk, 10, "10", "e1"))
    assert (order.cum_qty, order.cum_value) == (20, 220)
    standing = dict(desk.engine.state.executions)
    assert {key for key, each in standing.items() if each.quantity} == {"XA/e1", "XA/e2"}


def test_a_fill_that_stands_for_parts_of_several_totals_leaves_their_value_whole() -> None:
    desk = working()
    desk.wake(5)
    look(desk, shown(cum=10))
    desk.wake(10)
    look(desk, shown(cum=24, cum_value=D(100) + 14 * D(11)))
    desk.give(execution(desk, 14, "11", "e2"))
    assert (desk.order(CHILD).cum_qty, desk.order(CHILD).cum_value) == (24, 254)
    desk.give(execution(desk, 10, "10", "e1"))
    assert (desk.order(CHILD).cum_qty, desk.order(CHILD).cum_value) == (24, 254)


def test_fills_of_a_larger_quantity_whose_answer_is_on_its_way_are_no_overfill_and_all_are_looked_for() -> None:
    desk = working(200)
    desk.engine.desk.emit(ev.OrderAmended(ts=desk.now, order_id="P1", terms=terms(400)))
    asked = terms(300, CHILD, parent_id="P1", venue="XA")
    desk.engine.desk.emit(ev.ReplaceAsked(ts=desk.now, order_id=CHILD, terms=asked, quote=quote(), request_id="r"))
    desk.fill(CHILD, 250)
    assert desk.alerts == []
    desk.report(rep.Expired, CHILD)
    assert waiting(desk, range(1, 10)) == ["look XA"]
    look(desk, shown(300, cum=270, state="expired"))
    assert desk.order(CHILD).cum_qty == 270


def test_a_total_that_was_counted_twice_is_taken_back_by_the_next_look() -> None:
    desk = working()
    desk.wake(5)
    look(desk, shown(cum=10))
    desk.give(execution(desk, 10, "10", "e1", late_s=120))  # it looks like another fill
    assert desk.order(CHILD).cum_qty == 20
    desk.wake(10)
    look(desk, shown(cum=10))
    assert (desk.order(CHILD).cum_qty, desk.order(CHILD).cum_value) == (10, 100)
