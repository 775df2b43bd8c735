"""`penstock tca` and `penstock report` as a user runs them: a folder of files out, one line for what is wrong."""

import json
from pathlib import Path

import polars as pl
import pytest
from journal_events import a_plausible_session
from typer.testing import CliRunner

from penstock.app.cli import app
from penstock.domain.errors import BadInput
from penstock.journal import SqliteJournal, open_journal
from penstock.tca.schema import validate

FILLS = """Exec ID,Order ID,Ticker,Side,Transact Time,Last Px,Last Qty,Last Mkt,Algo
1,A,ACME,Buy,2025-08-18 14:00:10,10.02,100,XA,twap
2,A,ACME,Buy,2025-08-18 14:00:40,10.03,100,XB,twap
3,B,ACME,Sell,2025-08-18 14:00:50,10.01,50,XA,vwap
4,B,ACME,Purchase,2025-08-18 14:00:55,10.01,50,XA,vwap
"""
TAPE = "time,best bid,best ask\n" + "".join(
    f"2025-08-18 14:00:{second:02d},{10 + second / 10000:.4f},{10.02 + second / 10000:.4f}\n" for second in range(60)
)
WRITTEN = {
    "tca.html", "tca.json", "tca.txt", "orders.csv", "orders.parquet", "fills.csv", "fills.parquet", "exclusions.csv",
    "tca.png", "tca.pdf",
}  # fmt: skip


def run(*words: object) -> str:
    """Standard output of a command that must end well."""
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that traded two orders."""
    folder = tmp_path_factory.mktemp("run")
    journal = SqliteJournal(folder / "journal.db", durability="process")
    journal.append(a_plausible_session(2, seconds=600, slices=10).events)
    journal.close()
    return folder


def analyse(folder: Path, out: str) -> str:
    (folder / "fills.csv").write_text(FILLS)
    (folder / "tape.csv").write_text(TAPE)
    return run("tca", "--fills", folder / "fills.csv", "--market", folder / "tape.csv", "--out", folder / out)


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of files and its `one`, which the analysis wrote; and what it said."""
    folder = tmp_path_factory.mktemp("files")
    return folder, analyse(folder, "one")


def test_fills_made_elsewhere_are_analysed(analysed: tuple[Path, str]) -> None:
    folder, told = analysed
    out = folder / "one"
    assert "2 orders in ACME" in told
    assert "1 × the side is no word for buy or sell" in told
    assert {path.name for path in out.iterdir()} == WRITTEN | {"ExecutionReport.json"}
    promised = json.loads((out / "ExecutionReport.json").read_text())
    validate(promised)
    assert len(promised["fills"]) == 3
    left = pl.read_csv(out / "exclusions.csv")
    assert left.select("rule", "row", "value").rows() == [("wrong_side", "line 5", "Purchase")]
    assert (out / "tca.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "tca.pdf").read_bytes().startswith(b"%PDF")
    assert pl.read_parquet(out / "orders.parquet")["exact_total"].null_count() == 0


def test_the_same_files_give_the_same_bytes(analysed: tuple[Path, str]) -> None:
    folder, _ = analysed
    analyse(folder, "two")
    for name in sorted(WRITTEN):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes(), name


def test_a_run_is_analysed_beside_its_journal_and_kept_there(ran: Path) -> None:
    told = run("tca", ran)
    assert "2 orders in ACME" in told
    assert {path.name for path in (ran / "tca").iterdir()} >= WRITTEN
    daily = run("report", "daily", "--date", "2025-08-16", "--store", ran)
    assert "Executions of 2025-08-16" in daily
    assert "implementation_shortfall_bps" in daily
    run("report", "daily", "--date", "2025-08-16", "--store", ran, "--out", ran / "daily")
    assert (ran / "daily" / "tca.html").is_file()
    assert "2025-08-16" in run("report", "trend", "--store", ran, "--out", ran / "trend")
    assert json.loads((ran / "trend" / "trend.json").read_text())["days"][0]["orders"] == 2


def test_report_of_a_folder_is_still_the_runs_own(ran: Path) -> None:
    for words in (("report", ran), ("report", "session", ran)):
        (ran / "report.html").unlink(missing_ok=True)
        run(*words)
        validate(json.loads((ran / "ExecutionReport.json").read_text()))
        assert (ran / "report.html").is_file()


def test_one_order_has_a_report_of_its_own(ran: Path) -> None:
    run("report", "order", ran, "P001")
    report = json.loads((ran / "tca" / "P001" / "tca.json").read_text())
    assert report["totals"]["orders"] == 1


WRONG = [
    (["tca"], "give either a run's folder or --fills"),
    (["tca", "--fills", "none.csv", "--out", "out"], "none.csv: there is no such file"),
    (["tca", "--fills", "fills.csv"], "--out: is needed"),
    (["tca", "--fills", "fills.csv", "--out", "out"], "--market: is needed"),
    (["tca", "--fills", "fills.csv", "--market", "tape.csv", "--out", "out", "--horizons", "1,soon"], "--horizons"),
    (["tca", "--fills", "fills.csv", "--market", "fills.csv", "--out", "out"], "needs a time with bid and ask"),
    (["report", "daily", "--date", "soon", "--store", "."], "must be a day"),
    (["report", "trend", "--store", "none.db"], "there is no store of analyses here"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_what_is_wrong_is_said_in_one_line(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fills.csv").write_text(FILLS)
    Path("tape.csv").write_text(TAPE)
    with pytest.raises(BadInput) as refused:
        CliRunner().invoke(app, words, catch_exceptions=False)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not Path("out").exists()


@pytest.mark.parametrize("words", [["tca"], ["report"], ["report", "order"], ["report", "daily"], ["report", "trend"]])
def test_help_has_examples(words: list[str]) -> None:
    assert "penstock" in run(*words, "--help")


def test_a_journal_in_a_database_is_analysed_and_kept_there(database: str, tmp_path: Path) -> None:
    journal = open_journal(database, durability="process")
    journal.append(a_plausible_session(2, seconds=300, slices=6).events)
    journal.close()
    run("tca", database, "--out", tmp_path / "out")
    assert json.loads((tmp_path / "out" / "tca.json").read_text())["totals"]["orders"] == 2
    assert "Executions of 2025-08-16" in run("report", "daily", "--date", "2025-08-16", "--store", database)
    with pytest.raises(BadInput, match="--out: is needed"):
        run("tca", database)
