"""What the journal gives back about risk: each event counts once, where it belongs, and a restart changes nothing."""

from decimal import Decimal

import msgspec
import pytest

from penstock.domain.instruments import Equity
from penstock.domain.orders import Ask, Order, OrderTerms, Request, Side, State
from penstock.domain.time import MINUTE, SECOND
from penstock.risk.asked import Asked, Breach
from penstock.risk.breakers import STRESS
from penstock.risk.circuits import measured
from penstock.risk.counting import OF_EXPOSURE, Counts, counts_of
from penstock.risk.effective import Effective, Effectives
from penstock.risk.exposure_changes import price_moved
from penstock.risk.gate import forbidden
from penstock.risk.limit_book import LimitBook, read_book
from penstock.risk.modes import Mode, ModeChange, take
from penstock.risk.risk_state import (
    RiskState,
    answered,
    child_filled,
    child_open,
    child_sent,
    counted_anew,
    fill_undone,
    limits_changed,
    parent_open,
    parent_taken,
    rests_begun,
)
from penstock.risk.usage import uses, warnings

D = Decimal
ACME = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))
BOOK = read_book(
    {
        "order_rate_max": 2,
        "sector": {"tech": {"symbols": ["ACME"], "gross_exposure_max": 5000}},
        "user": {"alice": {"gross_exposure_max": 900}},
        "venue": {"XA": {"message_rate_max": 3}},
    }
)


def desk(book: LimitBook = BOOK) -> RiskState:
    state = RiskState()
    limits_changed(state, book, {"ACME": ACME})
    price_moved(state.tally.exposure, ACME, D(10))
    return state


def parent(name: str = "P", quantity: int = 50, side: Side = Side.BUY, limit: str | None = "10") -> OrderTerms:
    price = None if limit is None else D(limit)
    return OrderTerms(
        order_id=name, symbol="ACME", side=side, quantity=D(quantity), limit_price=price, algorithm="vwap"
    )


def child(name: str = "P-1", quantity: int = 20, side: Side = Side.BUY, limit: str | None = "10") -> Order:
    terms = msgspec.structs.replace(parent(name, quantity, side, limit), parent_id=name.split("-")[0], venue="XA")
    return Order(terms=terms, created_at=0)


def found(state: RiskState, venue: str = "", user: str = "alice") -> Effective:
    return Effectives(state.book).of("main", user, "vwap", "ACME", "equity", venue)


def asked(state: RiskState, terms: OrderTerms, now: int = 0, **changes: object) -> Asked:
    value = terms.quantity * (terms.limit_price or D(10))
    given = {"quantity": terms.quantity, "value": value, "reference": D(10), "now": now}
    return Asked(terms=terms, instrument=ACME, effective=found(state, terms.venue or ""), **given | changes)


def work(state: RiskState, terms: OrderTerms, now: int = 0) -> Order:
    order = Order(terms=terms, created_at=now, state=State.LIVE)
    parent_taken(state, terms, "alice", found(state).order_rate_max, now)
    parent_open(state, order, ACME, D(10))
    return order


def test_an_orders_life_leaves_what_it_traded_and_nothing_else() -> None:
    state = desk()
    order, slice_ = work(state, parent()), child()
    child_sent(state, found(state, "XA"), 0)
    child_open(state, slice_, ACME, D(10))
    totals = state.tally.exposure.totals
    scopes = ("desk", "account/main", "user/alice", "sector/tech", "venue/XA")
    assert [totals[scope].gross for scope in scopes] == [500, 500, 500, 500, 200]
    for each in (order, slice_):
        each.cum_qty = D(20)
    child_filled(state, slice_, order, ACME, D(20), D("9.9"), D("0.1"), (D(10), D(10)))
    assert [totals[scope].gross for scope in scopes] == [500, 500, 500, 500, 200]
    order.state = State.CANCELED
    parent_open(state, order, ACME, D(10))
    assert [totals[scope].gross for scope in scopes] == [200] * 5
    assert [totals[scope].gain for scope in scopes] == [D("1.9")] * 5
    assert [(totals[scope].orders, totals[scope].trades, totals[scope].traded) for scope in scopes] == [(0, 1, 198)] * 5
    assert (state.tally.exposure.orders, state.tally.resting, state.rests) == ({}, {}, {})


def test_a_bust_takes_a_fill_back_for_the_owners_of_its_parent_after_that_has_ended_too() -> None:
    state = desk()
    order = work(state, parent())
    slice_ = child(quantity=50)
    order.cum_qty = slice_.cum_qty = D(50)
    child_filled(state, slice_, order, ACME, D(50), D(10), D(0), (D(10), D(10)))
    assert state.tally.exposure.orders == {}
    fill_undone(state, slice_.terms, order.terms, ACME, D(-50), D(10), D(0))
    totals = state.tally.exposure.totals
    assert [totals[scope].gross for scope in ("desk", "user/alice", "venue/XA")] == [0, 0, 0]
    assert totals["desk"].gain == 0


def test_a_replace_under_way_counts_at_the_worse_price_and_rests_at_both() -> None:
    state, order = desk(), child(limit="10")
    rests_begun(state, [])
    child_open(state, order, ACME, D(10))
    larger = msgspec.structs.replace(order.terms, limit_price=D(12), quantity=D(30))
    order.requests = (Request("r", Ask.REPLACE, 0, larger),)
    child_open(state, order, ACME, D(10))
    assert state.tally.exposure.totals["venue/XA"].gross == 30 * 12
    sells = {
        limit: msgspec.structs.replace(child(side=Side.SELL, limit=limit).terms, order_id=limit)
        for limit in ("12", "12.01")
    }
    assert forbidden(asked(state, sells["12"]), state) == Breach(
        "self_trade", "it would meet our own order in ACME at XA: cancel that first"
    )
    assert forbidden(asked(state, sells["12.01"]), state) is None
    order.requests = ()
    child_open(state, order, ACME, D(10))
    assert forbidden(asked(state, sells["12"]), state) is None
    assert state.tally.exposure.totals["venue/XA"].gross == 200


def test_the_gate_asks_modes_first_then_breakers_then_limits() -> None:
    state = desk()
    assert forbidden(asked(state, parent()), state) is None
    refused = forbidden(asked(state, parent(quantity=91)), state)
    assert refused == Breach("gross_exposure", "user alice limit gross_exposure_max 900: it would be 910.00")
    for _ in range(STRESS.breaches):
        measured(state.circuits, STRESS, "symbol/ACME", D(101), 0)
    refused = forbidden(asked(state, parent()), state)
    assert refused is not None
    assert refused.code == "breaker"
    take(state.modes, ModeChange(scope="strategy/vwap", mode=Mode.NO_NEW, by="ann", reason="odd fills"), 0)
    assert forbidden(asked(state, parent()), state) == Breach(
        "mode", "strategy vwap is no_new (odd fills, by ann): reset it first"
    )
    assert forbidden(asked(state, parent(side=Side.SELL), reduces=True), state) is None


@pytest.mark.parametrize(("quantity", "passes"), [(0, True), (1, False)])
def test_a_replace_that_adds_nothing_passes_while_positions_may_only_be_reduced(quantity: int, passes: bool) -> None:
    state = desk()
    take(state.modes, ModeChange(scope="venue/XA", mode=Mode.REDUCE_ONLY, by="ann", reason="drill"), 0)
    order = asked(state, child().terms, quantity=D(quantity), value=D(10 * quantity), is_change=True)
    assert (forbidden(order, state) is None) is passes


def test_a_half_open_breaker_counts_what_leaves_as_probes() -> None:
    state = desk()
    for _ in range(STRESS.breaches):
        measured(state.circuits, STRESS, "symbol/ACME", D(101), 0)
    for _ in range(STRESS.probes):
        assert forbidden(asked(state, child().terms, MINUTE), state) is None
        child_sent(state, msgspec.structs.replace(found(state, "XA"), message_rate_max=()), MINUTE)
    refused = forbidden(asked(state, child().terms, MINUTE), state)
    assert refused is not None
    assert refused.code == "breaker"


def test_limits_that_change_go_on_counting_what_was_sent() -> None:
    state = desk()
    for name in ("A", "B"):
        work(state, parent(name, 1))
    assert forbidden(asked(state, parent("C", 1)), state) is not None
    looser = msgspec.structs.replace(BOOK, desk=msgspec.structs.replace(BOOK.desk, order_rate_max=3))
    limits_changed(state, looser, {"ACME": ACME})
    assert forbidden(asked(state, parent("C", 1)), state) is None
    work(state, parent("C", 1), 1)
    refused = forbidden(asked(state, parent("D", 1), MINUTE - 1), state)
    assert refused == Breach("order_rate", "desk limit order_rate_max 3 in 60 s is used up: wait")
    assert forbidden(asked(state, parent("D", 1), MINUTE), state) is None


def test_the_reject_rate_is_measured_at_each_reject_of_a_venue() -> None:
    state = desk()
    for _ in range(9):
        assert answered(state, "XA", rejected=False) is None
    assert answered(state, "XA", rejected=True) == D(10)
    assert answered(state, "XB", rejected=True) is None


def test_nothing_is_counted_for_a_limit_that_nobody_has_set() -> None:
    state = desk(read_book({"prevent_self_trade": False}))
    order, slice_ = work(state, parent()), child()
    child_open(state, slice_, ACME, D(10))
    order.cum_qty = slice_.cum_qty = D(5)
    child_filled(state, slice_, order, ACME, D(5), D(10), D(0), (D(10), D(10)))
    assert (state.tally.exposure.lines, state.tally.resting, state.tally.recent, state.rests) == ({}, {}, {}, {})


def exposed(name: str) -> Counts:
    return Counts(resting=True, exposure=True, cash=name == "credit_max")


@pytest.mark.parametrize(
    ("limits", "counts"),
    [
        ({}, Counts(resting=True)),
        ({"prevent_self_trade": False, "order_value_max": 5, "price_collar_bps": 5, "order_rate_max": 5}, Counts()),
        ({"prevent_self_trade": False, "account": {"a": {"prevent_self_trade": True}}}, Counts(resting=True)),
        ({"duplicate_within_ms": 5}, Counts(resting=True, recent=True)),
        ({"duplicate_within_ms": 0}, Counts(resting=True)),
        ({"position_value_max": 5, "order_value_max": 5}, Counts(resting=True)),
        ({"symbol": {"A": {"position_value_max": 5}}}, Counts(resting=True)),
        ({"account": {"a": {"position_value_max": 5}}}, Counts(resting=True, exposure=True)),
        *(({name: 5}, exposed(name)) for name in OF_EXPOSURE),
        *(({"sector": {"s": {name: 5}}}, exposed(name)) for name in OF_EXPOSURE),
    ],
)
def test_what_is_counted_follows_from_the_limits(limits: dict[str, object], counts: Counts) -> None:
    assert counts_of(read_book(limits)) == counts


def test_a_limit_set_in_the_middle_counts_what_is_held_and_open_then() -> None:
    state = desk(read_book({"prevent_self_trade": False}))
    rests_begun(state, [])
    order, slice_ = work(state, parent()), child()
    order.cum_qty = D(5)
    assert limits_changed(state, BOOK, {"ACME": ACME})
    counted_anew(
        state,
        {"ACME": ACME},
        {"ACME": D(11)},
        [("main", "ACME", D(5), D(10))],
        [(order, D(10))],
        [(slice_, D(10))],
    )
    totals = state.tally.exposure.totals
    assert {scope: totals[scope].gross for scope in ("desk", "sector/tech", "user/alice", "venue/XA")} == {
        "desk": 5 * 11 + 45 * 11,
        "sector/tech": 5 * 11 + 45 * 11,
        "user/alice": 45 * 11,  # whose holding it was is not known
        "venue/XA": 20 * 11,
    }
    assert totals["desk"].gain == 5
    assert list(state.tally.resting) == ["XA/ACME/buy"]
    assert not limits_changed(state, BOOK, {"ACME": ACME})


def test_the_use_of_every_limit_on_a_total_is_shown_and_warned_of_from_four_fifths_on() -> None:
    state = desk()
    work(state, parent(quantity=71))
    shown = {(use.scope, use.name): (use.used, use.most) for use in uses(state, 0)}
    assert shown == {
        ("desk", "order_rate_max"): (1, 2),
        ("sector/tech", "gross_exposure_max"): (710, 5000),
        ("user/alice", "gross_exposure_max"): (710, 900),
        ("venue/XA", "message_rate_max"): (0, 3),
    }
    assert warnings(state, 0) == []
    work(state, parent("Q", quantity=1))
    assert [use.sentence for use in warnings(state, 0)] == [
        "desk has used 100% of order_rate_max 2: 2",
        "user alice has used 80% of gross_exposure_max 900: 720",
    ]
    assert len(warnings(state, MINUTE)) == 1


def test_a_restart_in_the_middle_changes_nothing() -> None:
    def play(state: RiskState, begin: int, end: int) -> RiskState:
        for number in range(begin, end):
            now = number * SECOND
            order, slice_ = (
                work(state, parent(f"{number}", 5 + number), now),
                child(f"{number}-1", 3, limit=f"{number + 1}"),
            )
            child_sent(state, found(state, "XA"), now)
            child_open(state, slice_, ACME, D(10))
            order.cum_qty = slice_.cum_qty = D(1)
            child_filled(state, slice_, order, ACME, D(1), D(10), D(0), (D(10), D(10)))
            measured(state.circuits, STRESS, "symbol/ACME", D(101 - number % 2), now)
            answered(state, "XA", rejected=number % 3 == 0)
        return state

    whole = play(desk(), 0, 12)
    half = msgspec.json.decode(msgspec.json.encode(play(desk(), 0, 6)), type=RiskState)
    assert play(half, 6, 12) == whole
    encoded = msgspec.json.encode(whole, order="deterministic")
    assert msgspec.json.encode(play(desk(), 0, 12), order="deterministic") == encoded
