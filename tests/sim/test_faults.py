"""The fault simulator: every promise is kept over many seeds, the faults do happen, and a broken engine is caught."""

import subprocess
import sys
from collections import Counter
from decimal import Decimal

import pytest

from penstock.domain import events as ev
from penstock.engine import recall, reducing, venue_reports, venue_watch
from penstock.engine.archive import Archive
from penstock.engine.engine import Engine
from penstock.engine.groups import Groups
from penstock.engine.state import SYNTHETIC
from penstock.engine.venue_reconcile import Healing
from penstock.engine.venue_watch import VenueWatch
from penstock.engine.working import Worker
from penstock.sim.faults import clients
from penstock.sim.faults.order_kinds import at_market, plain, reduce_only
from penstock.sim.faults.seeds import play, played

BLOCK = 10
SEEDS_TO_CATCH = 250
REVIEW = sys.modules["penstock.risk.review"]  # the module: its name in the package is the function's


@pytest.mark.parametrize("first", range(0, 150, BLOCK))
def test_every_promise_is_kept_whatever_goes_wrong(first: int) -> None:
    for seed in range(first, first + BLOCK):
        failure = play(seed)
        assert failure is None, f"seed {seed} broke {failure.checker}: {failure.sentence}"


def test_a_short_life_is_replayed_at_every_step() -> None:
    for seed in range(40):
        failure = play(seed, steps=30)
        assert failure is None, f"seed {seed} broke {failure.checker}: {failure.sentence}"


def test_the_same_seed_gives_the_same_record() -> None:
    first, again = played(7)[0], played(7)[0]
    assert first.record == again.record
    assert first.record != played(8)[0].record


def test_what_is_meant_to_go_wrong_does_go_wrong() -> None:
    reached: Counter[str] = Counter()
    for seed in range(200):
        world, _ = played(seed)
        reached["crash"] += world.crashes
        for event in world.record:
            synthetic = isinstance(event, ev.ChildFilled) and event.exec_id.startswith(SYNTHETIC)
            name = event.code if isinstance(event, ev.AlertRaised) else type(event).__name__
            name = f"recalled by {event.waiting['type']}" if isinstance(event, ev.RecallAsked) else name
            reached["synthetic" if synthetic else name] += 1
            if isinstance(event, ev.ModeChanged):
                reached[f"mode {event.mode}"] += 1
            if isinstance(event, ev.OrderDenied):
                reached[f"denied {event.code}"] += 1
    for name in (
        *("crash", "synthetic", "healed", "late_fill", "ChildUnknown", "VenueStatusChanged", "FillBusted"),
        *("FillCorrected", "CancelDenied", "ReplaceDenied", "ChildRejected", "ChildDoneForDay", "BreakerTripped"),
        *("OrdersArchived", "OrderRecalled", "recalled by Fill", "recalled by Busted", "recalled by Picture"),
        *("recalled by SubmitOrder", "recalled by CancelOrder"),
        *("GroupFormed", "GroupDisturbed", "OrderTriggered", "TrailMoved"),
        *("BreakerReset", "LimitChanged", "RiskRefused", "MarkMoved", "PositionsClosing"),
        *("mode cancel_all", "mode flatten", "mode halted", "mode no_new", "mode reduce_only", "denied mode"),
        *("denied breaker", "denied halted", "denied gross_exposure", "denied message_rate", "denied order_rate"),
    ):
        assert reached[name] >= 5, (name, reached)


def nothing_is_repeated(*_: object) -> bool:
    return False


def no_look_heals(*_: object) -> Healing:
    return Healing()


def nothing_is_noted(*_: object) -> None:
    return None


def nothing_is_forbidden(*_: object) -> None:
    return None


BROKEN: dict[str, tuple[object, str, object, str]] = {
    "executions are booked however often they are told": (
        venue_reports,
        "is_booked",
        nothing_is_repeated,
        "BooksAreTrue",
    ),
    "looks heal nothing": (venue_watch, "heal", no_look_heals, "EverythingEnds"),
    "ends are believed without a look": (VenueWatch, "note", nothing_is_noted, "BooksAreTrue"),
    "what is archived is forgotten": (recall, "is_archived", lambda *_: False, "MessagesFindTheirOrder"),
    "what waited for an archived order is dropped": (Engine, "_resume", nothing_is_noted, "BooksAreTrue"),
    "orders leave that may have more to tell": (Archive, "_stays", lambda *_: False, "NoBug"),
    "what the legs of a group fill together is not said": (Groups, "_say", nothing_is_noted, "GroupsShare"),
    "a reduce-only order may close any position": (
        reducing,
        "closable",
        lambda *_: Decimal(10**6),
        "ReduceOnlyReduces",
    ),
    "modes and breakers are not asked": (REVIEW, "forbidden", nothing_is_forbidden, "NothingAfterHalt"),
    "request ids are used again": (Worker, "_request_id", lambda _, order_id: f"{order_id}.0", "NothingTwice"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_engine_is_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, broken, checker = BROKEN[fault]
    monkeypatch.setattr(where, name, broken)
    if checker == "ReduceOnlyReduces":  # few orders are: here most of them
        monkeypatch.setattr(clients, "KINDS", (plain, at_market, reduce_only, reduce_only))
    failures = (play(seed) for seed in range(SEEDS_TO_CATCH))
    assert any(failure is not None and failure.checker == checker for failure in failures)


def test_the_command_plays_seeds_in_several_processes_and_shows_one() -> None:
    program = [sys.executable, "-m", "penstock.app.cli", "faults", "--steps", "20"]
    many = subprocess.run([*program, "--seeds", "0:20", "--jobs", "2"], capture_output=True, text=True, check=True)
    assert "20 seeds, 0 broken" in many.stdout
    one = subprocess.run([*program, "--seeds", "3:4", "--show"], capture_output=True, text=True, check=True)
    assert "OrderReceived" in one.stdout
    assert "promises kept" in one.stdout
    bad = subprocess.run([*program, "--seeds", "4:3"], capture_output=True, text=True, check=False)
    assert (bad.returncode, "--seeds: must be FROM:TO" in bad.stderr) == (2, True)
