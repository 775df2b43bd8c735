"""What each named algorithm wants in a given moment, and that none of them ever leaves a parent hanging."""

from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sights import END, START, D, minutes, parent, quote, view, working

from penstock.algos import ALGORITHMS, build, slicing
from penstock.algos.view import Plan, Rest, Session, Stay, Take
from penstock.domain.estimates import Estimates
from penstock.domain.orders import Side
from penstock.domain.time import HOUR, MINUTE, SECOND, to_iso

EVEN = patch.object(slicing, "RANDOM_SHARE", 0.0)
SESSION = Session(START, START + 6 * HOUR)


def seen(**changes: Any) -> Estimates:
    """A warm, usual market: a basis point a second of volatility, 10 units traded a second, 500 at each touch."""
    usual: dict[str, Any] = {
        "ts": START,
        "mid": 10.0,
        "samples": 1000,
        "elapsed": 1000.0,
        "variance": 1e-8,
        "variance_fast": 1e-8,
        "mean": 10.0,
        "mean_fast": 10.0,
        "spread": 2e-3,
        "spread_now": 2e-3,
        "depth": 500.0,
        "volume_rate": 10.0,
    }
    return Estimates(**usual | changes)


RISING = {"mean_fast": 10.05}  # 3.4 standard deviations above the usual mean
FALLING = {"mean_fast": 9.95}


def asked(name: str, at: int, parameters: dict[str, Any] | None = None, **changes: Any) -> Plan:
    """What an algorithm wants for 1,000 units in an hour of ten even slices, all patience."""
    algorithm = build(name, parameters or {})
    terms = changes.pop("terms", parent(1000))
    with EVEN:
        return algorithm.plan(view(terms, at, session=SESSION, **changes))


def due(plan: Plan) -> Decimal:
    return sum((intent.quantity for intent in plan.intents if not isinstance(intent, Stay)), D(0))


TEN = {"num_slices": 10, "passive_share": 1.0}


# POV


def test_pov_wants_its_share_of_what_others_trade() -> None:
    assert (
        due(asked("pov", minutes(10), {"participation_rate": 0.1, "passive_share": 1.0}, market_volume=D(3000))) == 300
    )


def test_pov_moves_by_the_clip_that_an_interval_usually_brings() -> None:
    """10 units a second, 15 s, a tenth of it: clips of 15."""
    given = {"participation_rate": 0.1, "passive_share": 1.0}
    for volume, wanted in ((149, 0), (150, 15), (299, 15), (300, 30)):
        plan = asked("pov", minutes(1), given, market_volume=D(volume), estimates=seen())
        assert due(plan) == wanted


def test_pov_catches_up_no_faster_than_its_maximum() -> None:
    given = {"participation_rate": 0.1, "max_participation": 0.12, "passive_share": 1.0}
    assert due(asked("pov", minutes(10), given, market_volume=D(3000), filled=D(350))) == 0
    wild = seen(
        variance_fast=1e-8 / 16
    )  # a quarter of the usual volatility: four times as fast, were it not for the cap
    fast = given | {"volatility_band": 5}
    assert due(asked("pov", minutes(10), fast, market_volume=D(3000), estimates=wild)) == 360


def test_pov_slows_down_in_turmoil() -> None:
    given = {"participation_rate": 0.1, "passive_share": 1.0, "volatility_band": 2}
    assert due(asked("pov", minutes(10), given, market_volume=D(6000), estimates=seen(variance_fast=4e-8))) < 310


def test_pov_leaves_what_the_market_did_not_trade() -> None:
    assert asked("pov", END, filled=D(10)).over == "end of window"


# Implementation shortfall


def test_shortfall_trades_earlier_the_more_urgent_it_is() -> None:
    early = [due(asked("is", START, TEN | {"urgency": urgency})) for urgency in (0.0, 0.5, 1.0)]
    assert early[0] < 150 < 250 < early[1] < early[2]


def test_shortfall_replans_when_the_market_grows_wilder_or_dearer() -> None:
    usual, wild, dear = (
        due(asked("is", minutes(5), TEN, estimates=seen(**changes)))
        for changes in ({}, {"variance_fast": 4e-8}, {"spread_now": 8e-3})
    )
    assert dear < usual < wild


def test_shortfall_pays_no_more_impact_than_is_tolerated() -> None:
    """0.142 σ p^0.6 = 10 bps with a session's σ of 147 bps: p = 29 % of the market's volume."""
    plan = asked(
        "is",
        minutes(5),
        {"num_slices": 1, "passive_share": 1.0, "market_impact_tolerance": 10},
        estimates=seen(),
        market_volume=D(1000),
    )
    assert due(plan) == pytest.approx(293, abs=1)


# Adaptive


def test_adaptive_hurries_from_a_market_that_runs_away_and_waits_for_one_that_comes() -> None:
    wanted = [
        due(asked("adaptive", minutes(5), TEN | {"market_conditions": ["trend"]}, estimates=seen(**trend)))
        for trend in (FALLING, {}, RISING)
    ]
    assert wanted[0] < wanted[1] < wanted[2]


def test_adaptive_shows_less_in_a_thin_book() -> None:
    plan = asked("adaptive", minutes(55), TEN, estimates=seen(depth=70.0))
    assert due(plan) == 64  # the power of two below


def test_adaptive_pauses_in_extreme_volatility_and_only_then() -> None:
    wild = seen(variance_fast=25e-8)
    assert asked("adaptive", minutes(30), TEN, estimates=wild).intents == ()
    assert asked("adaptive", minutes(30), TEN | {"market_conditions": ["trend"]}, estimates=wild).intents != ()


def test_adaptive_crosses_sooner_against_an_adverse_trend() -> None:
    late = {"at": minutes(3), "parameters": {"num_slices": 10}}
    assert isinstance(asked("adaptive", estimates=seen(**RISING), **late).intents[0], Take)
    assert isinstance(asked("adaptive", estimates=seen(**FALLING), **late).intents[0], Rest)


# Momentum and mean reversion


@pytest.mark.parametrize(
    ("name", "market", "ahead"),
    [
        ("momentum", RISING, True),
        ("momentum", FALLING, False),
        ("mean_reversion", {"mid": 9.99}, True),
        ("mean_reversion", {"mid": 10.01}, False),
    ],
)
@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_signals_tilt_the_schedule_for_both_sides(name: str, market: dict[str, Any], ahead: bool, side: Side) -> None:
    terms = parent(1000, side=side)
    plain, tilted = (
        due(asked(name, minutes(29), TEN, terms=terms, estimates=seen(**changes))) for changes in ({}, market)
    )
    assert (tilted > plain) is (ahead is (side is Side.BUY))
    assert tilted != plain


def test_a_tilt_is_bounded_by_its_band_and_gone_at_the_end() -> None:
    strong = seen(mean_fast=11.0)
    assert due(asked("momentum", minutes(29), TEN | {"band": 0.1}, estimates=strong)) <= 600
    assert due(asked("momentum", minutes(59), TEN, estimates=seen(mean_fast=9.0))) == 1000


# Close


def test_close_begins_late_and_does_most_at_the_end() -> None:
    algorithm = build("close", {"minutes": 30})
    start, end = algorithm.window(START, SESSION)
    assert start == SESSION.end - 30 * MINUTE
    curve = algorithm.curve(parent(), view().instrument.asset_class, (start, end), SESSION)
    assert curve is not None
    assert curve((start + end) // 2) < 0.25


# Sniper


def test_a_sniper_waits_for_size_and_takes_most_of_it() -> None:
    assert asked("sniper", START, {"min_size": 600}).intents == ()
    plan = asked("sniper", START, {"min_size": 400})
    assert plan.intents == (Take(D(400), D("10.01")),)


def test_a_sniper_does_not_cross_a_wide_spread_until_time_runs_out() -> None:
    wide = {"estimates": seen(spread_now=5e-3), "parameters": {"min_size": 400}}
    assert asked("sniper", START, **wide).intents == ()
    assert asked("sniper", minutes(55), **wide).intents != ()


def test_a_sniper_keeps_to_the_orders_limit() -> None:
    assert asked("sniper", START, {"min_size": 1}, terms=parent(1000, limit_price=D("10.00"))).intents == ()


# Resting: iceberg, peg, hidden, display


def test_display_shows_everything_and_an_iceberg_a_tranche() -> None:
    assert asked("display", START).intents == (Rest(D(1000), price=D("9.99")),)
    (shown,) = asked("iceberg", START, {"display_size": 100}).intents
    assert isinstance(shown, Rest)
    assert 80 <= shown.quantity <= 100


@pytest.mark.parametrize(
    ("parameters", "price"),
    [
        ({}, "9.99"),
        ({"follows": "mid"}, "10.00"),
        ({"follows": "market"}, "10.00"),  # a tick from the other side
        ({"offset_bps": -20}, "9.97"),
        ({"offset_bps": 500}, "10.00"),
    ],
)
def test_a_peg_follows_what_it_is_told_to_and_never_takes(parameters: dict[str, Any], price: str) -> None:
    assert asked("peg", START, parameters).intents == (Rest(D(1000), price=D(price)),)


def test_a_peg_that_is_the_best_price_does_not_chase_itself() -> None:
    own = asked("peg", START, {"offset_bps": 10}, working=(working(1000),))
    assert own.intents == (Rest(D(1000), price=D("9.99")),)


def test_hidden_takes_within_its_reach_and_shows_nothing() -> None:
    assert asked("hidden", START).intents == ()
    assert asked("hidden", START, {"reach_bps": 10}).intents == (Take(D(1000), D("10.01")),)


# Arbitrage


def test_arbitrage_takes_only_where_venues_are_out_of_line() -> None:
    apart = {"XA": quote("9.99", "10.01"), "XB": quote("10.03", "10.05", size=300)}
    assert asked("arbitrage", START, {"min_edge_bps": 10}, venues=apart).intents == (Take(D(150), D("10.01")),)
    sold = asked("arbitrage", START, {"min_edge_bps": 10}, venues=apart, terms=parent(1000, side=Side.SELL))
    assert sold.intents == (Take(D(150), D("10.03")),)
    assert asked("arbitrage", START, {"min_edge_bps": 30}, venues=apart).intents == ()
    assert asked("arbitrage", START, {"min_edge_bps": 10, "fees_bps": 15}, venues=apart).intents == ()
    assert asked("arbitrage", START).intents == ()


# Quoting


def quoted(position: int, side: Side = Side.BUY, **parameters: Any) -> Plan:
    given = {"size": 100, "inventory_max": 500, "risk_aversion": 2.0} | parameters
    return asked("quote", START, given, terms=parent(1000, side=side), position=D(position), estimates=seen())


def price_of(plan: Plan) -> Decimal:
    (intent,) = plan.intents
    assert isinstance(intent, Rest)
    assert intent.price is not None
    return intent.price


def test_a_quote_leans_against_the_position() -> None:
    bids = [price_of(quoted(position)) for position in (-400, 0, 400)]
    asks = [price_of(quoted(position, Side.SELL)) for position in (-400, 0, 400)]
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks, reverse=True)
    assert bids[0] > bids[2]
    assert all(bid < ask for bid, ask in zip(bids, asks, strict=True))


def test_a_side_that_would_take_the_position_too_far_is_not_shown() -> None:
    assert quoted(500).intents == ()
    assert due(quoted(450)) == 50
    assert due(quoted(450, Side.SELL)) == 100


def test_a_quote_is_further_away_in_a_wilder_market() -> None:
    given = {"size": 100, "risk_aversion": 2.0}
    calm, wild = (
        price_of(asked("quote", START, given, estimates=seen(variance=variance))) for variance in (1e-9, 1e-7)
    )
    assert wild < calm


# All of them


@pytest.mark.parametrize("name", ["twap", "vwap", "is", "adaptive", "momentum", "close"])
def test_an_avoided_window_is_waited_out(name: str) -> None:
    events = [{"start": to_iso(minutes(20)), "end": to_iso(minutes(25))}]
    assert asked(name, minutes(21), {"events": events}) == Plan((), minutes(25))


names = st.sampled_from([name for name in ALGORITHMS if name not in ("limit",)])


@given(
    name=names,
    minute=st.floats(0, 70),
    filled=st.integers(0, 1000),
    resting=st.integers(0, 200),
    side=st.sampled_from([Side.BUY, Side.SELL]),
    market=st.sampled_from(["usual", "none", "new"]),
    estimates=st.one_of(
        st.none(),
        st.builds(
            seen,
            variance_fast=st.floats(0, 1e-6),
            variance=st.floats(0, 1e-6),
            mean_fast=st.floats(9, 11),
            mid=st.floats(9, 11),
            spread_now=st.floats(0, 0.1),
            depth=st.floats(0, 1e5),
            imbalance=st.floats(-1, 1),
            volume_rate=st.floats(0, 1e5),
        ),
    ),
    volume=st.integers(0, 100_000),
    position=st.integers(-5000, 5000),
)
def test_whatever_happens_an_order_wants_no_more_than_is_left_and_is_asked_again_or_over(
    name: str,
    minute: float,
    filled: int,
    resting: int,
    side: Side,
    market: str,
    estimates: Any,
    volume: int,
    position: int,
) -> None:
    venues = {"usual": {"XA": quote()}, "none": {}, "new": {"XA": quote("10.00", "10.01", volume=volume)}}[market]
    at = minutes(minute)
    terms = parent(1000, side=side)
    plan = build(name, {}).plan(
        view(
            terms,
            at,
            session=Session(START, END + 10 * MINUTE),
            venues=venues,
            filled=D(filled),
            working=(working(resting),) if resting else (),
            market_volume=D(volume),
            estimates=estimates,
            position=D(position),
        )
    )
    assert plan.over or plan.wake_at > at
    assert due(plan) <= 1000 - filled
    assert all(intent.quantity >= 0 for intent in plan.intents if not isinstance(intent, Stay))
    assert plan.wake_at - at <= HOUR or not venues
    if at >= END + 10 * MINUTE - SECOND and filled < 1000:
        assert at < END + 10 * MINUTE or plan.over
