"""The main job: run a request to its end and leave a journal, an ExecutionReport and a page in one folder."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
from rich.console import Console

from penstock.app.outcome import OutcomeRow, final_table
from penstock.app.progress import Progress
from penstock.app.session import Planned, RunRequest, prepare
from penstock.app.watching import Watcher
from penstock.domain.errors import BadInput
from penstock.domain.events import AnyEvent, SessionEnded, SessionStarted
from penstock.engine.ports import Journal
from penstock.journal import ContinuedJournal, SqliteJournal, read, replay, verify
from penstock.sim.driver import Simulation
from penstock.tca.execution_report import execution_report, to_json
from penstock.tca.html import render_html
from penstock.tca.schema import validate
from penstock.tca.summary import summary_table

JOURNAL, REPORT, PAGE = "journal.db", "ExecutionReport.json", "report.html"


def execute(request: RunRequest, out: Path, console: Console, *, overwrite: bool = False) -> dict[str, Any]:
    """Carry out a request; returns the ExecutionReport that was written.

    Raises:
        BadInput: the request cannot be carried out, or `out` holds a run already; nothing was written.
    """
    if (out / JOURNAL).exists() and not overwrite:
        raise BadInput(str(out), "", f"holds a run already: see 'penstock resume {out}', or give --overwrite")
    if out.exists() and not out.is_dir():
        raise BadInput(str(out), "--out", "must be a folder")
    planned = prepare(request)
    if not planned.parents:
        raise BadInput("targets", "", "are all held already: there is nothing to trade")
    out.mkdir(parents=True, exist_ok=True)
    for old in (JOURNAL, f"{JOURNAL}-wal", f"{JOURNAL}-shm", REPORT, PAGE):
        (out / old).unlink(missing_ok=True)
    return run(planned, SqliteJournal(out / JOURNAL, durability="process"), out, console)


def resume(out: Path, console: Console) -> dict[str, Any]:
    """Take up a run whose process died: it ends as if nothing had happened.

    Raises:
        BadInput: no journal there, or its run has ended.
        JournalCorrupt: the record does not hold together, or the market is not the one of the run.
    """
    recorded = recorded_events(out)
    session = recorded[0]
    if isinstance(recorded[-1], SessionEnded):
        raise BadInput(str(out), "", f"the run has ended ({recorded[-1].status}): there is nothing to resume")
    assert isinstance(session, SessionStarted)
    if not session.request:
        raise BadInput(str(out), "", "the run was started from Python: only its program can start it again")
    planned = prepare(msgspec.convert(session.request, RunRequest))
    console.print(f"Resuming after {len(recorded)} recorded events", highlight=False)
    journal = ContinuedJournal(recorded, SqliteJournal(out / JOURNAL, durability="process"))
    return run(planned, journal, out, console)


def recorded_events(out: Path) -> list[AnyEvent]:
    """The events of a folder's journal, verified.

    Raises:
        BadInput: no journal there, or an empty one.
        JournalCorrupt: an event was changed, or one is missing.
    """
    path = out / JOURNAL
    verdict = verify(path)
    if verdict.fault:
        raise BadInput(str(path), "", verdict.fault)
    if verdict.events == 0:
        raise BadInput(str(path), "", "is empty: the run died before its first event")
    return list(read(path))


def run(planned: Planned, journal: Journal, out: Path, console: Console) -> dict[str, Any]:
    """Play a planned run to its end with a live display, then write what it led to."""
    simulation = planned.begin(journal)
    display = Progress(console)
    watcher = Watcher(display)
    with stopping_cleanly(simulation), display:
        simulation.run(watcher)
        watcher.show(simulation)
    journal.close()
    return write_reports(out, console)


@contextmanager
def stopping_cleanly(simulation: Simulation) -> Iterator[None]:
    """Ctrl-C (or a TERM signal) ends the run in order: what works is cancelled, and the report says so."""

    def stop(number: int, _frame: FrameType | None) -> None:
        simulation.interrupt(f"interrupted by {signal.Signals(number).name}")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def write_reports(out: Path, console: Console) -> dict[str, Any]:
    """ExecutionReport and page of a folder's journal, from the journal alone; then a word on the terminal."""
    events = recorded_events(out)
    report = execution_report(events)
    validate(report)
    write(out / REPORT, to_json(report))
    write(out / PAGE, render_html(events).encode())
    console.print()
    console.print(final_table(outcome_rows(report)))
    tell(report, out, console)
    console.print(f"State hash {replay(events).state_hash()}", style="dim", highlight=False, soft_wrap=True)
    return report


def write(path: Path, content: bytes) -> None:
    """All of a file or nothing of it."""
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(content)
    os.replace(draft, path)


def outcome_rows(report: dict[str, Any]) -> list[OutcomeRow]:
    """The rows of the final table."""
    algorithms = {parent["order_id"]: parent["algorithm"] for parent in report["details"]["parents"]}
    return [
        msgspec.convert(
            {
                "order_id": row.order_id,
                "symbol": row.symbol,
                "side": row.side,
                "algorithm": algorithms[row.order_id] or "",
                "quantity": str(row.quantity),
                "filled": str(row.filled),
                "avg_px": None if row.avg_price is None else str(row.avg_price),
                "arrival_px": str(row.arrival_price),
                "vs_arrival_bps": row.arrival_bps,
                "vs_vwap_bps": row.vwap_bps,
                "total_cost_bps": row.cost_bps,
                "fees": str(row.fees),
                "passive_ratio": row.passive_ratio,
                "status": row.status,
            },
            OutcomeRow,
        )
        for row in summary_table(report)
    ]


def tell(report: dict[str, Any], out: Path, console: Console) -> None:
    """What a person wants to know first: costs in money, what went wrong, and where the files are."""
    costs, quality, status = report["costs"], report["execution_quality"], report["details"]["status"]
    if status != "completed":
        console.print(f"The run is {status}: this report is partial.", style="bold yellow")
    for violation in report["violations"][:10]:
        console.print(f"{violation['severity']}: {violation['text']}", style="yellow", markup=False, highlight=False)
    console.print(
        f"Filled {quality['fill_rate']:.2%}, fees {costs['fees_usd']:,.2f}, spread {costs['spread_cost_usd']:,.2f},"
        f" total {costs['total_cost_usd']:,.2f}; {len(report['orders'])} orders, {len(report['fills'])} fills",
        highlight=False,
    )
    for name in (REPORT, PAGE, JOURNAL):
        console.print(f"  {out / name}", highlight=False, soft_wrap=True)
