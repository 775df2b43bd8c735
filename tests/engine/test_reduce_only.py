"""Sides and reduce-only: what may close a position never opens one, whatever fills first."""

from random import Random
from typing import Any

import pytest
from small_desk import D, SmallDesk, quote, sent, terms
from unruly_venues import UnrulyVenues

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.instructions import Instructions, TimeInForce
from penstock.domain.orders import OrderTerms, OrderType, Side, State
from penstock.domain.time import SECOND
from penstock.risk import Limits

ONLY = Instructions(reduce_only=True)


def closing(quantity: int = 100, order_id: str = "R", **changes: Any) -> OrderTerms:
    given: dict[str, Any] = {"side": Side.SELL, "limit_price": D("10.20"), "instructions": ONLY} | changes
    return terms(quantity, order_id, **given)


def holding(quantity: int, **changes: Any) -> SmallDesk:
    return SmallDesk(positions={"ACME": D(quantity)}, **changes)


def denials(desk: SmallDesk) -> list[tuple[str, str]]:
    return [(event.terms.order_id, event.code) for event in desk.of(ev.OrderDenied)]


def test_without_a_position_there_is_nothing_to_reduce() -> None:
    desk = SmallDesk()
    desk.submit(closing())
    assert denials(desk) == [("R", "reduce_only")]


def test_a_reduce_only_order_shows_no_more_than_the_position() -> None:
    desk = holding(60)
    assert sent(desk.submit(closing(100))) == ["new R-001 60 @ 10.20"]
    desk.accept("R-001")
    desk.fill("R-001", 60, "10.20")
    assert (desk.order("R").state, desk.order("R").reason) == (State.EXPIRED, "nothing is left to reduce")


def test_two_reduce_only_orders_share_one_position() -> None:
    desk = holding(100)
    desk.submit(closing(70, "R"))
    assert sent(desk.submit(closing(70, "Q"))) == ["new Q-001 30 @ 10.20"]


def test_an_ordinary_order_waits_until_the_reduce_only_one_has_given_way() -> None:
    desk = holding(100)
    desk.submit(closing(100))
    desk.accept("R-001")
    assert sent(desk.submit(terms(80, "S", side=Side.SELL, limit_price=D("10.10")))) == []
    assert denials(desk) == [("S-001", "reserved")]
    desk.quote(1, XA=quote())
    assert sent(desk.give(cmd.Wake(ts=desk.now))) == []
    assert sent(desk.fill("R-001", 10, "10.20")) == ["replace R-001 20 @ 10.20"]
    desk.report(rep.Replaced, "R-001", quantity=D(20), limit_price=D("10.20"))
    assert sent(desk.wake(3)) == ["new S-001 80 @ 10.10"]


def test_a_buy_to_cover_covers_and_no_more() -> None:
    desk = holding(-50)
    asked = terms(80, side=Side.BUY_TO_COVER, order_type=OrderType.MARKET, limit_price=None)
    assert sent(desk.submit(asked)) == ["new P1-001 50 @ 10.12"]


def test_a_short_sale_needs_a_locate() -> None:
    desk = SmallDesk()
    desk.submit(terms(side=Side.SELL_SHORT, limit_price=D("10.10")))
    assert denials(desk) == [("P1", "no_locate")]
    desk.submit(terms(100, "P2", side=Side.SELL_SHORT, limit_price=D("10.10"), instructions=Instructions(located=True)))
    assert desk.order("P2-001").terms.side is Side.SELL_SHORT


@pytest.mark.parametrize(("price", "leaves"), [("9.98", False), ("9.99", False), ("10.00", True)])
def test_under_a_restriction_a_short_sale_is_above_the_best_bid_only(price: str, leaves: bool) -> None:
    desk = SmallDesk(limits=Limits(short_sale_restricted=("ACME",)))
    desk.submit(terms(side=Side.SELL_SHORT, limit_price=D(price), instructions=Instructions(located=True)))
    assert ("P1-001" in desk.engine.state.orders) == leaves
    assert denials(desk) == ([] if leaves else [("P1-001", "short_sale_restriction")])


@pytest.mark.parametrize("seed", range(60))
def test_whatever_fills_first_no_reduce_only_fill_ever_increases_a_position(seed: int) -> None:
    play(seed)


def test_the_seeds_do_reach_fills_of_reduce_only_orders_and_orders_that_wait_for_them() -> None:
    reached = [play(seed) for seed in range(10)]
    assert sum(fills for fills, _ in reached) > 50
    assert sum(waited for _, waited in reached) > 5


def play(seed: int) -> tuple[int, int]:
    """One seed's session, every fill checked: how many fills reduced, and how many orders had to wait for them."""
    random = Random(seed)
    desk = holding(random.choice([-300, 300]), limits=Limits(slippage_abort_bps=D(1000), consecutive_rejects_max=50))
    venues = UnrulyVenues(random, late_fills=False)
    parents = filled_to_reduce = 0
    for second in range(200):
        middle = D(10) + D(random.randint(-8, 8)) / 100
        desk.quote(second, XA=quote(str(middle), str(middle + D("0.02"))))
        if random.random() < 0.3:
            parents += 1
            desk.submit(any_order(f"P{parents}", random, held(desk)))
        if random.random() < 0.15 and parents:
            desk.give(cmd.CancelOrder(ts=desk.now, order_id=f"P{random.randint(1, parents)}"))
        desk.give(cmd.Wake(ts=desk.now))
        venues.receive(desk.effects)
        desk.effects.clear()
        for _ in range(3):
            venues.act(desk.now + SECOND // 2)
        while (report := venues.next_report()) is not None:
            filled_to_reduce += check_fill(desk, report)
            if random.random() < 0.3:
                break
    return filled_to_reduce, sum(code == "reserved" for _, code in denials(desk))


def any_order(order_id: str, random: Random, position: Any) -> OrderTerms:
    """Mostly one that closes: several of them together want more than the position."""
    closes = Side.SELL if position > 0 else Side.BUY
    side = closes if random.random() < 0.6 else random.choice([Side.BUY, Side.SELL])
    return terms(
        random.randint(50, 300),
        order_id,
        side=side,
        limit_price=D(10) - side.sign * D(random.randint(-3, 8)) / 100,
        tif=random.choice([TimeInForce.DAY, TimeInForce.DAY, TimeInForce.IOC]),
        instructions=random.choice([ONLY, Instructions()]),
    )


def check_fill(desk: SmallDesk, report: rep.VenueReport) -> int:
    """Give a report to the desk; 1 if it was a fill of a reduce-only order, which must have reduced the position."""
    before = held(desk)
    known = desk.engine.state.orders.get(report.order_id)
    booked = len(desk.of(ev.ChildFilled))
    desk.give(report)
    if not isinstance(report, rep.Fill) or known is None or len(desk.of(ev.ChildFilled)) == booked:
        return 0
    parent = desk.order(known.terms.parent_id or "")
    if not parent.terms.reduces_only:
        return 0
    after = held(desk)
    assert abs(after) < abs(before), (report, before, after)
    assert after * before >= 0, (report, before, after)
    return 1


def held(desk: SmallDesk) -> Any:
    position = desk.engine.state.positions.get("ACME")
    return D(0) if position is None else position.quantity
