"""Over which pools what waits in the dark is split, from what its own children found there."""

from decimal import Decimal

import pytest
from test_router import NOW, child, quote, view

from penstock.algos.view import Cross, Pool, Request, Try
from penstock.domain.instructions import OrderType, PegPrice, TimeInForce
from penstock.domain.time import SECOND
from penstock.domain.venue import Abilities, VenueKind, VenueSpec
from penstock.routing.router import route
from penstock.routing.unlit import shares

D = Decimal
ABLE = Abilities(order_types=(OrderType.PEG,), min_qty=True)
SPECS = {name: VenueSpec(name=name, kind=VenueKind.DARK_POOL, abilities=ABLE) for name in ("N1", "N2", "N3")}
ASKED = Cross(D(1000), D("10.10"), D(50), known_until=NOW)


def tried(*found: tuple[int, int]) -> tuple[Try, ...]:
    return tuple(
        Try(sent_at=NOW - 60 * SECOND, sent=D(sent), filled=D(filled), mid=D(10), is_open=False)
        for sent, filled in found
    )


def pool(name: str, *found: tuple[int, int], kind: VenueKind = VenueKind.DARK_POOL) -> Pool:
    return Pool(venue=name, kind=kind, tries=tried(*found))


def split(*pools: Pool, asked: Cross = ASKED) -> dict[str, int]:
    return {name: int(part) for name, part in shares(asked, pools, view({"XA": quote()})).items()}


def test_pools_of_which_nothing_is_known_get_as_much_each() -> None:
    assert split(pool("N1"), pool("N2")) == {"N1": 500, "N2": 500}


def test_a_pool_that_filled_gets_more_and_one_that_did_not_keeps_a_part() -> None:
    filled, empty = [(500, 500)] * 6, [(500, 0)] * 6
    assert split(pool("N1", *empty), pool("N2", *filled)) == {"N1": 50, "N2": 950}


def test_a_full_fill_says_at_least_so_much_and_not_so_much_exactly() -> None:
    """Two pools gave 200 each time: one was sent 200, the other 600."""
    parts = split(pool("N1", *[(200, 200)] * 8), pool("N2", *[(600, 200)] * 8))
    assert parts["N1"] > 2 * parts["N2"]


def test_what_was_tried_after_the_round_began_does_not_move_the_split() -> None:
    known = split(pool("N1", (500, 0)), pool("N2", (500, 500)), asked=Cross(D(1000), D(10), D(50), known_until=0))
    assert known == {"N1": 500, "N2": 500}


def test_what_waits_for_a_session_says_nothing_yet() -> None:
    waits = Try(sent_at=0, sent=D(500), filled=D(0), mid=D(10), is_open=True)
    network = Pool(venue="N1", kind=VenueKind.CROSSING_NETWORK, tries=(waits,) * 9)
    assert split(network, pool("N2")) == {"N1": 500, "N2": 500}
    assert split(Pool(venue="N1", kind=VenueKind.DARK_POOL, tries=(waits,) * 9), pool("N2"))["N1"] < 300


def test_children_are_pegged_to_the_middle_and_want_no_crumbs() -> None:
    seen = view({"XA": quote()}, pools=(pool("N1"), pool("N2")))
    wanted = route([ASKED], seen, SPECS)
    assert [(each.venue, each.quantity, each.price) for each in wanted] == [
        ("N1", 500, D("10.10")),
        ("N2", 500, D("10.10")),
    ]
    assert {each.order_type for each in wanted} == {OrderType.PEG}
    assert {(each.instructions.peg, each.instructions.min_qty) for each in wanted} == {(PegPrice.MID, D(50))}


@pytest.mark.parametrize(("resting", "wanted"), [(520, [520, 480]), (450, [450, 500]), (100, [500, 500])])
def test_a_child_whose_part_changes_little_keeps_its_place(resting: int, wanted: list[int]) -> None:
    seen = view({"XA": quote()}, pools=(pool("N1"), pool("N2")), working=(child("N1", resting),))
    assert [int(each.quantity) for each in route([ASKED], seen, SPECS)] == wanted


def test_pools_to_avoid_and_market_makers_get_nothing_to_wait() -> None:
    maker = pool("N3", kind=VenueKind.MARKET_MAKER)
    seen = view({"XA": quote()}, pools=(pool("N1"), pool("N2"), maker))
    asked = Cross(D(1000), D(10), D(50), avoid=("N1",))
    assert [each.venue for each in route([asked], seen, SPECS)] == ["N2"]


def test_a_request_is_for_all_of_it_or_nothing() -> None:
    (wanted,) = route([Request(D(300), "N3", D("10.01"))], view({"XA": quote()}), SPECS)
    assert (wanted.venue, wanted.quantity, wanted.price, wanted.tif) == ("N3", 300, D("10.01"), TimeInForce.FOK)


@pytest.mark.parametrize("quantity", [50, 51, 999, 1000, 12_345])
def test_never_more_than_is_asked_for(quantity: int) -> None:
    seen = view({"XA": quote()}, pools=(pool("N1", (500, 500)), pool("N2"), pool("N3")), working=(child("N2", 700),))
    wanted = route([Cross(D(quantity), D(10), D(50), known_until=NOW)], seen, SPECS)
    assert sum(each.quantity for each in wanted) <= quantity
    assert all(each.quantity >= 50 for each in wanted)
