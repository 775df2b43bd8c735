"""From wanted and working to new, replace and cancel: promises for any pair, and a table of what a trader expects."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.algos.view import Working
from penstock.domain.orders import TimeInForce
from penstock.engine.reconcile import Action, Cancel, New, Replace, reconcile
from penstock.routing.wanted import Wanted

D = Decimal
ROUNDS_MAX = 4


def want(quantity: int, price: str = "10", venue: str = "XA", *, immediate: bool = False) -> Wanted:
    tif = TimeInForce.IOC if immediate else TimeInForce.DAY
    return Wanted(venue=venue, price=D(price), quantity=D(quantity), tif=tif)


def works(
    leaves: int,
    price: str = "10",
    venue: str = "XA",
    *,
    name: str = "C1",
    immediate: bool = False,
    settled: bool = True,
) -> Working:
    return Working(
        order_id=name,
        venue=venue,
        price=D(price),
        leaves=D(leaves),
        immediate=immediate,
        settled=settled,
        sent_at=0,
        mid=D(10),
        ahead=D(0),
        volume=D(0),
    )


def replaced(price: str, leaves: int, name: str = "C1") -> Replace:
    return Replace(name, D(price), D(leaves))


TABLE: dict[str, tuple[list[Wanted], list[Working], list[Action]]] = {
    "nothing works: new": ([want(100)], [], [New(want(100))]),
    "what is wanted works: nothing": ([want(100)], [works(100)], []),
    "no longer wanted: cancel": ([], [works(100)], [Cancel("C1")]),
    "too large: reduced in place": ([want(60)], [works(100)], [replaced("10", 60)]),
    "too small: a second child keeps the first one's place": ([want(100)], [works(60)], [New(want(40))]),
    "another price: moved": ([want(100, "11")], [works(100)], [replaced("11", 100)]),
    "another price and more: moved and grown": ([want(100, "11")], [works(60)], [replaced("11", 100)]),
    "two children at the old price: both moved, the first one grown": (
        [want(100, "11")],
        [works(40), works(50, name="C2")],
        [replaced("11", 50), replaced("11", 50, "C2")],
    ),
    "another venue: only canceled until the cancel is confirmed": (
        [want(100, venue="XB")],
        [works(100)],
        [Cancel("C1")],
    ),
    "on its way in: waited for": ([want(100)], [works(100, settled=False)], []),
    "in doubt at another price: neither touched nor doubled": ([want(100, "11")], [works(100, settled=False)], []),
    "crossing: the resting child goes first": ([want(100, immediate=True)], [works(100)], [Cancel("C1")]),
    "an immediate child in flight counts whatever its price": (
        [want(100, "11", immediate=True)],
        [works(100, "10.5", immediate=True, settled=False)],
        [],
    ),
    "an immediate child is never canceled": ([], [works(100, immediate=True)], []),
    "two children at one price, the later one reduced": (
        [want(100)],
        [works(60), works(60, name="C2")],
        [replaced("10", 40, "C2")],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_difference_becomes_the_expected_actions(case: str) -> None:
    wanted, working, expected = TABLE[case]
    assert reconcile(wanted, working, D(1000), D(1)) == expected


def test_no_more_than_what_is_left_is_ever_sent() -> None:
    assert reconcile([want(100)], [], D(30), D(1)) == [New(want(30))]


@pytest.mark.parametrize(("left", "expected"), [(100, []), (4, [New(want(4))])])
def test_less_than_the_smallest_child_is_sent_only_if_it_is_all_that_is_left(left: int, expected: list[Action]) -> None:
    assert reconcile([want(4)], [], D(left), D(5)) == expected


sizes = st.integers(1, 50)
prices = st.sampled_from(["9.9", "10", "10.1"])
venues = st.sampled_from(["XA", "XB", "XC"])


@st.composite
def wishes(draw: st.DrawFn) -> list[Wanted]:
    """As algorithms wish: at most one order a venue, all of them resting or all immediate."""
    immediate = draw(st.booleans())
    places = draw(st.lists(venues, unique=True, max_size=3))
    return [want(draw(sizes), draw(prices), venue, immediate=immediate) for venue in places]


@st.composite
def children(draw: st.DrawFn) -> list[Working]:
    count = draw(st.integers(0, 4))
    return [
        works(
            draw(sizes),
            draw(prices),
            draw(venues),
            name=f"C{number}",
            immediate=draw(st.booleans()),
            settled=draw(st.booleans()),
        )
        for number in range(count)
    ]


def added(actions: list[Action], working: list[Working]) -> Decimal:
    """The quantity by which actions could raise what may fill, before any cancel is confirmed."""
    leaves = {child.order_id: child.leaves for child in working}
    new = sum((action.wanted.quantity for action in actions if isinstance(action, New)), D(0))
    return new + sum(
        (max(action.leaves - leaves[action.order_id], D(0)) for action in actions if isinstance(action, Replace)), D(0)
    )


@given(wishes(), st.integers(0, 200), st.integers(1, 5))
def test_where_nothing_works_the_short_way_says_what_the_whole_comparison_says(
    wanted: list[Wanted], left: int, least: int
) -> None:
    ghost = works(0, venue="XZ", settled=False)  # makes the whole comparison, and no difference
    assert reconcile(wanted, [], D(left), D(least)) == reconcile(wanted, [ghost], D(left), D(least))


@given(wishes(), children(), st.integers(0, 200), st.integers(1, 5))
def test_open_and_new_together_never_exceed_what_is_wanted_or_left(
    wanted: list[Wanted], working: list[Working], left: int, least: int
) -> None:
    more = added(reconcile(wanted, working, D(left), D(least)), working)
    already = sum((child.leaves for child in working), D(0))
    most = min(sum((each.quantity for each in wanted), D(0)), D(left))
    assert more == 0 or already + more <= most


@given(wishes(), children(), st.integers(0, 200), st.integers(1, 5))
def test_a_child_in_doubt_is_left_alone_and_no_child_is_touched_twice(
    wanted: list[Wanted], working: list[Working], left: int, least: int
) -> None:
    actions = reconcile(wanted, working, D(left), D(least))
    touched = [action.order_id for action in actions if not isinstance(action, New)]
    assert len(touched) == len(set(touched))
    assert set(touched) <= {child.order_id for child in working if child.settled}


def carry_out(actions: list[Action], working: list[Working], round_no: int) -> list[Working]:
    """The children once every venue has done what was asked and confirmed it."""
    after = {child.order_id: child for child in working}
    for number, action in enumerate(actions):
        match action:
            case Cancel():
                del after[action.order_id]
            case Replace():
                old = after[action.order_id]
                after[action.order_id] = works(
                    int(action.leaves), str(action.price), old.venue, name=old.order_id, immediate=old.immediate
                )
            case New(each):
                name = f"N{round_no}-{number}"
                immediate = each.tif is TimeInForce.IOC
                after[name] = works(
                    int(each.quantity),
                    str(each.price),
                    each.venue,
                    name=name,
                    immediate=immediate,
                    settled=not immediate,
                )
    return list(after.values())


@given(wishes(), children(), st.integers(0, 200))
def test_carried_out_and_confirmed_it_comes_to_rest(wanted: list[Wanted], working: list[Working], left: int) -> None:
    """What a cancel or a reduction frees is used once it is confirmed, so it takes a few rounds, and then no more."""
    for round_no in range(ROUNDS_MAX):
        actions = reconcile(wanted, working, D(left), D(1))
        if not actions:
            break
        working = carry_out(actions, working, round_no)
    assert actions == []
    resting = sum((child.leaves for child in working if child.settled and not child.immediate), D(0))
    assert resting <= sum((each.quantity for each in wanted if each.tif is TimeInForce.DAY), D(0))


@given(wishes(), st.integers(0, 200))
def test_from_nothing_one_round_brings_all_that_is_wanted_and_left(wanted: list[Wanted], left: int) -> None:
    working = carry_out(reconcile(wanted, [], D(left), D(1)), [], 0)
    assert sum((child.leaves for child in working), D(0)) == min(sum((each.quantity for each in wanted), D(0)), D(left))
    assert reconcile(wanted, working, D(left), D(1)) == []
