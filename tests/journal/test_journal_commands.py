"""`penstock journal`, as a user types it: on a run's folder, a journal's file and a database."""

import json
import sqlite3
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from penstock.app.cli import main
from penstock.domain import events as ev
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.time import SECOND, from_iso
from penstock.journal import open_journal, recover, replay

START = from_iso("2025-08-18T13:30:00Z")
D = Decimal


def events() -> list[ev.AnyEvent]:
    """A session with two parents that are received, stopped and over."""
    opening = ev.SessionStarted(
        ts=START,
        version="0",
        seed=7,
        instruments=(Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1)),),
        venues=(),
        listings={},
        positions={},
        entry_prices={},
        limits={},
        market_start=START,
        market_end=START + 60 * SECOND,
    )
    told: list[ev.AnyEvent] = [opening]
    for number in (1, 2):
        at, order_id = START + number * SECOND, f"P{number}"
        terms = OrderTerms(order_id=order_id, symbol="ACME", side=Side.BUY, quantity=D(100), algorithm="twap")
        told += [
            ev.OrderReceived(
                ts=at, terms=terms, arrival={}, arrival_price=D(10), decision_price=D(10), start=at, end=at + SECOND
            ),
            ev.OrderStopped(ts=at + 1, order_id=order_id, reason="no longer wanted"),
            ev.OrderEnded(ts=at + 2, order_id=order_id),
        ]
    told.append(
        ev.SessionEnded(ts=START + 5 * SECOND, status="completed", state_hash=replay(told).state_hash(), quotes={})
    )
    return told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    writer = open_journal(tmp_path / "journal.db")
    writer.append(events()[:5])
    writer.append(events()[5:])
    writer.close()
    return tmp_path


@pytest.fixture
def penstock(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Run":
    return Run(monkeypatch, capsys)


class Run:
    """Runs `penstock journal …` in this process; gives its exit code and what it printed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["penstock", "journal", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as ending:
            code = int(ending.code or 0)
        printed = self._capsys.readouterr()
        return code, printed.out, printed.err


def test_show_prints_every_event_of_a_folder_or_a_file(folder: Path, penstock: Run) -> None:
    for place in (folder, folder / "journal.db"):
        code, out, _ = penstock("show", place)
        assert (code, len(out.splitlines())) == (0, 8)
        assert "OrderReceived   P1 buy 100 ACME @ market by twap" in out


def test_show_of_an_order_is_its_history(folder: Path, penstock: Run) -> None:
    _, out, _ = penstock("show", folder, "--order", "P2", "--json")
    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["OrderReceived", "OrderStopped", "OrderEnded"]
    _, out, _ = penstock("show", folder, "--order", "P2", "--kind", "OrderStopped")
    assert out.splitlines() == ["      6 2025-08-18T13:30:02.000Z OrderStopped    order_id=P2  reason=no longer wanted"]
    _, out, _ = penstock("show", folder, "--last", "2")
    assert [line.split()[2] for line in out.splitlines()] == ["OrderEnded", "SessionEnded"]


def test_search_filters_by_kind_symbol_time_and_text(folder: Path, penstock: Run) -> None:
    since = "2025-08-18T13:30:02Z"
    for options, found in [
        (["--text", "NO LONGER"], [3, 6]),
        (["--text", "no longer", "--since", since], [6]),
        (["--symbol", "ACME", "--until", since], [2, 3, 4]),
        (["--symbol", "ACME", "--kind", "OrderEnded"], [4, 7]),
        (["--symbol", "NOPE"], []),
    ]:
        code, out, _ = penstock("search", folder, *options)
        assert (code, [int(line.split()[0]) for line in out.splitlines()]) == (0, found)


def test_verify_counts_and_an_anchor_is_what_it_prints_later(folder: Path, penstock: Run) -> None:
    code, out, _ = penstock("verify", folder)
    assert (code, out.startswith("ok: 8 events, head ")) == (0, True)
    kept = folder / "anchors"
    _, anchor, _ = penstock("anchor", folder, "--anchor-file", kept)
    assert anchor == kept.read_text()
    assert anchor.strip() == f"8:{out.split()[-1]}"
    for given in (anchor.strip(), kept):
        code, out, _ = penstock("verify", folder, "--anchor", given)
        assert (code, out.strip().endswith("anchors met: 1")) == (0, True)


def test_a_cut_off_tail_is_one_line_and_exit_code_1(folder: Path, penstock: Run) -> None:
    _, anchor, _ = penstock("anchor", folder)
    with closing(sqlite3.connect(folder / "journal.db")) as db, db:
        db.execute("DELETE FROM batches WHERE first_seq > 5")
    assert penstock("verify", folder)[0] == 0
    code, out, err = penstock("verify", folder, "--anchor", anchor.strip())
    assert (code, out) == (1, "")
    assert err.strip() == f"{folder / 'journal.db'}: the record ends at event 5, but event 8 was anchored: cut off"


def test_replay_compares_the_state_with_the_recorded_one(folder: Path, penstock: Run) -> None:
    code, out, _ = penstock("replay", folder / "journal.db")
    assert code == 0
    assert "as the engine recorded it" in out
    assert replay(events()).state_hash() in out


def test_a_snapshot_is_kept_and_used(folder: Path, penstock: Run) -> None:
    assert penstock("snapshot", folder)[1].startswith("kept the state after event 8; it took the snapshot at 0 and 8")
    assert penstock("snapshot", folder)[1].startswith("kept the state after event 8; it took the snapshot at 8 and 0")
    assert recover(folder) == replay(events())


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_export_writes_a_file_and_says_so(form: str, folder: Path, penstock: Run) -> None:
    out = folder / f"events.{form}"
    code, said, _ = penstock("export", folder, "--format", form, "--out", out)
    assert (code, said.strip()) == (0, f"8 events in {out}")
    assert out.stat().st_size > 0


def test_every_command_takes_a_database_as_well(database: str, tmp_path: Path, penstock: Run) -> None:
    writer = open_journal(database)
    writer.append(events())
    writer.close()
    assert penstock("verify", database)[1].startswith("ok: 8 events")
    assert len(penstock("show", database)[1].splitlines()) == 8
    assert len(penstock("show", database, "--order", "P1")[1].splitlines()) == 3
    assert len(penstock("search", database, "--text", "no longer")[1].splitlines()) == 2
    assert penstock("anchor", database)[1].startswith("8:")
    assert penstock("snapshot", database)[0] == 0
    assert "as the engine recorded it" in penstock("replay", database)[1]
    assert penstock("export", database, "--out", tmp_path / "out.jsonl")[0] == 0


BAD = [
    (["show", "{folder}/none"], "there is no journal here"),
    (["show", "{folder}", "--kind", "Nope"], "must be one of AlertAcknowledged"),
    (["search", "{folder}", "--since", "yesterday"], "must be a time with its zone"),
    (["search", "{folder}", "--until", "2025-08-18T13:30:02"], "must be a time with its zone"),
    (["verify", "{folder}", "--anchor", "8:beef"], "an anchor is written SEQ:HEAD"),
    (["export", "{folder}", "--format", "xml", "--out", "{folder}/x"], "must be one of jsonl, csv, parquet"),
    (["export", "{folder}", "--out", "{folder}/none/x"], "cannot be written"),
    (["anchor", "{folder}", "--anchor-file", "{folder}/none/x"], "cannot be written"),
    (["verify", "postgresql://nobody@127.0.0.1:1/none"], "the database does not answer"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=[" ".join(row[0]) for row in BAD])
def test_bad_input_is_one_line_and_exit_code_2(arguments: list[str], said: str, folder: Path, penstock: Run) -> None:
    code, out, err = penstock(*(argument.format(folder=folder) for argument in arguments))
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_a_tampered_record_is_not_shown(folder: Path, penstock: Run) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as db, db:
        db.execute("UPDATE batches SET body = CAST(replace(body, 'P1', 'P3') AS BLOB)")
    for command in ("show", "replay"):
        code, _, err = penstock(command, folder)
        assert code == 2
        assert "event 2 was changed: its hash does not match" in err
