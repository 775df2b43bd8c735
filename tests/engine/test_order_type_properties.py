"""What must hold for an iceberg, a fill-or-kill order and an OCO whatever the venues do."""

from random import Random
from typing import Any

import pytest
from small_desk import CALM_BREAKERS, D, SmallDesk, quote, terms
from unruly_venues import UnrulyVenues

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.contingency import Contingency
from penstock.domain.instructions import Instructions, OrderType, PegPrice
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.time import SECOND
from penstock.risk import Limits

LOOSE = Limits(slippage_abort_bps=D(1000), consecutive_rejects_max=50)


class Session:
    """A desk, unruly venues and a market that walks; `watch` is called after everything that happens."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.desk = SmallDesk(("XA", "XB"), LOOSE, scopes=CALM_BREAKERS)
        self.venues = UnrulyVenues(self.random, late_fills=False)

    def run(self, watch: Any, steps: int = 150) -> None:
        desk, random = self.desk, self.random
        for second in range(steps):
            middle = D(10) + D(random.randint(-8, 8)) / 100
            touch = quote(str(middle), str(middle + D(random.randint(1, 3)) / 100))
            desk.quote(second, XA=touch, XB=touch)
            desk.give(cmd.Wake(ts=desk.now))
            watch()
            self.venues.receive(desk.effects)
            desk.effects.clear()
            for _ in range(3):
                self.venues.act(desk.now + SECOND // 2)
            for _ in range(random.randint(0, 3)):
                report = self.venues.next_report()
                if report is not None:
                    desk.give(report)
                    watch()

    def open_at_venues(self, parent: str) -> Any:
        state = self.desk.engine.state
        return sum((state.orders[child].open_qty for child in state.parents[parent].open_children), D(0))


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("kind", [OrderType.ICEBERG, OrderType.PEG])
def test_no_more_than_the_display_quantity_is_ever_shown(kind: OrderType, seed: int) -> None:
    session = Session(seed)
    peg = PegPrice.MID if kind is OrderType.PEG else None
    asked = Instructions(display_qty=D(40), peg=peg)
    session.desk.submit(terms(1000, order_type=kind, limit_price=D("10.02"), instructions=asked))
    shown = []

    def watch() -> None:
        shown.append(session.open_at_venues("P1"))
        assert shown[-1] <= 40

    session.run(watch)
    assert max(shown) > 30
    assert session.desk.order().cum_qty > 80  # it was refilled


@pytest.mark.parametrize("seed", range(40))
def test_the_legs_of_an_oco_fill_one_quantity_or_say_by_how_much_they_filled_more(seed: int) -> None:
    session = Session(seed)
    legs = (leg("A", "10.03"), leg("B", "10.05"))
    session.desk.give(cmd.SubmitGroup(ts=session.desk.now, group_id="G", contingency=Contingency.OCO, orders=legs))
    session.run(lambda: None)
    filled = sum((session.desk.order(each.order_id).cum_qty for each in legs), D(0))
    said = [event.excess for event in session.desk.of(ev.GroupDisturbed)]
    assert (said[-1] if said else 0) == max(filled - 100, 0)
    assert ("group_overfill" in session.desk.alerts) == (filled > 100)


@pytest.mark.parametrize("seed", range(40))
def test_an_oco_of_a_limit_and_a_stop_never_fills_more_than_one_of_them(seed: int) -> None:
    session = Session(seed)
    stop = leg("B", None, order_type=OrderType.STOP, instructions=Instructions(stop_px=D("9.94")))
    legs = (leg("A", "10.06"), stop)
    session.desk.give(cmd.SubmitGroup(ts=session.desk.now, group_id="G", contingency=Contingency.OCO, orders=legs))

    def watch() -> None:
        orders = [session.desk.order(each.order_id) for each in legs]
        assert sum((order.cum_qty for order in orders), D(0)) <= 100

    session.run(watch)
    assert sum((session.desk.order(each.order_id).cum_qty for each in legs), D(0)) > 0


def leg(order_id: str, price: str | None, **changes: Any) -> OrderTerms:
    return terms(100, order_id, side=Side.SELL, limit_price=None if price is None else D(price), **changes)
