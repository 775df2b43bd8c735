"""The circuits of all scopes: who is stopped, who is not, what probes, and how a person closes one. Their settings."""

import json
import tomllib
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.errors import BadInput
from penstock.domain.time import MINUTE, SECOND
from penstock.risk.breaker_settings import DEFAULTS, read_breakers
from penstock.risk.breakers import BREAKERS, CONSECUTIVE, LATENCY, STRESS
from penstock.risk.circuits import BreakerReset, Circuits, blocked, close, forget, measured, refusal_of_reset, sent
from penstock.risk.limit_book import plain_book, read_book, restored_book
from penstock.risk.modes import Action, Mode

D = Decimal
SCOPES = ("desk", "account/main", "symbol/ACME", "venue/XA")


def tripped() -> Circuits:
    """Stress has tripped ACME at the time 0."""
    circuits = Circuits()
    assert measured(circuits, STRESS, "symbol/ACME", D(101), 0) is None
    assert measured(circuits, STRESS, "symbol/ACME", D(120), 0) is not None
    return circuits


def stopped(circuits: Circuits, now: int, action: Action = Action.INCREASE, scopes: tuple[str, ...] = SCOPES) -> str:
    return blocked(circuits, DEFAULTS, scopes, action, now)


def test_a_trip_stops_its_scope_in_the_same_step_and_no_other() -> None:
    circuits = tripped()
    reason = "stress 120 bps is above 100, 2 times in 1 min"
    open_until = "is open until its cool-down is over and its probes are good"
    assert stopped(circuits, 0) == f"breaker stress of symbol ACME {open_until}: {reason}"
    assert stopped(circuits, 0, scopes=("desk", "symbol/GLOBEX", "venue/XA")) == ""


@pytest.mark.parametrize(
    ("action", "passes"), [("increase", False), ("keep", False), ("reduce", True), ("cancel", True)]
)
def test_an_open_breaker_lets_pass_what_its_mode_does(action: str, passes: bool) -> None:
    assert (stopped(tripped(), 0, Action(action)) == "") is passes


def test_three_rejects_in_a_row_let_nothing_but_cancels_pass() -> None:
    circuits = Circuits()
    for _ in range(3):
        measured(circuits, CONSECUTIVE, "desk", 1, 0)
    assert [action for action in Action if not stopped(circuits, 10**18, action)] == [Action.CANCEL]


def test_probes_are_counted_as_they_leave_and_good_ones_leave_nothing_behind() -> None:
    circuits = tripped()
    for _ in range(STRESS.probes):
        assert stopped(circuits, MINUTE) == ""
        sent(circuits, DEFAULTS, SCOPES, MINUTE)
    assert stopped(circuits, MINUTE) != ""
    for _ in range(STRESS.probes):
        measured(circuits, STRESS, "symbol/ACME", D(1), MINUTE)
    assert stopped(circuits, MINUTE) == ""
    assert circuits == Circuits()


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, ""), ({"by": ""}, "no_authority"), ({"reason": " "}, "no_reason"), ({"scope": "desk"}, "not_open")],
)
def test_a_person_closes_a_breaker_by_name_and_reason(changes: dict[str, str], code: str) -> None:
    circuits = tripped()
    asked = BreakerReset(**{"breaker": "stress", "scope": "symbol/ACME", "by": "ann", "reason": "news"} | changes)
    refusal = refusal_of_reset(circuits, asked)
    assert (refusal.code if refusal else "") == code
    if refusal is None:
        close(circuits, asked.breaker, asked.scope)
        assert circuits == Circuits()


def test_what_ended_is_forgotten() -> None:
    circuits = tripped()
    forget(circuits, "symbol/ACME")
    assert circuits == Circuits()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(BREAKERS), st.sampled_from(SCOPES), st.integers(0, 2), st.integers(0, 90), st.booleans()
        ),
        max_size=80,
    )
)
def test_tripped_names_exactly_the_circuits_that_are_not_closed_also_after_a_restart(moves: list[tuple]) -> None:
    circuits, now = Circuits(), 0
    for breaker, scope, over, seconds, leaves in moves:
        now += seconds * SECOND
        measured(circuits, breaker, scope, breaker.threshold + over - 1, now)
        if leaves:
            sent(circuits, DEFAULTS, SCOPES, now)
        circuits = msgspec.json.decode(msgspec.json.encode(circuits), type=Circuits)
        open_now = {
            (scope, name)
            for scope, there in circuits.by_scope.items()
            for name, circuit in there.items()
            if circuit.tripped_at is not None
        }
        assert {(scope, name) for scope, names in circuits.tripped.items() for name in names} == open_now


def test_the_settings_of_a_breaker_are_read_and_come_back_from_the_journal() -> None:
    book = read_book(
        tomllib.loads(
            """
            [breaker.latency]
            threshold = 500.5
            breaches = 2
            window_s = 30
            scope = "desk"
            mode = "cancel_all"
            cool_down_s = "none"
            [breaker.consecutive]
            cool_down_s = 1.5
            """,
            parse_float=D,
        )
    )
    latency = book.breakers["latency"]
    assert (latency.threshold, latency.breaches, latency.window, latency.cool_down) == (
        D("500.5"),
        2,
        30 * SECOND,
        None,
    )
    assert (latency.scope, latency.mode, latency.probes) == ("desk", Mode.CANCEL_ALL, LATENCY.probes)
    assert book.breakers["consecutive"].cool_down == 1_500_000_000
    assert book.breakers["stress"] == STRESS
    assert restored_book(json.loads(json.dumps(plain_book(book)))) == book


@pytest.mark.parametrize(
    ("name", "field", "value", "said"),
    [
        ("latenci", "threshold", 1, "limits: breaker.latenci: is not a known name: did you mean latency?"),
        ("latency", "treshold", 1, "limits: [breaker.latency]: treshold: is not a known name: did you mean threshold?"),
        ("latency", "threshold", -1, "threshold: must not be negative (got -1)"),
        ("latency", "threshold", float("nan"), "threshold: must be a finite number"),
        ("latency", "threshold", "1", "threshold: must be a number (got '1')"),
        ("latency", "breaches", 0, "breaches: must be greater than zero (got 0)"),
        ("latency", "breaches", 1.5, "breaches: must be a whole number (got 1.5)"),
        ("latency", "window_s", 0, "window_s: must be greater than zero (got 0)"),
        (
            "consecutive",
            "window_s",
            5,
            "window_s: must be left out: consecutive counts what follows each other (got 5)",
        ),
        ("latency", "scope", "venues", "scope: must be one of order, parent, desk, account"),
        ("latency", "mode", "active", "mode: must be one of reduce_only, no_new, cancel_all, flatten, halted"),
        ("latency", "cool_down_s", 10**6, "cool_down_s: must not be above cool_down_max_s (got 1000000)"),
    ],
)
def test_settings_that_are_wrong_are_refused_in_one_line(name: str, field: str, value: object, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_breakers({name: {field: value}})
    assert said in str(refused.value)
