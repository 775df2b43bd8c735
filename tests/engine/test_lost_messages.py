"""What was lost, came late or came twice between us and a venue, found by seeds of the fault simulator."""

from typing import Any

from small_desk import D, SmallDesk, sent, terms

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import State
from penstock.domain.time import SECOND
from penstock.domain.venue import Liquidity

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


def execution(quantity: int, price: str, exec_id: str, at: int) -> rep.Fill:
    return rep.Fill(
        ts=at,
        venue="XA",
        order_id=CHILD,
        exec_id=exec_id,
        last_qty=D(quantity),
        last_px=D(price),
        fee=D(0),
        liquidity=Liquidity.MAKER,
        traded_at=at,
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
