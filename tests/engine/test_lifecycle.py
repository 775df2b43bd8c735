"""The life of an order, as a table walked cell by cell and as the races that venues really run."""

from decimal import Decimal

import pytest
from stories import play

from penstock.domain.orders import ENDED, Order, OrderTerms, Side, State
from penstock.engine.lifecycle import MOVES, STALE, IllegalMove, Kind, next_state

CELLS = [(state, kind) for state in State for kind in Kind]
ASKS = (Kind.ASK_CANCEL, Kind.ASK_REPLACE)


@pytest.mark.parametrize(("state", "kind"), CELLS)
def test_every_state_and_kind_is_one_of_a_move_a_late_message_or_an_error(state: State, kind: Kind) -> None:
    moves, late = kind in MOVES[state], kind in STALE[state]
    assert not (moves and late)
    if moves:
        assert next_state(state, kind) is MOVES[state][kind]
    elif late:
        assert next_state(state, kind) is None
    else:
        with pytest.raises(IllegalMove, match=f"{kind} in state {state}"):
            next_state(state, kind)


@pytest.mark.parametrize("state", State)
def test_a_fill_is_counted_in_every_state(state: State) -> None:
    assert Kind.FILL in MOVES[state]


@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_brings_an_ended_order_back(state: State) -> None:
    assert set(MOVES[state].values()) == {state}


@pytest.mark.parametrize("state", [state for state in State if state not in ENDED])
def test_an_order_that_is_not_over_can_still_end(state: State) -> None:
    assert {MOVES[state].get(kind) for kind in (Kind.CANCEL, Kind.EXPIRE)} == {State.CANCELED, State.EXPIRED}


@pytest.mark.parametrize(("state", "kind"), CELLS)
def test_what_we_ask_is_never_a_late_message(state: State, kind: Kind) -> None:
    assert not (kind in ASKS and kind in STALE[state])


def test_a_fill_during_a_cancel_keeps_the_cancel() -> None:
    play("""
        submit 100 @ 10.00   -> pending_new     0   pending_new
        accept               -> live            0   new
        fill   e1 40 @ 10    -> live            40  partially_filled
        ask_cancel           -> pending_cancel  40  pending_cancel
        fill   e2 10 @ 10    -> pending_cancel  50  pending_cancel
        cancel               -> canceled        50  canceled
        fill   e3  5 @ 10    -> canceled        55  canceled ! late_fill
    """)


def test_a_cancel_that_a_full_fill_overtook_leaves_a_filled_order() -> None:
    play("""
        submit 100 @ 10.00   -> pending_new     0
        accept               -> live            0
        ask_cancel           -> pending_cancel  0
        fill   e1 100 @ 10   -> pending_cancel  100
        refuse_cancel        -> live            100 filled
        refuse_cancel        -> live            100 filled
    """)


def test_the_acknowledgement_and_our_cancel_may_cross() -> None:
    play("""
        submit 100 @ 10.00   -> pending_new     0
        ask_cancel           -> pending_cancel  0
        accept               -> pending_cancel  0
        cancel               -> canceled        0
        accept               -> canceled        0   canceled
    """)


def test_a_reject_may_cross_our_cancel() -> None:
    play("""
        submit 100 @ 10.00   -> pending_new     0
        ask_cancel           -> pending_cancel  0
        reject               -> rejected        0
        refuse_cancel        -> rejected        0   rejected
    """)


def test_a_fill_that_comes_before_its_acknowledgement_makes_the_order_live() -> None:
    play("""
        submit 100 @ 10.00   -> pending_new     0
        fill   e1 30 @ 10    -> live            30  partially_filled
        accept               -> live            30
        fill   e2 70 @ 10    -> live            100 filled
    """)


def test_a_replace_loses_the_race_against_fills() -> None:
    order = play("""
        submit 100 @ 10.00      -> pending_new     0
        accept                  -> live            0
        ask_replace 60 @ 10.00  -> pending_replace 0
        fill   e1 80 @ 10       -> pending_replace 80
        refuse_replace          -> live            80
        fill   e2 20 @ 10       -> live            100 filled
    """)
    assert order.terms.quantity == 100


def test_a_replace_that_is_granted_gives_the_order_its_new_terms() -> None:
    order = play("""
        submit 100 @ 10.00      -> pending_new     0
        accept                  -> live            0
        fill   e1 10 @ 10       -> live            10
        ask_replace 60 @ 10.02  -> pending_replace 10 pending_replace
        replace 60 @ 10.02      -> live            10 partially_filled
    """)
    assert (order.terms.quantity, order.terms.limit_price, order.leaves_qty) == (60, Decimal("10.02"), 50)


def test_a_replace_and_a_cancel_after_it_may_both_be_answered() -> None:
    play("""
        submit 100 @ 10.00      -> pending_new     0
        accept                  -> live            0
        ask_replace 60 @ 10.02  -> pending_replace 0
        ask_cancel              -> pending_cancel  0
        replace 60 @ 10.02      -> pending_cancel  0
        cancel                  -> canceled        0
    """)


def test_a_larger_replacement_on_its_way_counts_as_open_until_it_is_refused() -> None:
    order = play("""
        submit 100 @ 10.00       -> pending_new     0
        accept                   -> live            0
        ask_replace 150 @ 10.00  -> pending_replace 0
        fill   e1 100 @ 10       -> pending_replace 100
    """)
    assert order.open_qty == 50
    order = play("""
        submit 100 @ 10.00       -> pending_new     0
        accept                   -> live            0
        ask_replace 150 @ 10.00  -> pending_replace 0
        fill   e1 100 @ 10       -> pending_replace 100
        refuse_replace           -> live            100 filled
    """)
    assert order.open_qty == 0


def test_answers_that_overtake_each_other_leave_the_terms_the_venue_has() -> None:
    order = play("""
        submit 100 @ 10.00       -> pending_new     0
        accept                   -> live            0
        ask_replace 150 @ 10.02  -> pending_replace 0
        ask_cancel               -> pending_cancel  0
        refuse_cancel            -> pending_replace 0
        replace 150 @ 10.02      -> live            0
    """)
    assert (order.terms.quantity, order.open_qty, order.requests) == (150, 150, ())
    order = play("""
        submit 100 @ 10.00       -> pending_new     0
        accept                   -> live            0
        ask_replace 150 @ 10.02  -> pending_replace 0
        ask_cancel               -> pending_cancel  0
        refuse_cancel            -> pending_replace 0
        refuse_replace           -> live            0
    """)
    assert (order.terms.quantity, order.open_qty, order.requests) == (100, 100, ())


def test_a_venue_may_reduce_an_order_by_itself() -> None:
    order = play("""
        submit 100 @ 10.00       -> pending_new     0
        accept                   -> live            0
        replace 70 @ 10.00       -> live            0   new
        fill   e1 70 @ 10        -> live            70  filled
    """)
    assert order.leaves_qty == 0


def test_an_execution_id_is_counted_once() -> None:
    play("""
        submit 100 @ 10.00   -> pending_new     0
        accept               -> live            0
        fill   e1 40 @ 10    -> live            40
        fill   e1 40 @ 10    -> live            40
        fill   e2 40 @ 10    -> live            80
        cancel               -> canceled        80
        fill   e2 40 @ 10    -> canceled        80
    """)


def test_an_overfill_is_booked_first_and_then_alerted() -> None:
    order = play("""
        submit 100 @ 10.00   -> pending_new     0
        accept               -> live            0
        fill   e1 90 @ 10    -> live            90
        fill   e2 30 @ 10    -> live            120 filled ! overfill
    """)
    assert (order.leaves_qty, order.open_qty, order.avg_px) == (0, 0, 10)


def test_a_fill_of_a_rejected_order_is_booked_and_alerted() -> None:
    play("""
        submit 100 @ 10.00   -> pending_new     0
        reject               -> rejected        0   rejected
        fill   e1 90 @ 10    -> rejected        90  rejected ! late_fill
    """)


def test_an_expired_order_stays_expired_whatever_is_still_answered() -> None:
    play("""
        submit 100 @ 10.00      -> pending_new     0
        accept                  -> live            0
        ask_replace 60 @ 10.02  -> pending_replace 0
        expire                  -> expired         0   expired
        refuse_replace          -> expired         0
        cancel                  -> expired         0
    """)


def test_a_report_that_cannot_be_is_kept_as_an_alert_and_changes_nothing() -> None:
    play("""
        submit 100 @ 10.00   -> pending_new     0
        accept               -> live            0
        reject               -> live            0 ! impossible_report
    """)


@pytest.mark.parametrize(
    ("state", "cum", "status"),
    [
        (State.PENDING_NEW, 0, "pending_new"),
        (State.LIVE, 0, "new"),
        (State.LIVE, 40, "partially_filled"),
        (State.LIVE, 100, "filled"),
        (State.LIVE, 120, "filled"),
        (State.STOPPED, 0, "stopped"),
        (State.SUSPENDED, 40, "suspended"),
        (State.SUSPENDED, 100, "filled"),
        (State.DONE_FOR_DAY, 100, "done_for_day"),
        (State.CANCELED, 40, "canceled"),
        (State.EXPIRED, 0, "expired"),
        (State.REJECTED, 0, "rejected"),
    ],
)
def test_fix_ord_status_is_derived_from_state_and_quantity(state: State, cum: int, status: str) -> None:
    asked = OrderTerms(order_id="C", symbol="ACME", side=Side.BUY, quantity=Decimal(100))
    order = Order(terms=asked, created_at=0, state=state, cum_qty=Decimal(cum))
    assert order.ord_status == status
    assert order.leaves_qty == (0 if order.is_over else max(100 - cum, 0))
