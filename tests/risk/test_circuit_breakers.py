"""Each breaker with its exact threshold, count and window: one step below, at, and one step above."""

from decimal import Decimal

import msgspec
import pytest

from penstock.domain.time import MINUTE, SECOND
from penstock.risk.breakers import (
    ANSWERS,
    BREAKERS,
    CLOSED,
    CONSECUTIVE,
    LATENCY,
    REJECT_RATE,
    SLIPPAGE,
    STRESS,
    Answers,
    Breaker,
    Circuit,
    Status,
    Trip,
    observe,
    passes,
    probed,
)
from penstock.risk.modes import Mode

D = Decimal
STEP = D("0.01")
ROLLING = tuple(breaker for breaker in BREAKERS if breaker.window is not None)


def told(breaker: Breaker, *seen: tuple[int, Decimal], circuit: Circuit = CLOSED) -> tuple[Circuit, Trip | None]:
    """The circuit and the last trip after measurements at their times."""
    last = None
    for at, measurement in seen:
        circuit, trip = observe(circuit, breaker, measurement, at)
        last = trip or last
    return circuit, last


def in_a_row(breaker: Breaker, measurement: Decimal, times: int, gap: int = 1) -> list[tuple[int, Decimal]]:
    return [(number * gap, measurement) for number in range(times)]


def test_the_defaults_are_those_that_the_desk_promises() -> None:
    named = {each.name: (each.threshold, each.unit, each.breaches, each.window) for each in BREAKERS}
    assert named == {
        "slippage": (D(25), "bps", 3, 5 * MINUTE),
        "reject_rate": (D(10), "%", 5, 2 * MINUTE),
        "latency": (D(1000), "ms", 5, 3 * MINUTE),
        "stress": (D(100), "bps", 2, MINUTE),
        "consecutive": (D(0), "", 3, None),
    }
    assert CONSECUTIVE.mode is Mode.HALTED


@pytest.mark.parametrize("breaker", ROLLING, ids=lambda breaker: breaker.name)
@pytest.mark.parametrize(("off", "trips"), [(-STEP, False), (D(0), False), (STEP, True)], ids=["below", "at", "above"])
def test_only_what_is_above_the_threshold_is_a_breach(breaker: Breaker, off: Decimal, trips: bool) -> None:
    _, trip = told(breaker, *in_a_row(breaker, breaker.threshold + off, breaker.breaches))
    assert (trip is not None) is trips


@pytest.mark.parametrize("breaker", BREAKERS, ids=lambda breaker: breaker.name)
@pytest.mark.parametrize(("more", "trips"), [(-1, False), (0, True)], ids=["one fewer", "exactly"])
def test_it_takes_exactly_so_many_breaches(breaker: Breaker, more: int, trips: bool) -> None:
    circuit, trip = told(breaker, *in_a_row(breaker, breaker.threshold + 1, breaker.breaches + more))
    assert (trip is not None) is trips
    assert passes(circuit, breaker, breaker.breaches) is not trips


@pytest.mark.parametrize("breaker", ROLLING, ids=lambda breaker: breaker.name)
@pytest.mark.parametrize(
    ("off", "trips"), [(-1, True), (0, False), (1, False)], ids=["inside", "at the edge", "outside"]
)
def test_the_first_breach_counts_until_its_window_has_passed(breaker: Breaker, off: int, trips: bool) -> None:
    assert breaker.window is not None
    high = breaker.threshold + 1
    seen = [(0, high), *((breaker.window + off, high) for _ in range(breaker.breaches - 1))]
    assert (told(breaker, *seen)[1] is not None) is trips


def test_a_measurement_within_the_threshold_breaks_a_row_but_not_a_window() -> None:
    assert told(CONSECUTIVE, (0, D(1)), (1, D(1)), (2, D(0)), (3, D(1)), (4, D(1)))[1] is None
    assert told(CONSECUTIVE, (0, D(1)), (1, D(1)), (2, D(1)))[1] is not None
    assert told(STRESS, (0, D(101)), (1, D(0)), (2, D(101)))[1] is not None


def test_a_trip_says_what_was_measured_and_until_when_it_holds() -> None:
    _, trip = told(SLIPPAGE, (0, D(26)), (SECOND, D(30)), (2 * SECOND, D("31.5")))
    reason = "slippage 31.5 bps is above 25, 3 times in 5 min"
    assert trip == Trip("slippage", Mode.NO_NEW, 62 * SECOND, reason)


def test_after_its_cool_down_so_many_probes_pass_and_so_many_good_ones_close_it() -> None:
    circuit, trip = told(STRESS, (0, D(101)), (0, D(101)))
    assert trip is not None
    assert trip.until == MINUTE
    assert not passes(circuit, STRESS, MINUTE - 1)
    assert told(STRESS, (MINUTE - 1, D(500)), circuit=circuit) == (circuit, None), "while open nothing counts"
    assert circuit.status(MINUTE) is Status.HALF_OPEN
    for number in range(STRESS.probes):
        assert passes(circuit, STRESS, MINUTE + number)
        circuit = probed(circuit, STRESS, MINUTE + number)
    assert not passes(circuit, STRESS, MINUTE + 3)
    assert passes(circuit, STRESS, 2 * MINUTE + 2), "probes that nobody answered are tried again"
    for number in range(STRESS.probes):
        assert circuit.status(MINUTE + number) is Status.HALF_OPEN
        circuit, trip = observe(circuit, STRESS, D(100), MINUTE + number)
        assert trip is None
    assert circuit == CLOSED


def test_a_breach_while_half_open_trips_at_once_for_twice_as_long_up_to_a_bound() -> None:
    circuit, trip = told(LATENCY, *in_a_row(LATENCY, D(1001), 5, gap=0))
    waits, now = [], 0
    for _ in range(6):
        assert circuit.until is not None
        now = circuit.until
        circuit, trip = observe(circuit, LATENCY, D(1001), now)
        assert trip is not None
        assert trip.until is not None
        waits.append((trip.until - now) // MINUTE)
    assert waits == [2, 4, 8, 16, 16, 16]


def test_three_rejects_in_a_row_halt_until_somebody_resets() -> None:
    circuit, trip = told(CONSECUTIVE, *in_a_row(CONSECUTIVE, D(1), 3))
    assert trip == Trip("consecutive", Mode.HALTED, None, "3 rejects or time-outs in a row")
    assert not passes(circuit, CONSECUTIVE, 10**18)


def test_the_reject_rate_is_that_of_the_latest_answers_once_there_are_enough() -> None:
    answers = Answers()
    assert [answers.take(rejected=number in (0, 8)) for number in range(9)] == [None] * 9, "too few to tell"
    assert answers.take(rejected=True) == D(30)
    for _ in range(ANSWERS - 10):
        assert answers.take(rejected=False) is None
    assert answers.take(rejected=True) == D(6), "the first has left the latest fifty: three of them are rejects"
    assert len(answers.rejects) == 3


def test_five_rejects_in_two_minutes_of_which_each_finds_more_than_a_tenth_rejected_trip_the_venue() -> None:
    answers, circuit, trips = Answers(), CLOSED, []
    for number in range(40):
        rate = answers.take(rejected=number % 5 == 0)  # one in five
        if rate is not None:
            circuit, trip = observe(circuit, REJECT_RATE, rate, number * SECOND)
            trips += [number] if trip else []
    assert trips == [30], "the rejects of orders 10, 15, 20, 25 and 30"


def test_a_circuit_goes_on_after_a_restart_as_if_nothing_had_been() -> None:
    circuit, _ = told(SLIPPAGE, (0, D(26)), (1, D(26)))
    again = msgspec.json.decode(msgspec.json.encode(circuit), type=Circuit)
    assert observe(again, SLIPPAGE, D(26), 2) == observe(circuit, SLIPPAGE, D(26), 2)
    assert observe(again, SLIPPAGE, D(26), 2)[1] is not None
