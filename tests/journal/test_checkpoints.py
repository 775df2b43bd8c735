"""SQLite's log is folded into its file while the writer goes on: it stays small, and nothing is lost by it."""

from pathlib import Path

import pytest
from desk_day import cancel

from penstock.domain.events import AlertRaised
from penstock.journal import Durability, open_journal, open_record, verify

MIB = 1024**2


@pytest.mark.parametrize("durability", ["full", "process"])
def test_the_log_starts_again_while_the_writer_never_pauses(tmp_path: Path, durability: Durability) -> None:
    path = tmp_path / "journal.db"
    journal = open_journal(path, durability=durability)
    reader = open_record(path)
    alert = AlertRaised(ts=1, severity="warning", code="test", text="x" * (MIB // 4))
    for number in range(400):
        journal.append([alert, cancel(number)])
        if number % 50 == 0:
            assert reader.tail()[0] == 2 * number + 2
    assert (tmp_path / "journal.db-wal").stat().st_size < 50 * MIB, "100 MiB were written"
    reader.close()
    journal.close()
    assert not (tmp_path / "journal.db-wal").exists()
    assert (verify(path).events, verify(path).fault) == (800, "")
