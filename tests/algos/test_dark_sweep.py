"""Dark sweep: everything waits unseen, what is late is worked in the light, and those who probe are left alone."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sights import END, START, minutes, parent, quote, view

from penstock import Desk
from penstock.algos.named.dark_sweep import DarkSweep
from penstock.algos.view import Cross, Pool, Request, Rest, Take, Try, View
from penstock.domain import events as ev
from penstock.domain.time import HOUR, MINUTE, SECOND
from penstock.domain.venue import VenueKind

D = Decimal
EXAMPLE = f"file:{Path(__file__).parents[2]}/examples/dark_market.toml"
NIGHT = Pool(venue="NIGHT", kind=VenueKind.DARK_POOL)
DESK = Pool(venue="DESK", kind=VenueKind.MARKET_MAKER)


def seen(at: int, *pools: Pool, quantity: int = 1000, **changes: Any) -> View:
    return view(parent(quantity), at, pools=pools or (NIGHT,), **changes)


def tried(at: int, sent: int, filled: int, *, mid: str = "10", is_open: bool = True) -> Try:
    return Try(sent_at=at, sent=D(sent), filled=D(filled), mid=D(mid), is_open=is_open)


def test_at_first_all_of_it_waits_in_the_dark() -> None:
    (only,) = DarkSweep().plan(seen(START)).intents
    assert isinstance(only, Cross)
    assert (only.quantity, only.least, only.limit) == (1000, 20, D("10.10"))


@pytest.mark.parametrize("filled", [0, 100, 400])
def test_what_is_late_is_worked_in_the_light_and_the_rest_goes_on_waiting(filled: int) -> None:
    intents = DarkSweep(num_slices=4).plan(seen(minutes(46), filled=D(filled))).intents
    lit = sum(each.quantity for each in intents if isinstance(each, Rest | Take))
    dark = sum(each.quantity for each in intents if isinstance(each, Cross))
    assert lit + dark == 1000 - filled
    assert 0 < lit <= 1000 - filled


def test_what_the_dark_has_filled_counts_for_the_light() -> None:
    intents = DarkSweep(num_slices=12).plan(seen(minutes(46), filled=D(900))).intents
    assert [type(each) for each in intents] == [Cross]


def test_without_a_venue_in_the_dark_it_works_in_the_light() -> None:
    assert DarkSweep().plan(view(parent(1000), START)).intents == ()
    assert DarkSweep(num_slices=4).plan(view(parent(1000), minutes(46))).intents


def test_when_the_window_is_over_nothing_waits_in_the_dark() -> None:
    intents = DarkSweep().plan(seen(END, filled=D(400))).intents
    assert [(type(each), each.quantity) for each in intents] == [(Take, 600)]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("sent_ago_s", "filled", "mid_then", "avoided"),
    [
        (20, 10, "9.99", True),  # a small piece was filled, and the middle has gone up by 10 bps
        (20, 10, "9.997", False),  # 3 bps: within what is usual
        (20, 0, "9.99", False),  # nobody there knows of us
        (20, 300, "9.99", False),  # a real execution
        (90, 10, "9.99", False),  # long ago
        (20, 10, "10.01", False),  # it came towards us
    ],
)
def test_a_pool_is_left_where_a_probe_met_us_and_the_price_ran_away(
    sent_ago_s: int, filled: int, mid_then: str, avoided: bool
) -> None:
    now = minutes(10)
    pool = Pool(
        venue="NIGHT", kind=VenueKind.DARK_POOL, tries=(tried(now - sent_ago_s * SECOND, 500, filled, mid=mid_then),)
    )
    (wanted,) = DarkSweep().plan(seen(now, pool)).intents
    assert isinstance(wanted, Cross)
    assert ("NIGHT" in wanted.avoid) is avoided


def test_a_market_maker_is_asked_before_the_spread_is_crossed_and_once_a_round() -> None:
    late = minutes(59.5)
    plain = DarkSweep(num_slices=4, passive_share=0.1)
    (ask, *_) = plain.plan(seen(late, DESK)).intents
    assert isinstance(ask, Request)
    assert (ask.venue, ask.limit) == ("DESK", D("10.02"))
    asked = Pool(venue="DESK", kind=VenueKind.MARKET_MAKER, tries=(tried(late, 500, 0),))
    (cross, *_) = plain.plan(seen(late, asked)).intents
    assert isinstance(cross, Take)
    (other, *_) = DarkSweep(num_slices=4, passive_share=0.1, avoid=("DESK",)).plan(seen(late, DESK)).intents
    assert isinstance(other, Take)


@given(st.integers(0, HOUR - 1), st.floats(1, 600))
def test_rounds_follow_each_other_without_a_gap(after: int, seconds: float) -> None:
    algorithm = DarkSweep(round_seconds=seconds)
    began, ends = algorithm.round(seen(START + after))
    assert began <= START + after < ends
    assert algorithm.round(seen(ends))[0] == ends
    assert 0.55 * seconds * SECOND <= ends - began <= 1.45 * seconds * SECOND


def test_it_does_not_trade_in_the_dark_far_from_where_it_came() -> None:
    market = {"XA": quote("10.30", "10.32")}
    (wanted,) = DarkSweep(max_away_bps=20).plan(seen(START, venues=market)).intents
    assert isinstance(wanted, Cross)
    assert wanted.limit == D("10.02")


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_on_a_market_with_pools_it_fills_at_the_middle_and_never_too_much(seed: int) -> None:
    desk = Desk.open(EXAMPLE, seed=seed)
    order_id = desk.submit("ACME", "buy", 40_000, algorithm="dark_sweep", parameters={"duration_minutes": 20})
    asyncio.run(desk.wait(order_id))
    venues = {event.terms.order_id: event.terms.venue for event in desk.events if isinstance(event, ev.ChildSubmitted)}
    quotes = {event.terms.order_id: event.quote for event in desk.events if isinstance(event, ev.ChildSubmitted)}
    assert all(each.mid is not None for each in quotes.values())  # decided on the lit market
    fills = [event for event in desk.events if isinstance(event, ev.ChildFilled)]
    dark = [fill for fill in fills if venues[fill.order_id] in ("NIGHT", "DEEP", "QUARTER")]
    assert sum(fill.last_qty for fill in dark) > 20_000
    assert all(fill.before is not None and fill.last_px == fill.before.mid for fill in dark)
    assert sum(fill.last_qty for fill in fills) == desk.order(order_id).cum_qty <= 40_000


def test_other_algorithms_never_go_into_the_dark() -> None:
    desk = Desk.open(EXAMPLE, seed=3)
    for algorithm in ("twap", "sniper", "market", "peg"):
        order_id = desk.submit("ACME", "buy", 3000, algorithm=algorithm)
        asyncio.run(desk.wait_until(desk.now + 3 * MINUTE))
        assert desk.order(order_id).cum_qty >= 0
    venues = {event.terms.venue for event in desk.events if isinstance(event, ev.ChildSubmitted)}
    assert venues <= {"NYX", "BATX"}


def test_a_plain_order_that_names_a_pool_goes_there_as_it_is() -> None:
    desk = Desk.open(EXAMPLE, seed=3)
    order_id = desk.submit("ACME", "buy", 2000, order_type="peg", peg="mid", venues=["NIGHT", "NYX"])
    asyncio.run(desk.wait(order_id))
    (child,) = [event.terms for event in desk.events if isinstance(event, ev.ChildSubmitted)]
    assert child.venue == "NIGHT"
    fills = [event for event in desk.events if isinstance(event, ev.ChildFilled)]
    assert all(fill.before is not None and fill.last_px == fill.before.mid for fill in fills)
