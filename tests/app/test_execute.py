"""The main job, from a targets file to a report, as a user runs it."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.app.cli import main
from penstock.domain import events as ev
from penstock.domain.orders import ENDED
from penstock.journal import read, replay, verify
from penstock.tca.execution_report import execution_report, to_json
from penstock.tca.schema import validate

TARGETS = {
    "targets": [
        {"symbol": "BTCUSDT-PERP", "change": 1, "algorithm": "twap", "duration_minutes": 2},
        {"symbol": "ACME", "change": -800, "algorithm": "vwap", "time_horizon": 2, "strategy": "aggressive"},
    ]
}
LONG = {"targets": [{"symbol": "ACME", "change": 60000, "algorithm": "twap", "duration_minutes": 120}]}


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def penstock(*arguments: object, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the command line in this process; returns its exit code."""
    monkeypatch.setattr(sys, "argv", ["penstock", *map(str, arguments)])
    try:
        main()
    except SystemExit as ending:
        return int(ending.code or 0)
    return 0


def started(*arguments: object) -> "subprocess.Popen[str]":
    """A real process, whose lines can be read as they come."""
    command = [sys.executable, "-m", "penstock.app.cli", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)


def when_it_says(process: "subprocess.Popen[str]", lines: int) -> None:
    """Wait until a run has printed so many lines of progress."""
    assert process.stdout is not None
    for _ in range(lines):
        assert process.stdout.readline(), "the run ended before it could be stopped"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    out = tmp_path / "run"
    targets = write(tmp_path / "targets.json", TARGETS)
    assert penstock("execute", targets, "--out", out, "--seed", 3, monkeypatch=monkeypatch) == 0
    return out


def test_a_run_leaves_a_valid_report_a_sound_journal_and_a_page(run: Path) -> None:
    report = json.loads((run / "ExecutionReport.json").read_bytes())
    validate(report)
    assert report["execution_quality"]["fill_rate"] == 1
    assert report["symbol"] == report["venue"] == "MULTI"
    assert {fill["venue"] for fill in report["fills"]} <= {"okx", "binance", "NYX", "BATX"}
    assert verify(run / "journal.db").fault == ""
    page = (run / "report.html").read_text()
    assert "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_the_journal_alone_gives_the_same_state_and_the_same_report(run: Path) -> None:
    events = list(read(run / "journal.db"))
    ending = events[-1]
    assert isinstance(ending, ev.SessionEnded)
    assert replay(events[:-1]).state_hash() == ending.state_hash
    assert to_json(execution_report(events)) == (run / "ExecutionReport.json").read_bytes()


def test_no_order_leaves_before_the_journal_has_it(run: Path) -> None:
    """Every fill and acknowledgement on record follows the submission on record."""
    submitted: set[str] = set()
    for event in (each for told in read(run / "journal.db") for each in ev.spelled_out(told)):
        if isinstance(event, ev.ChildSubmitted):
            assert event.terms.order_id not in submitted
            submitted.add(event.terms.order_id)
        elif isinstance(event, ev.ChildAccepted | ev.ChildFilled):
            assert event.order_id in submitted


def test_children_never_add_up_to_more_than_their_parent(run: Path) -> None:
    events = list(read(run / "journal.db"))
    state = replay(events[:1])
    from penstock.engine.folds import apply

    for event in events[1:]:
        apply(state, event)
        for order_id, parent in state.parents.items():
            order = state.orders[order_id]
            flying = sum(state.orders[child].open_qty for child in parent.open_children)
            assert order.cum_qty + flying <= order.terms.quantity


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_run(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = tmp_path / "targets.json"
    again, other = tmp_path / "again", tmp_path / "other"
    assert penstock("execute", targets, "--out", again, "--seed", 3, monkeypatch=monkeypatch) == 0
    assert penstock("execute", targets, "--out", other, "--seed", 4, monkeypatch=monkeypatch) == 0
    assert (again / "ExecutionReport.json").read_bytes() == (run / "ExecutionReport.json").read_bytes()
    assert (again / "report.html").read_bytes() == (run / "report.html").read_bytes()
    assert verify(again / "journal.db").head == verify(run / "journal.db").head
    assert verify(other / "journal.db").head != verify(run / "journal.db").head


@pytest.mark.parametrize("lines", [2, 5])
def test_a_killed_run_has_a_sound_journal_and_ends_when_resumed_as_if_nothing_had_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    targets = write(tmp_path / "targets.json", LONG)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert penstock("execute", targets, "--out", whole, monkeypatch=monkeypatch) == 0
    with started("execute", targets, "--out", killed) as process:
        when_it_says(process, lines)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    died_with = verify(killed / "journal.db")
    assert died_with.fault == ""
    assert 0 < died_with.events < verify(whole / "journal.db").events
    assert penstock("report", killed, monkeypatch=monkeypatch) == 0
    partial = json.loads((killed / "ExecutionReport.json").read_bytes())
    assert partial["details"]["status"] == "unfinished"
    assert penstock("resume", killed, monkeypatch=monkeypatch) == 0
    assert verify(killed / "journal.db") == verify(whole / "journal.db")
    assert (killed / "ExecutionReport.json").read_bytes() == (whole / "ExecutionReport.json").read_bytes()


def test_ctrl_c_cancels_what_works_and_leaves_a_partial_report_that_says_so(tmp_path: Path) -> None:
    targets, out = write(tmp_path / "targets.json", LONG), tmp_path / "out"
    with started("execute", targets, "--out", out) as process:
        when_it_says(process, 3)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()
    assert process.returncode == 130
    assert "interrupted" in said
    assert verify(out / "journal.db").fault == ""
    report = json.loads((out / "ExecutionReport.json").read_bytes())
    assert report["details"]["status"] == "interrupted"
    assert 0 < report["execution_quality"]["fill_rate"] < 1
    state = replay(read(out / "journal.db"))
    assert not state.working
    assert all(order.state in ENDED or not order.is_open for order in state.orders.values())


def test_a_finished_run_is_not_overwritten_unless_asked_and_not_resumed(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = tmp_path / "targets.json"
    before = (run / "ExecutionReport.json").read_bytes()
    assert penstock("execute", targets, "--out", run, "--seed", 9, monkeypatch=monkeypatch) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (run / "ExecutionReport.json").read_bytes() == before
    assert penstock("resume", run, monkeypatch=monkeypatch) == 2
    assert "nothing to resume" in capsys.readouterr().err
    assert penstock("execute", targets, "--out", run, "--seed", 9, "--overwrite", monkeypatch=monkeypatch) == 0
    assert (run / "ExecutionReport.json").read_bytes() != before


BAD = [
    ({"symbol": "NOPE", "change": 1}, [], ["target 1", "symbol", "NOPE", "BTCUSDT-PERP"]),
    ({"symbol": "ACME", "quantity": -5}, [], ["quantity", "must not be negative", "-5"]),
    ({"symbol": "ACME", "change": 1.5}, [], ["change", "lot", "1.5"]),
    ({"symbol": "ACME", "change": 10, "algorithm": "twop"}, [], ["twop", "did you mean 'twap'"]),
    ({"symbol": "ACME", "change": 10, "slices": 3}, [], ["slices"]),
    ({"symbol": "ACME", "change": 10, "duration_minutes": -1}, [], ["duration_minutes", "-1"]),
    ({"symbol": "ACME", "change": 10, "side": "sell"}, [], ["side", "contradicts", "sell"]),
    ({"symbol": "ACME", "change": 10, "limit_price": 1.005}, [], ["limit_price", "tick", "1.005"]),
    ({"symbol": "ACME", "change": 10, "venues": ["okx"]}, [], ["venues", "okx", "NYX"]),
    ({"symbol": "ACME", "change": 10}, ["--algo", "vwap:speed=3"], ["--algo", "speed"]),
    ({"symbol": "ACME", "change": 10}, ["--market", "nowhere"], ["--market", "nowhere", "lobster:PATH"]),
    ({"symbol": "ACME", "change": 10}, ["--market", "lobster:none.zip"], ["none.zip"]),
    ({"symbol": "ACME", "change": 10}, ["--market", "synthetic", "--market", "synthetic"], ["already given"]),
    ({"symbol": "ACME", "change": 10}, ["--positions", "gone.csv"], ["gone.csv"]),
]


@pytest.mark.parametrize(("target", "options", "said"), BAD, ids=[str(row[2][-1]) for row in BAD])
def test_bad_input_is_one_clear_line_exit_code_2_and_nothing_written(
    target: dict[str, Any], options: list[str], said: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    targets, out = write(tmp_path / "targets.json", {"targets": [target]}), tmp_path / "out"
    assert penstock("execute", targets, "--out", out, *options, monkeypatch=monkeypatch) == 2
    printed = capsys.readouterr()
    assert len(printed.err.strip().splitlines()) == 1
    for part in said:
        assert part in printed.err
    assert not out.exists()
    assert printed.out == ""


@pytest.mark.parametrize("algorithm", ["vwap", "twap"])
def test_twenty_thousand_amzn_are_bought_over_the_recorded_day(
    algorithm: str, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (recording,) = (data_dir / "lobster").glob("*AMZN*.zip")
    wanted = {"targets": [{"symbol": "AMZN", "change": 20000, "algorithm": algorithm}]}
    targets, out = write(tmp_path / "targets.json", wanted), tmp_path / "out"
    assert penstock("execute", targets, "--market", f"lobster:{recording}", "--out", out, monkeypatch=monkeypatch) == 0
    report = json.loads((out / "ExecutionReport.json").read_bytes())
    validate(report)
    assert report["execution_quality"]["fill_rate"] >= 0.99
    assert abs(report["execution_quality"]["vwap_slippage_bps"]) < 10
    assert sum(fill["qty"] for fill in report["fills"]) == 20000 * report["execution_quality"]["fill_rate"]


def test_spot_and_perpetual_are_bought_side_by_side_on_one_clock(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [
        {"symbol": "BTCUSDT", "change": 10, "algorithm": "twap", "duration_minutes": 4},
        {"symbol": "BTCUSDT-PERP", "change": 15, "algorithm": "vwap", "time_horizon": 4},
    ]
    targets, out = write(tmp_path / "targets.json", {"targets": wanted}), tmp_path / "out"
    sources = [f"--market=binance:{data_dir / 'binance_l2' / kind}" for kind in ("spot", "usdm")]
    assert penstock("execute", targets, *sources, "--out", out, monkeypatch=monkeypatch) == 0
    report = json.loads((out / "ExecutionReport.json").read_bytes())
    assert report["execution_quality"]["fill_rate"] == 1
    assert {fill["venue"] for fill in report["fills"]} == {"binance-spot", "binance-usdm"}
    ends = {parent["symbol"]: parent["end"] for parent in report["details"]["parents"]}
    assert len(set(ends.values())) == 1
