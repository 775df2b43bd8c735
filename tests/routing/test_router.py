"""Where: sweeps by all-in price and displayed size, rests by what venues trade, and queues that are not given up."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.algos.view import Rest, Session, Stay, Take, View, Working, best_far, best_near
from penstock.domain.instrument import Instrument
from penstock.domain.orders import OrderTerms, Side, TimeInForce
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND
from penstock.domain.venue import Fees, VenueSpec
from penstock.engine.reconcile import Replace, reconcile
from penstock.routing.router import MIN_REST, allocate, price_of_one, rest, route, spread, sweep
from penstock.routing.wanted import Wanted
from penstock.sim.synthetic import ACME, ETH

D = Decimal
NOW = 1000 * SECOND
FREE = {name: VenueSpec(name=name) for name in ("XA", "XB", "XC")}


def quote(bid: str = "9.99", ask: str = "10.01", size: int = 100, volume: int = 100) -> Quote:
    return Quote(ts=NOW, bid=D(bid), bid_qty=D(size), ask=D(ask), ask_qty=D(size), volume=D(volume))


def view(venues: dict[str, Quote], side: Side = Side.BUY, **changes: Any) -> View:
    limit = changes.pop("limit", None)
    terms = OrderTerms(order_id="P", symbol="ACME", side=side, quantity=D(1000), limit_price=limit and D(limit))
    given: dict[str, Any] = {
        "key": "7/P",
        "now": NOW,
        "terms": terms,
        "instrument": ACME.instrument,
        "start": 0,
        "end": 2 * NOW,
        "session": Session(0, 2 * NOW),
        "arrival_price": D(10),
        "filled": D(0),
        "working": (),
        "venues": venues,
        "near": best_near(venues.values(), side),
        "far": best_far(venues.values(), side),
        "market_volume": D(0),
    }
    return View(**given | changes)


def child(venue: str, leaves: int, price: str = "9.99", *, age: int = 60 * SECOND, **changes: Any) -> Working:
    given: dict[str, Any] = {"order_id": f"C-{venue}-{price}", "immediate": False, "settled": True}
    given |= {"mid": D(10), "ahead": D(0), "volume": D(0)}
    return Working(venue=venue, leaves=D(leaves), price=D(price), sent_at=NOW - age, **given | changes)


def sizes(wanted: list[Wanted]) -> dict[str, int]:
    return {each.venue: int(each.quantity) for each in wanted}


def test_a_sweep_takes_the_best_price_first_and_no_more_than_is_displayed() -> None:
    venues = {
        "XA": quote(ask="10.02", size=300),
        "XB": quote(ask="10.01", size=200),
        "XC": quote(ask="10.03", size=900),
    }
    wanted = sweep(Take(D(600), D("10.05")), view(venues), FREE)
    assert [(each.venue, each.quantity) for each in wanted] == [("XB", 200), ("XA", 300), ("XC", 100)]
    assert {(each.price, each.tif, each.post_only) for each in wanted} == {(D("10.05"), TimeInForce.IOC, False)}


def test_a_seller_sweeps_the_highest_bids() -> None:
    venues = {"XA": quote(bid="9.98"), "XB": quote(bid="9.99"), "XC": quote(bid="9.90")}
    wanted = sweep(Take(D(150), D("9.95")), view(venues, Side.SELL), FREE)
    assert [(each.venue, each.quantity) for each in wanted] == [("XB", 100), ("XA", 50)]


def test_fees_decide_where_prices_are_close() -> None:
    """A cent worse without a fee of 20 bps is cheaper at 10."""
    specs = FREE | {"XB": VenueSpec(name="XB", fees=Fees(taker_bps=D(20)))}
    venues = {"XA": quote(ask="10.02"), "XB": quote(ask="10.01")}
    assert [each.venue for each in sweep(Take(D(150), None), view(venues), specs)] == ["XA", "XB"]
    assert [each.venue for each in sweep(Take(D(150), None), view(venues), FREE)] == ["XB", "XA"]


def test_a_venue_beyond_the_limit_is_not_swept() -> None:
    venues = {"XA": quote(ask="10.01"), "XB": quote(ask="10.02")}
    assert sizes(sweep(Take(D(150), D("10.01")), view(venues), FREE)) == {"XA": 100}
    assert sweep(Take(D(150), D("10.00")), view(venues), FREE) == []


def test_an_impatient_sweep_sends_the_rest_to_the_best_venue() -> None:
    venues = {"XA": quote(ask="10.01"), "XB": quote(ask="10.02")}
    assert sizes(sweep(Take(D(500), None, patient=False), view(venues), FREE)) == {"XA": 400, "XB": 100}


@pytest.mark.parametrize(("sign", "side"), [(1, Side.BUY), (-1, Side.SELL)])
def test_a_maker_improves_the_touch_but_never_meets_the_other_side(sign: int, side: Side) -> None:
    venues = {"XA": quote("9.97", "10.03"), "XB": quote("9.97", "10.03")}
    touch = D("9.97") if side.is_buy else D("10.03")
    for improve, ticks in ((0, 0), (1, 1), (5, 5), (6, 0), (9, 0)):
        prices = {each.price for each in rest(Rest(D(100), improve), view(venues, side))}
        assert prices == {touch + sign * ticks * D("0.01")}


def test_a_maker_joins_only_venues_whose_touch_is_as_good_as_the_best() -> None:
    venues = {"XA": quote("184.99", "185.05"), "XB": quote("184.97", "185.05"), "XC": quote("185.00", "185.05")}
    assert set(sizes(rest(Rest(D(100)), view(venues)))) == {"XA", "XC"}


@pytest.mark.parametrize(("side", "limit"), [(Side.BUY, "9.95"), (Side.SELL, "10.05")])
def test_a_maker_never_rests_beyond_the_orders_limit(side: Side, limit: str) -> None:
    assert {each.price for each in rest(Rest(D(100)), view({"XA": quote()}, side, limit=limit))} == {D(limit)}


def test_what_follows_the_touch_is_post_only_and_what_has_its_own_price_is_not() -> None:
    (follows,) = rest(Rest(D(100)), view({"XA": quote()}))
    (own,) = rest(Rest(D(100), price=D("10.05")), view({"XA": quote()}))
    assert (follows.post_only, own.post_only, own.price) == (True, False, D("10.05"))


def test_a_rest_is_split_by_what_the_venues_trade() -> None:
    venues = {"XA": quote(volume=600), "XB": quote(volume=400)}
    assert sizes(rest(Rest(D(100)), view(venues))) == {"XA": 60, "XB": 40}


def test_what_rests_stays_when_the_weights_shift_or_another_venue_fills() -> None:
    venues = {"XA": quote(volume=900), "XB": quote(volume=100)}
    both = (child("XA", 60), child("XB", 40))
    assert sizes(rest(Rest(D(100)), view(venues, working=both))) == {"XA": 60, "XB": 40}
    assert sizes(rest(Rest(D(70)), view(venues, working=(child("XA", 30), child("XB", 40))))) == {"XA": 30, "XB": 40}


def test_more_goes_where_too_little_rests_and_less_is_taken_where_too_much_does() -> None:
    venues = {"XA": quote(volume=600), "XB": quote(volume=400)}
    both = (child("XA", 60), child("XB", 40))
    assert sizes(rest(Rest(D(200)), view(venues, working=both))) == {"XA": 120, "XB": 80}
    assert sizes(rest(Rest(D(200)), view(venues, working=(child("XA", 60),)))) == {"XA": 120, "XB": 80}
    assert sizes(rest(Rest(D(50)), view(venues, working=both))) == {"XA": 30, "XB": 20}
    assert sizes(rest(Rest(D(90)), view(venues, working=(child("XA", 30), child("XB", 70))))) == {"XA": 30, "XB": 60}


def test_a_young_order_is_not_moved_and_an_old_one_is() -> None:
    for age, price in ((MIN_REST * 8 // 10 - 1, "9.98"), (MIN_REST * 12 // 10, "9.99")):
        (wanted,) = rest(Rest(D(100)), view({"XA": quote()}, working=(child("XA", 100, "9.98", age=age),)))
        assert wanted.price == D(price)


def test_a_young_order_beyond_the_limit_is_moved() -> None:
    resting = (child("XA", 100, "9.99", age=SECOND),)
    (wanted,) = rest(Rest(D(100)), view({"XA": quote()}, limit="9.97", working=resting))
    assert wanted.price == D("9.97")


def test_without_a_market_what_rests_stays_and_nothing_new_is_wanted() -> None:
    kept = route([Rest(D(100))], view({}, working=(child("XA", 60), child("XB", 40, immediate=True))), FREE)
    assert sizes(list(kept)) == {"XA": 60}
    assert route([Take(D(100), None)], view({}), FREE) == ()


venue_quotes = st.dictionaries(
    st.sampled_from(["XA", "XB", "XC"]),
    st.builds(
        lambda bid, spread, size, volume: quote(str(D(bid) / 100), str(D(bid + spread) / 100), size, volume),
        st.integers(995, 1000),
        st.integers(1, 5),
        st.integers(0, 500),
        st.integers(0, 1000),
    ),
    min_size=1,
)
sides = st.sampled_from(list(Side))


@given(venue_quotes, sides, st.integers(1, 2000), st.integers(990, 1010), st.booleans())
def test_a_sweep_never_overfills_and_never_passes_its_limit(
    venues: dict[str, Quote], side: Side, quantity: int, limit: int, patient: bool
) -> None:
    wanted = sweep(Take(D(quantity), D(limit) / 100, patient), view(venues, side), FREE)
    assert sum(sizes(wanted).values()) <= quantity
    reachable = {
        name: quote.ask_qty if side.is_buy else quote.bid_qty
        for name, quote in venues.items()
        if (quote.ask <= D(limit) / 100 if side.is_buy else quote.bid >= D(limit) / 100)
    }
    assert set(sizes(wanted)) <= set(reachable)
    if patient:
        assert all(each.quantity <= reachable[each.venue] for each in wanted)
        assert sum(sizes(wanted).values()) == min(quantity, sum(reachable.values()))
    elif reachable:
        assert sum(sizes(wanted).values()) == quantity


@given(
    st.integers(1, 5000),
    st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 100), min_size=1),
    st.sampled_from(["0", "0.05", "1", "30"]),
)
def test_an_allocation_is_whole_lots_sums_exactly_and_has_no_part_too_small(
    hundredths: int, weights: dict[str, int], least: str
) -> None:
    coin = msgspec.structs.replace(ETH.instrument, min_quantity=D(least), min_notional=D(0))
    quantity = D(hundredths) / 100
    parts = allocate(quantity, {name: D(weight) for name, weight in weights.items()}, coin, D(100))
    assert sum(parts.values()) == quantity
    assert all(part % D("0.01") == 0 for part in parts.values())
    assert len(parts) == 1 or all(part >= D(least) for part in parts.values())


@given(
    venue_quotes, sides, st.integers(1, 1000), st.lists(st.tuples(st.sampled_from(["XA", "XB"]), st.integers(1, 300)))
)
def test_a_rest_sums_exactly_whatever_rests_already(
    venues: dict[str, Quote], side: Side, quantity: int, resting: list[tuple[str, int]]
) -> None:
    working = tuple(child(name, leaves, order_id=f"C{n}") for n, (name, leaves) in enumerate(resting))
    wanted = rest(Rest(D(quantity)), view(venues, side, working=working))
    assert sum(sizes(wanted).values()) == quantity
    assert len(sizes(wanted)) == len(wanted)


def spread_over_any(quantity: Decimal, weights: dict[str, Decimal], seen: View, price: Decimal) -> dict[str, Decimal]:
    """`spread` by its one general rule: to every venue its share, and what rests is moved as little as can be."""
    resting = {name: sum((each.leaves for each in seen.working if each.venue == name), D(0)) for name in weights}
    shares = allocate(quantity, weights, seen.instrument, price)
    ahead = {name: resting[name] - shares.get(name, D(0)) for name in weights}
    more = quantity - sum(resting.values(), D(0))
    if more > 0:
        behind = {name: -gap for name, gap in ahead.items() if gap < 0}
        for name, part in allocate(more, behind or weights, seen.instrument, price).items():
            resting[name] += part
    for name in sorted(weights, key=lambda name: (-ahead[name], name)):
        less = min(max(-more, D(0)), max(ahead[name], D(0)))
        resting[name] -= less
        more += less
    return {name: part for name, part in resting.items() if part > 0}


@given(
    st.dictionaries(st.sampled_from(["XA", "XB", "XC"]), st.integers(0, 500), min_size=1),
    st.lists(st.tuples(st.sampled_from(["XA", "XB", "XC"]), st.integers(1, 300)), max_size=3),
    st.integers(1, 2000),
    st.sampled_from([ACME.instrument, ETH.instrument]),
)
def test_one_venue_or_nothing_at_work_is_split_as_any_other_order(
    volumes: dict[str, int], leaves: list[tuple[str, int]], lots: int, instrument: Instrument
) -> None:
    weights = {name: D(volume) for name, volume in volumes.items()}
    if len(weights) > 1:
        leaves = []
    at_work = tuple(child(venue, lots) for venue, lots in leaves)
    seen = view({name: quote() for name in weights}, instrument=instrument, working=at_work)
    quantity = instrument.quantity(lots)
    assert spread(quantity, weights, seen, D(10)) == spread_over_any(quantity, weights, seen, D(10))


@pytest.mark.parametrize("intent", [Stay(), Rest(D(50))])
def test_without_a_market_what_rests_stays_however_many_rest_at_one_place(intent: Stay | Rest) -> None:
    working = (
        child("XA", 30, order_id="C1"),
        child("XA", 20, order_id="C2", settled=False),
        child("XB", 10, order_id="C3"),
        child("XA", 5, order_id="C4", immediate=True),
    )
    wanted = route((intent,), view({}, working=working), FREE)
    assert sizes(list(wanted)) == {"XA": 50, "XB": 10}
    assert reconcile(wanted, working, D(1000), D(1)) == []


def test_an_order_that_trades_at_once_is_never_resized() -> None:
    taking = child("XA", 50, order_id="C1", immediate=True)
    wanted = sweep(Take(D(20), D("10.05")), view({"XA": quote()}), FREE)
    assert reconcile(wanted, (taking,), D(1000), D(1)) == []


@given(
    st.integers(1, 500),
    st.integers(0, 3),
    st.sampled_from(["9.98", "9.99", "10.00"]),
    st.sampled_from([0, 0, 0, -1, 1]),
    st.booleans(),
    st.integers(0, 10),
)
def test_the_quick_way_for_one_child_is_the_long_way_too(
    quantity: int, improve: int, price: str, more: int, settled: bool, age_s: int
) -> None:
    working = (child("XA", quantity + more, price, age=age_s * SECOND, settled=settled),)
    seen = view({"XA": quote("9.99", "10.02")}, working=working)
    intent = Rest(D(quantity), improve)
    found, (one,) = price_of_one(intent, seen), working
    if found is None:
        return
    moves = found != one.price and one.settled
    wanted = [Replace(one.order_id, found, one.leaves)] if moves else []
    assert reconcile(route([intent], seen, FREE), working, seen.left, D(1)) == wanted
