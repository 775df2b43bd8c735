"""Orders with nothing to decide take a short way: it says, event for event, what a whole decision would have said."""

from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_desk import D, SmallDesk, quote, terms

from penstock.domain import commands as cmd
from penstock.domain.events import AnyEvent, OrderEnded, OrderReceived, OrderStopped
from penstock.domain.orders import OrderType, Side, TimeInForce
from penstock.domain.time import SECOND
from penstock.engine.engine import Engine
from penstock.engine.reminders import STALE_MAX, Reminders
from penstock.engine.sampling import Sampling
from penstock.engine.state import EngineState
from penstock.engine.working import Worker

orders = st.fixed_dictionaries({
    "quantity": st.sampled_from([1, 100, 700]),
    "side": st.sampled_from(list(Side)[:2]),
    "order_type": st.sampled_from([OrderType.LIMIT, OrderType.MARKET]),
    "limit_price": st.sampled_from([D("9.50"), D("10.00"), D("10.50")]),
    "tif": st.sampled_from([TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
    "post_only": st.booleans(),
})  # fmt: skip
RESTING = {
    "quantity": 100,
    "side": Side.BUY,
    "order_type": OrderType.LIMIT,
    "limit_price": D("9.50"),
    "tif": TimeInForce.DAY,
    "post_only": False,
}
happenings = st.lists(st.sampled_from(["accept", "part", "rest", "cancel", "wake", "move", "amend"]), max_size=6)
venues = st.sampled_from([("XA",), ("XA", "XB")])


def played(asked: dict, lives: list[str], names: tuple[str, ...]) -> list[AnyEvent]:
    """The events of one order's life, as the desk tells them."""
    desk = SmallDesk(names)
    if asked["order_type"] is OrderType.MARKET:
        asked = asked | {"limit_price": None, "post_only": False}
    desk.submit(terms(**asked), at=1)
    for number, happening in enumerate(lives, start=2):
        child = desk.engine.state.orders.get("P1-001")
        if happening == "accept" and child:
            desk.accept("P1-001")
        elif happening in ("part", "rest") and child and child.open_qty:
            desk.fill("P1-001", 1 if happening == "part" else str(child.open_qty))
        elif happening == "cancel":
            desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))
        elif happening == "wake":
            desk.wake(number)
        elif happening == "move":
            desk.quote(number, XA=quote("9.90", "9.92"))
        elif happening == "amend" and asked["order_type"] is OrderType.LIMIT:
            desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", limit_price=D("9.80")))
    return desk.events


@settings(max_examples=300, deadline=None)
@given(orders, happenings, venues)
@example(RESTING, ["cancel", "accept"], ("XA",))
@example(RESTING, ["amend", "accept"], ("XA",))
def test_the_short_way_says_what_a_whole_decision_says(asked: dict, lives: list[str], names: tuple[str, ...]) -> None:
    short = played(asked, lives, names)
    with (
        patch.object(Worker, "send", lambda *_: False),
        patch.object(Worker, "leaves_alone", lambda *_: False),
        patch.object(Engine, "_finds_nothing", lambda *_: False),
    ):
        assert played(asked, lives, names) == short


def test_an_immediate_order_beyond_the_market_ends_without_a_decision() -> None:
    with patch.object(Worker, "decide") as decide:
        desk = SmallDesk(("XA", "XB"))
        desk.submit(terms(limit_price=D("10.00"), tif=TimeInForce.IOC))
    decide.assert_not_called()
    assert [type(event) for event in desk.events][-3:] == [OrderReceived, OrderStopped, OrderEnded]
    assert not desk.engine.state.working
    assert desk.engine.next_wake() is None


def test_a_plain_limit_order_takes_the_short_way_and_is_not_decided_on_its_acknowledgement() -> None:
    with patch.object(Worker, "decide") as decide:
        desk = SmallDesk()
        desk.submit(terms())
        desk.accept("P1-001")
        desk.fill("P1-001", 100)
    decide.assert_not_called()
    assert desk.order().cum_qty == 100


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3) | st.none())))
def test_reminders_ask_each_parent_once_at_the_time_it_named_last(said: list[tuple[int, int | None]]) -> None:
    reminders, wanted = Reminders(), {}
    for parent, at in said:
        if at is None:
            reminders.drop(str(parent))
            wanted.pop(str(parent), None)
        else:
            reminders.put(str(parent), at)
            wanted[str(parent)] = at
        assert reminders.next() == min(wanted.values(), default=None)
    asked = list(reminders.until(1))
    assert sorted(asked) == sorted(parent for parent, at in wanted.items() if at <= 1)
    assert [wanted[parent] for parent in asked] == sorted(wanted[parent] for parent in asked)
    assert reminders.next() == min((at for at in wanted.values() if at > 1), default=None)


def test_reminders_of_orders_that_came_and_went_do_not_pile_up() -> None:
    reminders = Reminders()
    reminders.put("stays", 7)
    for number in range(3 * STALE_MAX):
        reminders.put(str(number), 7)
        reminders.drop(str(number))
    assert sum(map(len, reminders._due.values())) <= STALE_MAX + 2
    assert list(reminders.until(7)) == ["stays"]


def test_a_symbol_is_sampled_at_the_pace_of_the_shortest_parent_at_work_in_it() -> None:
    desk = SmallDesk(minutes=600)
    desk.submit(terms(order_id="LONG"))
    sampling: Sampling = desk.engine.sampling
    taken = desk.now
    assert sampling.due_at == taken + 15 * SECOND
    short = terms(order_id="SHORT", algorithm="twap", parameters={"duration_minutes": 30.0})
    desk.submit(short, at=1)
    assert sampling.due_at == taken + 30 * 60 // 300 * SECOND
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="SHORT"))
    for child in list(desk.engine.state.parents["SHORT"].open_children):
        desk.fill(child, str(desk.order(child).open_qty))
    assert sampling.due_at == taken + 15 * SECOND


def test_nothing_is_due_while_nothing_works() -> None:
    assert Sampling(EngineState()).due_at is None
