"""What is kept between looks changes nothing: a desk that forgets it before every input says the same."""

from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_desk import START, D, SmallDesk, quote, sent, terms

from penstock.algos import slicing
from penstock.domain import commands as cmd
from penstock.domain import reports as rep
from penstock.domain.events import AnyEvent
from penstock.domain.orders import Ask, OrderType, Strategy
from penstock.domain.time import SECOND
from penstock.engine.standing import Standing
from penstock.engine.working import Worker
from penstock.risk import Limits

VENUE, SLICES = "XA", 4
PATIENT = Limits(stale_after_s=1e6, slippage_abort_bps=D(10_000))  # no quote here is too old, and no fill too dear
MARKETS = (("9.99", "10.01"), ("9.97", "9.99"), ("10.02", "10.03"))
asked = st.fixed_dictionaries({
    "algorithm": st.sampled_from(["twap", "vwap", "is", "pov", "adaptive"]),
    "strategy": st.sampled_from(list(Strategy)),
    "parameters": st.fixed_dictionaries(
        {"num_slices": st.just(SLICES)},
        optional={
            "catch_up": st.sampled_from(["next", "end"]),
            "end_policy": st.sampled_from(["sweep", "stop", "carry"]),
            "max_participation": st.just(0.5),
        },
    ),
})  # fmt: skip
PLAIN = {"algorithm": "twap", "strategy": Strategy.NEUTRAL, "parameters": {"num_slices": SLICES}}
OF_CHILDREN = ("accept", "part", "rest", "rest", "expire", "replaced", "refuse")
HAPPENINGS = (*OF_CHILDREN, "wake", "wake", "soon", "move", "larger")
happenings = st.lists(st.sampled_from(HAPPENINGS), max_size=40)
venues = st.sampled_from([("XA",), ("XA", "XB")])


def played(wish: dict, lives: list[str], names: tuple[str, ...], *, forgets: bool) -> list[AnyEvent]:
    """The events of one sliced order's life; `forgets` loses all that is not state before every input."""
    desk = SmallDesk(names, PATIENT, minutes=10)
    state, quantity = desk.engine.state, 400
    desk.submit(terms(quantity, order_type=OrderType.MARKET, limit_price=None, **wish))
    for number, happening in enumerate(lives):
        if forgets:
            desk.engine.worker._standing.clear()
            slicing.cut.cache_clear()
            slicing.draws.cache_clear()
            desk.engine.desk._sights.clear()
        for child in state.parents["P1"].open_children:
            if happening == "accept":
                desk.accept(child)
            elif happening == "replaced" and desk.order(child).requests:
                desk.replaced(child)
            elif happening == "refuse" and desk.order(child).requests:
                asked = desk.order(child).requests[0].ask
                kind = rep.CancelRefused if asked is Ask.CANCEL else rep.ReplaceRefused
                desk.report(kind, child, reason="too late")
            elif happening == "expire":
                desk.report(rep.Expired, child)
            elif happening in ("part", "rest"):
                desk.fill(child, 1 if happening == "part" else str(desk.order(child).open_qty))
        if happening == "wake":
            desk.now = max(desk.now, desk.engine.next_wake() or 0)
            desk.give(cmd.Wake(ts=desk.now))
        elif happening == "soon":
            desk.wake((desk.now - START) / SECOND + 1)
        elif happening == "move":
            bid, ask = MARKETS[number % len(MARKETS)]
            desk.quote(**{name: quote(bid, ask, volume=100 * number) for name in names})
        elif happening == "larger":
            quantity += 100
            desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", quantity=D(quantity)))
    return desk.events


@settings(max_examples=200, deadline=None)
@given(asked, happenings, venues)
@example(PLAIN, ["accept", "rest", "wake", "accept", "rest", "soon", "larger", "wake"], ("XA",))
@example(PLAIN, ["accept", "part", "expire", "wake"], ("XA",))
def test_a_desk_that_forgets_what_is_not_state_decides_the_same(
    wish: dict, lives: list[str], names: tuple[str, ...]
) -> None:
    assert played(wish, lives, names, forgets=False) == played(wish, lives, names, forgets=True)


@settings(max_examples=200, deadline=None)
@given(asked, happenings, venues)
@example(PLAIN, ["accept", "rest", "wake", "accept", "rest", "soon", "larger", "wake"], ("XA",))
@example(PLAIN, ["accept", "part", "expire", "wake"], ("XA",))
def test_a_parent_that_is_not_asked_would_have_wanted_nothing(
    wish: dict, lives: list[str], names: tuple[str, ...]
) -> None:
    spared = played(wish, lives, names, forgets=False)
    with patch.object(Standing, "is_served", lambda *_: False):
        assert played(wish, lives, names, forgets=False) == spared


def test_a_fill_that_leaves_nothing_due_asks_the_algorithm_nothing_until_the_slice_ends() -> None:
    desk = SmallDesk((VENUE,), PATIENT, minutes=10)
    desk.submit(terms(400, order_type=OrderType.MARKET, limit_price=None, **PLAIN))
    desk.accept("P1-001")
    with patch.object(Worker, "_plan") as plan:
        desk.fill("P1-001", str(desk.order("P1-001").open_qty))
    plan.assert_not_called()
    ends = slicing.boundary("7/P1", 1, SLICES, START, desk.engine.state.parents["P1"].end)
    assert desk.engine.next_wake() == min(ends, desk.engine.sampling.due_at or ends)
    desk.give(cmd.Wake(ts=ends))
    assert "P1-002" in desk.engine.state.orders


def test_a_parent_whose_timed_out_child_is_being_cancelled_waits_for_the_answer() -> None:
    desk = SmallDesk((VENUE,), PATIENT, minutes=600)
    desk.submit(terms(400, order_type=OrderType.MARKET, limit_price=None, **PLAIN))
    desk.accept("P1-001")
    assert "cancel P1-001" in sent(desk.wake(PATIENT.child_timeout_s))
    wake = desk.engine.next_wake()
    assert wake is not None
    assert wake > desk.now + SECOND // 10


def test_a_child_that_is_replaced_as_asked_gives_nothing_to_decide_and_one_that_is_not_does() -> None:
    for price, asked in ((None, 0), ("9.95", 1)):
        desk = SmallDesk((VENUE,), PATIENT, minutes=600)
        desk.submit(terms(400, order_type=OrderType.MARKET, limit_price=None, **PLAIN))
        desk.accept("P1-001")
        desk.quote(10, XA=quote("9.98", "10.02"))
        assert "replace P1-001" in " ".join(sent(desk.wake(10)))
        with patch.object(Worker, "decide", autospec=True, side_effect=Worker.decide) as decide:
            desk.replaced("P1-001", price)
        assert decide.call_count == asked
