"""`penstock reconcile --dry-run`: a person sees what a look at a venue would change."""

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from penstock import Desk
from penstock.app.cli import main
from penstock.domain.commands import CancelAll
from penstock.domain.reports import Fill
from penstock.domain.venue import Liquidity
from penstock.engine.engine import Engine
from penstock.journal import SqliteJournal, read, replay


def picture(path: Path, *orders: dict[str, Any]) -> Path:
    common = {"venue_order_id": "77", "symbol": "ACME", "side": "buy", "limit_price": "100.00"}
    shown = [{**common, **order} for order in orders]
    path.write_text(json.dumps({"ts": 0, "venue": "NYX", "asked_at": 10**19, "orders": shown}))
    return path


@pytest.fixture
async def journal(tmp_path: Path) -> Path:
    """A desk that has one order resting, and died."""
    path = tmp_path / "journal.db"
    desk = Desk.open("synthetic", journal=path)
    desk.submit("ACME", "buy", 100, "limit", limit_price="100.00", venues=["NYX"])
    return path


def reconcile(journal: Path, seen: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["penstock", "reconcile", str(journal), "--picture", str(seen), "--dry-run"])
    with pytest.raises(SystemExit) as ending:
        main()
    return int(ending.value.code or 0)


async def test_a_fill_that_we_never_heard_of_is_shown_and_nothing_is_written(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = replay(read(journal)).state_hash()
    (child,) = replay(read(journal)).children
    filled = {"order_id": child, "quantity": "100", "cum_qty": "40", "cum_value": "3999", "state": "canceled"}
    foreign = {"order_id": "someone-else", "quantity": "5", "cum_qty": "0", "cum_value": "0", "state": "open"}
    assert reconcile(journal, picture(tmp_path / "seen.json", filled, foreign), monkeypatch) == 1
    said = capsys.readouterr().out
    assert "40 at 99.975" in said
    assert "canceled" in said
    assert "someone-else" in said
    assert "not ours" in said
    assert replay(read(journal)).state_hash() == before


async def test_an_acknowledgement_that_was_lost_is_shown(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (child,) = replay(read(journal)).children
    pending = {"order_id": child, "quantity": "100", "cum_qty": "0", "cum_value": "0", "state": "open"}
    assert reconcile(journal, picture(tmp_path / "seen.json", pending), monkeypatch) == 1
    assert "accepted" in capsys.readouterr().out


async def test_a_file_that_is_no_picture_is_one_clear_line(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = tmp_path / "seen.json"
    seen.write_text('{"ts": 0, "venue": "NYX", "asked_at": "now", "orders": []}')
    assert reconcile(journal, seen, monkeypatch) == 2
    assert "asked_at" in capsys.readouterr().err


async def test_an_archived_order_that_the_picture_shows_is_ours(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    events = list(read(journal))
    engine = Engine(replay(events), closed_orders_max=0)
    (child,) = engine.state.children
    fill = Fill(
        ts=0, venue="NYX", order_id=child, exec_id="e1", last_qty=Decimal(100), last_px=Decimal(100), fee=Decimal(0),
        liquidity=Liquidity.MAKER, traded_at=0,
    )  # fmt: skip
    events += engine.handle(fill).events + engine.handle(CancelAll(ts=0, reason="the next input")).events
    assert engine.state.orders == {}
    later = SqliteJournal(tmp_path / "later.db")
    later.append(events)
    later.close()
    same = {"order_id": child, "quantity": "100", "cum_qty": "100", "cum_value": "10000", "state": "filled"}
    assert reconcile(later.path, picture(tmp_path / "same.json", same), monkeypatch) == 0
    more = same | {"cum_qty": "120", "cum_value": "12000"}
    assert reconcile(later.path, picture(tmp_path / "more.json", more), monkeypatch) == 1
    said = capsys.readouterr().out
    assert "20 at 100" in said
    assert "not ours" not in said
