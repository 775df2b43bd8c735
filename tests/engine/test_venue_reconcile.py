"""Reconciliation as a pure function: for any book and any truth at the venue, healing makes them one, and once only."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from small_desk import D, SmallDesk, quote, terms

from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import ENDED
from penstock.domain.time import SECOND
from penstock.domain.venue import Liquidity
from penstock.engine.venue_reconcile import heal
from penstock.engine.venue_reports import take_report

CHILD = "P1-001"
QUANTITY = 100

parts = st.lists(st.tuples(st.integers(1, 30), st.sampled_from(["9.98", "9.99", "10.00"])), max_size=3)


class Truth:
    """What truly became of the child: its executions, its terms and its end, and what of all that we were told."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.fills = draw(parts)
        self.told = draw(st.lists(st.booleans(), min_size=3, max_size=3))
        self.in_effect = draw(st.booleans())  # of the replace that we asked for
        self.replaced_to = (draw(st.integers(91, 150)), draw(st.sampled_from(["9.97", "10.00"])))
        self.asks = draw(st.sampled_from(["nothing", "replace", "cancel"]))
        self.lists_fills = draw(st.booleans())
        self.accepted = draw(st.booleans())
        self.loses_answer = draw(st.booleans())
        self.end = draw(st.sampled_from(["open", "filled", "canceled", "expired"]))
        self.end_is_told = draw(st.booleans())

    @property
    def quantity(self) -> int:
        filled = sum(size for size, _ in self.fills)
        if self.end == "filled" and filled:
            return filled
        return self.replaced_to[0] if self.asks == "replace" and self.in_effect else QUANTITY

    @property
    def price(self) -> str:
        return self.replaced_to[1] if self.asks == "replace" and self.in_effect else "10.00"

    @property
    def state(self) -> str:
        return "open" if self.end == "filled" and not self.fills else self.end

    def execution(self, number: int) -> rep.Fill:
        size, price = self.fills[number]
        return rep.Fill(
            ts=0,
            venue="XA",
            order_id=CHILD,
            exec_id=f"e{number}",
            last_qty=D(size),
            last_px=D(price),
            fee=D(0),
            liquidity=Liquidity.MAKER,
            traded_at=0,
        )

    def picture(self, at: int) -> rep.Picture:
        executions = [self.execution(number) for number in range(len(self.fills))]
        shown = rep.VenueOrder(
            order_id=CHILD,
            venue_order_id="V",
            symbol="ACME",
            side=terms().side,
            quantity=D(self.quantity),
            limit_price=D(self.price),
            cum_qty=sum((fill.last_qty for fill in executions), D(0)),
            cum_value=sum((fill.last_qty * fill.last_px for fill in executions), D(0)),
            state=self.state,
        )
        fills = tuple(executions) if self.lists_fills else ()
        return rep.Picture(ts=at, venue="XA", asked_at=at, orders=(shown,), fills=fills)


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    return Truth(draw)


def book_of(truth: Truth) -> SmallDesk:
    """Our book, after we heard what we were told."""
    desk = SmallDesk()
    desk.submit(terms(QUANTITY))
    if truth.accepted:
        desk.accept(CHILD)
    if truth.asks != "nothing":
        desk.engine.desk.emit(request(truth, desk))
    if truth.loses_answer:
        desk.report(rep.NoAnswer, CHILD, reason="timed out")
    for number in range(len(truth.fills)):
        if truth.told[number]:
            take_report(desk.engine.desk, truth.execution(number))
    if truth.end_is_told and truth.state in ("canceled", "expired"):
        kind = rep.Canceled if truth.state == "canceled" else rep.Expired
        take_report(desk.engine.desk, kind(ts=desk.now, venue="XA", order_id=CHILD))
    return desk


def request(truth: Truth, desk: SmallDesk) -> Any:
    if truth.asks == "cancel":
        return ev.CancelAsked(ts=desk.now, order_id=CHILD, reason="story", request_id="r1")
    quantity, price = truth.replaced_to
    asked = terms(quantity, CHILD, parent_id="P1", venue="XA", limit_price=D(price))
    return ev.ReplaceAsked(ts=desk.now, order_id=CHILD, terms=asked, quote=quote(), request_id="r1")


def healed(desk: SmallDesk, picture: rep.Picture) -> list[rep.VenueReport]:
    """Apply a look's healing to the book; what it was."""
    inner = desk.engine.desk
    inner.now = max(inner.now, picture.ts)
    state = inner.state
    healing = heal([state.orders[CHILD]], picture, state.executions, state.children)
    for report in healing.reports:
        take_report(inner, report)
    assert healing.strays == healing.foreign == ()
    return list(healing.reports)


@given(truths())
def test_healing_makes_our_book_the_venues_and_then_there_is_nothing_left_to_heal(truth: Truth) -> None:
    desk = book_of(truth)
    later = desk.now + 10 * SECOND
    healed(desk, truth.picture(later))
    order = desk.order(CHILD)
    shown = truth.picture(later).orders[0]
    assert order.cum_qty == shown.cum_qty
    assert abs(order.cum_value - shown.cum_value) < Decimal("1e-20")
    assert order.is_open == (truth.state == "open")
    assert (order.requests, order.unknown) == ((), False)
    if truth.state == "open":
        assert (order.terms.quantity, order.terms.limit_price) == (shown.quantity, shown.limit_price)
    assert (order.state in ENDED) == (truth.state in ("canceled", "expired"))
    assert healed(desk, truth.picture(later + 10 * SECOND)) == []


@given(truths(), st.permutations([0, 1, 2]))
def test_fills_that_arrive_after_they_were_healed_change_no_total(truth: Truth, arrival: list[int]) -> None:
    desk = book_of(truth)
    picture = truth.picture(desk.now + 10 * SECOND)
    healed(desk, picture)
    for number in (number for number in arrival if number < len(truth.fills)):
        take_report(desk.engine.desk, truth.execution(number))
    order = desk.order(CHILD)
    assert order.cum_qty == picture.orders[0].cum_qty
    assert abs(order.cum_value - picture.orders[0].cum_value) < Decimal("1e-20")
    real = {key for key, booked in desk.engine.state.executions.items() if booked.quantity}
    assert real == {f"XA/e{number}" for number in range(len(truth.fills))}


@given(truths())
def test_a_picture_asked_for_before_the_last_thing_we_heard_is_believed_in_fills_and_ends_only(truth: Truth) -> None:
    desk = book_of(truth)
    reports = healed(desk, truth.picture(desk.now))
    assert {type(report) for report in reports} <= {rep.Fill, rep.Canceled, rep.Expired}
    assert not any(isinstance(report, rep.Fill) and report.exec_id.startswith("look-") for report in reports)
