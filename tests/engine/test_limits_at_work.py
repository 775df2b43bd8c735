"""Limits in the engine: everything in flight counts, at once and after a restart; a change is on record or refused."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_desk import CALM_BREAKERS, D, SmallDesk, quote, sent, terms

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.accounts import MAIN
from penstock.domain.contingency import Contingency
from penstock.domain.instructions import Instructions
from penstock.domain.orders import OrderTerms, OrderType, Side
from penstock.domain.time import DAY
from penstock.engine.engine import Engine, Step
from penstock.engine.state import EngineState
from penstock.journal.codec import decode, encode
from penstock.journal.replay import replay
from penstock.journal.snapshot import snapshot_of
from penstock.risk import Limits

LOOSE = Limits(slippage_abort_bps=D(10_000), consecutive_rejects_max=1000)
MID = D(10)
STOP = Instructions(stop_px=D("10.50"))


def limited(scopes: dict[str, Any] | None = None, venues: tuple[str, ...] = ("XA",), **desk_limits: Any) -> SmallDesk:
    given = {"slippage_abort_bps": D(10_000), "consecutive_rejects_max": 1000} | desk_limits
    return SmallDesk(venues, Limits(**given), scopes=CALM_BREAKERS | (scopes or {}))


def denial(desk: SmallDesk) -> tuple[str, str]:
    last = desk.of(ev.OrderDenied)[-1]
    return last.code, last.reason


def change(desk: SmallDesk, name: str, value: Any, scope: str = "desk", **more: str) -> Step:
    given = {"by": "ann", "reason": "smaller book"} | more
    return desk.give(cmd.ChangeLimit(ts=desk.now, scope=scope, name=name, value=value, **given))


# what each limit denies: the limits, what was done before, and the order that is one step too much

ONE_TOO_MANY: dict[str, tuple[dict[str, Any], list[OrderTerms], OrderTerms, OrderTerms]] = {
    "gross_exposure": (
        {"gross_exposure_max": 2000},
        [terms(100)],
        terms(100, "FITS"),
        terms(1, "OVER"),
    ),
    "net_exposure": (
        {"net_exposure_max": 2000},
        [terms(100)],
        terms(100, "FITS"),
        terms(1, "OVER"),
    ),
    "daily_value": (
        {"daily_value_max": 2000},
        [terms(100)],
        terms(100, "FITS"),
        terms(1, "OVER"),
    ),
    "credit": ({"credit_max": 2000}, [terms(100)], terms(100, "FITS"), terms(1, "OVER")),
    "open_orders": ({"open_orders_max": 2}, [terms(1)], terms(1, "FITS"), terms(1, "OVER")),
    "daily_trades": ({"daily_trades_max": 2}, [terms(1)], terms(1, "FITS"), terms(1, "OVER")),
    "order_rate": ({"order_rate_max": 2}, [terms(1)], terms(1, "FITS"), terms(1, "OVER")),
    "duplicate": ({"duplicate_within_ms": 500}, [terms(1)], terms(2, "FITS"), terms(1, "OVER")),
    "position_quantity": (
        {"account": {"main": {"position_quantity_max": 200}}},
        [terms(100)],
        terms(100, "FITS"),
        terms(1, "OVER"),
    ),
    "position_value": (
        {"account": {"main": {"position_value_max": 2000}}},
        [terms(100)],
        terms(100, "FITS"),
        terms(1, "OVER"),
    ),
}


@pytest.mark.parametrize("code", ONE_TOO_MANY)
def test_what_just_fits_passes_and_one_more_is_denied_by_name(code: str) -> None:
    scopes, before, fits, over = ONE_TOO_MANY[code]
    desk = limited(scopes)
    for asked in (*before, fits):
        assert sent(desk.submit(asked)) == [f"new {asked.order_id}-001 {asked.quantity} @ 10.00"]
    assert sent(desk.submit(over)) == []
    assert denial(desk)[0] == code


@pytest.mark.parametrize(
    ("scopes", "code"),
    [
        ({"venue": {"XA": {"message_rate_max": 2}}}, "message_rate"),
        ({"venue_exposure_max": 20}, "venue_exposure"),
        ({"venue": {"XA": {"position_quantity_max": 2}}}, "position_quantity"),
    ],
)
def test_a_venues_limits_hold_for_children_and_the_parent_waits(scopes: dict[str, Any], code: str) -> None:
    desk = limited(scopes)
    for number in (1, 2):
        assert len(sent(desk.submit(terms(1, f"P{number}")))) == 1
    assert sent(desk.submit(terms(1, "P3"))) == []
    assert denial(desk)[0] == code
    assert "P3" in desk.engine.state.working


def test_a_rate_lets_orders_pass_again_once_its_window_has_moved_on() -> None:
    desk = limited({"order_rate_max": 2, "rate_window_s": 1.0})
    for name in ("P1", "P2", "P3"):
        desk.submit(terms(1, name))
    assert denial(desk)[0] == "order_rate"
    desk.quote(1, XA=quote())
    assert sent(desk.submit(terms(1, "P4"), 1)) == ["new P4-001 1 @ 10.00"]


def test_a_restricted_symbol_may_only_be_sold_out_of() -> None:
    desk = limited({"restricted": ["ACME"]}, ("XA",))
    desk.submit(terms(1))
    assert denial(desk) == ("restricted", "ACME is on the restricted list of desk: reduce positions only")
    held = SmallDesk(limits=LOOSE, positions={"ACME": D(5)}, scopes={"restricted": ["ACME"]})
    assert sent(held.submit(terms(5, "P2", side=Side.SELL, limit_price=D("9.99")))) == ["new P2-001 5 @ 9.99"]


@pytest.mark.parametrize(("limit", "passes"), [("10.10", True), ("10.11", False)])
def test_a_price_more_than_its_collar_beyond_the_mid_does_not_leave(limit: str, passes: bool) -> None:
    desk = limited({"price_collar_bps": 100})
    asked = terms(1, limit_price=D(limit))
    assert bool(sent(desk.submit(asked))) is passes
    if not passes:
        assert denial(desk)[0] == "price_collar"


def test_our_own_orders_never_meet_at_a_venue() -> None:
    desk = SmallDesk(("XA", "XB"))
    desk.submit(terms(10, limit_price=D("9.99"), venues=("XA",)))
    sell = {"side": Side.SELL, "limit_price": D("9.99")}
    assert sent(desk.submit(terms(5, "S1", venues=("XA",), **sell))) == []
    assert denial(desk) == ("self_trade", "it would meet our own order in ACME at XA: cancel that first")
    assert sent(desk.submit(terms(5, "S2", venues=("XB",), **sell))) == ["new S2-001 5 @ 9.99"]
    above = terms(5, "S3", venues=("XA",), side=Side.SELL, limit_price=D("10.00"))
    assert sent(desk.submit(above)) == ["new S3-001 5 @ 10.00"]


def test_our_own_orders_do_not_meet_after_a_restart_either() -> None:
    desk = SmallDesk()
    desk.submit(terms(10, limit_price=D("9.99")))
    desk.submit(terms(5, "S1", side=Side.SELL, limit_price=D("10.00")))  # both sides are open: they are kept in order
    desk.engine = Engine(replay(desk.events))
    desk.quote(1, XA=quote())
    desk.submit(terms(5, "S2", side=Side.SELL, limit_price=D("9.99")))
    assert denial(desk)[0] == "self_trade"


def test_a_loss_of_the_day_stops_all_but_what_reduces_and_a_new_day_begins_from_nothing() -> None:
    desk = limited({"daily_loss_max": 50})
    desk.submit(terms(100))
    desk.fill("P1-001", 100)
    desk.quote(1, XA=quote("9.49", "9.51"))
    desk.submit(terms(1, "P2", limit_price=D("9.51")), 1)
    assert denial(desk) == ("daily_loss", "desk limit daily_loss_max 50: the day's loss is 50.00")
    assert len(sent(desk.submit(terms(10, "P3", side=Side.SELL, limit_price=D("9.49"))))) == 1
    desk.now += DAY
    desk.give(cmd.MarketUpdate(ts=desk.now, quotes={"ACME": {"XA": quote("9.49", "9.51", ts=desk.now)}}))
    assert desk.of(ev.DayOpened)[-1].day == desk.now // DAY
    desk.submit(terms(1, "P4", limit_price=D("9.51")))
    assert [each.terms.order_id for each in desk.of(ev.OrderDenied)] == ["P2"]


def test_a_holding_without_a_price_denies_whatever_counts_it() -> None:
    desk = SmallDesk(limits=LOOSE, scopes={"gross_exposure_max": 10**6}, positions={"ACME": D(5)})
    assert [event.price for event in desk.of(ev.MarkMoved)] == [MID]
    lost = Engine()
    lost.desk.emit(desk.of(ev.SessionStarted)[0])
    assert lost.state.risk.tally.exposure.totals["desk"].unknown == {"account/main ACME": "there is no price of ACME"}


def test_the_tightest_of_an_orders_scopes_holds_and_is_named() -> None:
    scopes = {"user": {"bob": {"order_value_max": 500}}, "strategy": {"limit": {"order_value_max": 700}}}
    desk = limited(scopes)
    desk.submit(terms(60, "P1", algorithm=None), user="bob")
    told = "order value 600.00 is above the limit 500 of one order to a venue: let an algorithm slice it"
    assert desk.of(ev.OrderDenied)[-1].reason == told
    assert len(sent(desk.submit(terms(60, "P2"), user="eve"))) == 1


def test_an_order_too_large_for_its_venue_is_denied_at_entry_with_what_to_do() -> None:
    desk = limited({"account": {"fund": {"order_quantity_max": 70}}}, order_value_max=D(500))
    desk.submit(terms(60))
    told = "order value 600.00 is above the limit 500 of one order to a venue: let an algorithm slice it"
    assert denial(desk) == ("order_value", told)
    desk.submit(terms(80, "P2", limit_price=D("5.00"), account="fund"))
    told = "order quantity 80 is above the limit 70 of one order to a venue: let an algorithm slice it"
    assert denial(desk) == ("order_quantity", told)
    assert not desk.of(ev.OrderReceived)
    assert not desk.engine.state.working
    assert len(sent(desk.submit(terms(50, "P3")))) == 1


def twap(quantity: int, slices: int = 2, **more: Any) -> OrderTerms:
    parameters = {"num_slices": slices, "duration_minutes": 2.0}
    return terms(quantity, algorithm="twap", order_type=OrderType.MARKET, parameters=parameters, **more)


def test_a_slice_too_large_for_one_order_goes_in_parts_that_move_together() -> None:
    desk = limited(order_value_max=D(2000))
    first = sent(desk.submit(twap(1000, limit_price=None)))
    parts = [desk.order(f"P1-00{number}").terms.quantity for number in range(1, len(first) + 1)]
    assert len(first) == 3
    assert max(parts) - min(parts) <= 1
    for number in range(1, 4):
        desk.accept(f"P1-00{number}")
    assert sent(desk.wake(1)) == [], "together they are what is wanted"
    moved = sent(desk.quote(2, XA=quote("10.05", "10.07"))) + sent(desk.wake(40))
    assert not [each for each in moved if each.startswith("new")]
    assert not desk.of(ev.OrderDenied)
    for number in range(1, 4):
        desk.fill(f"P1-00{number}", str(parts[number - 1]))
    assert desk.order().cum_qty == sum(parts)


def test_a_slice_that_would_take_a_flood_of_orders_waits_and_is_told_once() -> None:
    desk = limited(order_value_max=D(100))
    assert sent(desk.submit(twap(1000, limit_price=None))) == []
    for second in range(1, 10):
        assert sent(desk.wake(second)) == []
    assert [event.code for event in desk.of(ev.OrderDenied)] == ["order_value"]


@settings(deadline=None, max_examples=60)
@given(
    quantity=st.integers(100, 5000),
    value_max=st.sampled_from([None, 1500, 4000, 20_000]),
    quantity_max=st.sampled_from([None, 90, 1000]),
    slices=st.integers(1, 5),
)
def test_whatever_the_limits_on_single_orders_no_child_is_above_them(
    quantity: int, value_max: int | None, quantity_max: int | None, slices: int
) -> None:
    desk = limited(
        order_value_max=None if value_max is None else D(value_max),
        order_quantity_max=None if quantity_max is None else D(quantity_max),
    )
    desk.submit(twap(quantity, slices, limit_price=None))
    children = [event.terms for event in desk.of(ev.ChildSubmitted)]
    for child in children:
        assert value_max is None or child.quantity * D("10.01") <= value_max
        assert quantity_max is None or child.quantity <= quantity_max
    free = limited(order_value_max=None)
    free.submit(twap(quantity, slices, limit_price=None))
    [whole] = [event.terms.quantity for event in free.of(ev.ChildSubmitted)]
    if all(whole <= most * 10 for most in (value_max and value_max / 10.1, quantity_max) if most):
        assert sum(child.quantity for child in children) == whole, "as much as without limits"
        assert not desk.of(ev.OrderDenied)


def test_a_users_exposure_is_that_users_own() -> None:
    desk = limited({"user": {"bob": {"gross_exposure_max": 1000}}})
    assert len(sent(desk.submit(terms(100, "P1"), user="bob"))) == 1
    assert sent(desk.submit(terms(1, "P2"), user="bob")) == []
    assert denial(desk)[0] == "gross_exposure"
    assert len(sent(desk.submit(terms(1, "P3"), user="eve"))) == 1


def test_a_protective_order_below_every_floor_and_above_every_limit_passes() -> None:
    desk = limited(order_value_max=D(50), parent_value_max=D(2000))
    tight = limited(order_value_max=D(5000), parent_value_max=D(5000))
    tight.submit(terms(100))
    tight.fill("P1-001", 100)
    change(tight, "order_value_max", 50)
    assert sent(tight.submit(terms(100, "OUT", side=Side.SELL, limit_price=D("9.99")))) == ["new OUT-001 100 @ 9.99"]
    assert sent(desk.submit(terms(100))) == [], "what opens a position is held to it"


def test_a_limit_that_is_changed_counts_what_is_held_and_open_by_then() -> None:
    desk = limited()
    desk.submit(terms(100))
    desk.fill("P1-001", 40)
    desk.submit(terms(50, "P2", account="fund"))
    step = change(desk, "gross_exposure_max", 1600)
    assert [type(event) for event in step.events] == [ev.LimitChanged, ev.MarkMoved]
    total = desk.engine.state.risk.tally.exposure.totals["desk"]
    assert (total.gross, total.orders) == (1500, 2)
    assert len(sent(desk.submit(terms(10, "P3")))) == 1
    desk.submit(terms(1, "P4"))
    assert denial(desk) == ("gross_exposure", "desk limit gross_exposure_max 1600: it would be 1610.00")
    state = replay(decode(encode(event)) for event in desk.events)
    assert state.state_hash() == desk.engine.state.state_hash()


@pytest.mark.parametrize(
    ("name", "value", "scope", "more", "code", "sentence"),
    [
        ("gross_exposur_max", 5, "desk", {}, "bad_limit", "did you mean gross_exposure_max?"),
        ("gross_exposure_max", -5, "desk", {}, "bad_limit", "must not be negative"),
        ("gross_exposure_max", "5", "desk", {}, "bad_limit", "must be a value without quotes"),
        ("gross_exposure_max", 5, "dask", {}, "bad_limit", "did you mean desk?"),
        ("gross_exposure_max", 5, "desk", {"by": ""}, "no_authority", "say by whom"),
        ("gross_exposure_max", 5, "desk", {"reason": " "}, "no_reason", "without a reason"),
        ("gross_exposure_max", 5, "symbol/ACME", {}, "bad_limit", "must not be above gross_exposure_max 5"),
    ],
)
def test_a_change_that_cannot_be_made_is_one_refusal_and_the_old_limits_stay(
    name: str, value: Any, scope: str, more: dict[str, str], code: str, sentence: str
) -> None:
    desk = limited({"symbol": {"ACME": {"order_value_max": 50}}})
    before = desk.engine.state.risk.set
    (refusal,) = change(desk, name, value, scope, **more).events
    assert isinstance(refusal, ev.RiskRefused)
    assert (refusal.code, sentence in refusal.refusal) == (code, True), refusal.refusal
    assert desk.engine.state.risk.set == before


def test_scaled_limits_shrink_what_was_set_and_come_back() -> None:
    desk = limited({"gross_exposure_max": 1000})

    def scale(by: float) -> Step:
        return desk.give(cmd.ScaleLimits(ts=desk.now, scope="desk", scale=by, by="ann", reason="rough"))

    scale(0.5)
    desk.submit(terms(51))
    assert denial(desk)[0] == "gross_exposure"
    scale(1.0)
    assert len(sent(desk.submit(terms(100, "P2")))) == 1
    scale(0.0)
    assert desk.of(ev.RiskRefused)[-1].code == "bad_scale"


def test_a_hundred_orders_at_once_at_99_per_cent_of_a_limit_pass_as_far_as_they_fit_in_sequence() -> None:
    desk = limited({"gross_exposure_max": 10_000})
    desk.submit(terms(990, "FIRST"))
    for number in range(100):
        desk.engine.take(cmd.SubmitOrder(ts=desk.now, terms=terms(3, f"P{number}")))
    step = desk.engine.finish()
    taken = [event.terms.order_id for event in step.events if isinstance(event, ev.OrderReceived)]
    denied = [event.terms.order_id for event in step.events if isinstance(event, ev.OrderDenied)]
    assert taken == ["P0", "P1", "P2"], "of 100 left, three times 30 fit"
    assert denied == [f"P{number}" for number in range(3, 100)]


# --- whatever happens, what is taken fits with everything that is in flight

GROSS = D(3000)
HAPPENINGS = (
    *("submit", "submit", "submit", "fill", "fill", "accept", "amend", "cancel", "canceled", "bust", "limit"),
    *("restart", "snapshot"),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(HAPPENINGS),
        st.integers(0, 10**6),
        st.sampled_from(list(Side)[:2]),
        st.sampled_from([MAIN, "fund"]),
        st.sampled_from([D("9.90"), D("10.00"), D("10.10")]),
        st.integers(1, 120),
    ),
    max_size=40,
)


def at_stake(state: EngineState, account: str) -> Decimal:
    """An account's gross exposure from scratch: its position with all that is open on the worse side filled.

    What is open on a side counts at the orders' own prices together, or at the mark, whichever is more.
    """
    held = state.ledger.position(account, "ACME").quantity * MID
    worst = []
    for sign in (1, -1):
        orders = [state.orders[order_id] for order_id in state.parents]
        mine = [each for each in orders if (each.terms.account, each.terms.side.sign) == (account, sign)]
        own = sum((each.open_qty * (each.terms.limit_price or MID) for each in mine), D(0))
        worst.append(max(own, sum((each.open_qty for each in mine), D(0)) * MID))
    return max(held + worst[0], worst[1] - held)


@settings(max_examples=150, deadline=None)
@given(steps)
@example([(what, 0, Side.BUY, MAIN, D("10.00"), 100) for what in ("submit", "fill", "bust", "snapshot", "submit")])
def test_no_order_is_taken_that_breaches_a_limit_with_everything_in_flight(played: list[tuple[Any, ...]]) -> None:
    scopes = {"gross_exposure_max": GROSS, "account": {"fund": {"gross_exposure_max": GROSS / 2}}}
    desk = limited({**scopes, "prevent_self_trade": False})
    most = {"desk": GROSS, "fund": GROSS / 2}
    for number, (what, pick, side, account, price, size) in enumerate(played):
        state = desk.engine.state
        children = [each for there in state.at_venue.values() for each in there]
        child, parents = children[pick % len(children)] if children else "", list(state.working)
        before = {name: at_stake(state, name) for name in (MAIN, "fund")}
        match what:
            case "submit":
                order = terms(size, f"P{number}", side=side, limit_price=price, account=account)
                step = desk.submit(order)
            case "fill" if child:
                step = desk.fill(child, min(size, int(state.orders[child].open_qty)), "10.00")
            case "accept" if child:
                step = desk.accept(child)
            case "canceled" if child:
                step = desk.report(rep.Canceled, child, reason="by the venue")
            case "amend" if parents:
                order_id = parents[pick % len(parents)]
                step = desk.give(cmd.AmendOrder(ts=desk.now, order_id=order_id, quantity=D(size), limit_price=price))
            case "cancel" if parents:
                step = desk.give(cmd.CancelOrder(ts=desk.now, order_id=parents[pick % len(parents)]))
            case "bust" if state.executions:
                booked = list(state.executions.items())[pick % len(state.executions)]
                exec_id = booked[0].partition("/")[2]
                step = desk.report(rep.Busted, booked[1].order_id, exec_id=exec_id, reason="wrong")
            case "limit":
                most["desk"] = GROSS if pick % 2 else GROSS / 2
                step = change(desk, "gross_exposure_max", int(most["desk"]))
            case "restart" | "snapshot":
                back = snapshot_of(state, b"").state() if what == "snapshot" else replay(desk.events)
                assert back.state_hash() == state.state_hash()
                desk.engine = Engine(back)
                desk.quote(0, XA=quote())
                continue
            case _:
                continue
        state = desk.engine.state
        after = {name: at_stake(state, name) for name in (MAIN, "fund")}
        grew = any(isinstance(event, ev.OrderReceived | ev.OrderAmended) for event in step.events)
        if grew and sum(after.values()) > sum(before.values()):
            assert sum(after.values()) <= most["desk"], (what, after)
        if grew and after["fund"] > before["fund"]:
            assert after["fund"] <= most["fund"], (what, after)
        kept = state.risk.tally.exposure.total("desk")
        assert kept.gross == sum(after.values()), "what folds keep is what there is from scratch"


def test_the_order_that_another_releases_is_held_to_what_has_been_taken_since() -> None:
    desk = limited({"gross_exposure_max": 2000, "prevent_self_trade": False})
    orders = (terms(50, "E"), terms(100, "L"))
    desk.give(cmd.SubmitGroup(ts=desk.now, group_id="G", contingency=Contingency.OTO, orders=orders))
    desk.submit(terms(100, "P1"))
    step = desk.fill("E-001", 50)
    assert sent(step) == []
    assert denial(desk)[0] == "gross_exposure"
    assert desk.alerts == ["leg_denied"]


def test_the_legs_of_an_oco_are_taken_together_or_not_at_all() -> None:
    for most, taken in ((2000, 2), (1999, 0)):
        desk = limited({"gross_exposure_max": most})
        legs = (terms(100, "A"), terms(100, "B", order_type=OrderType.STOP, limit_price=None, instructions=STOP))
        desk.give(cmd.SubmitGroup(ts=desk.now, group_id="G", contingency=Contingency.OCO, orders=legs))
        assert len(desk.of(ev.OrderReceived)) == taken, desk.of(ev.OrderDenied)
