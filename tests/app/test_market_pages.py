"""`penstock market quality` and `inspect` as a user runs them: tables, JSON, pages and pictures of small recordings."""

import json
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from penstock.app.cli import app
from penstock.domain.errors import BadInput

NAME = "ACME_2012-06-21_34200000_57600000_message_1.csv"
PAGE_BYTES_MAX = 2_000_000


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def recording(tmp_path: Path) -> str:
    """Half an hour of a book whose touch moves, with a print every other second."""
    messages, rows = [], []
    for k in range(1800):
        middle = 1_000_000 + 100 * ((k * 7919) % 23)
        kind = 4 if k % 2 else 1
        messages.append(f"{34200 + k}.5,{kind},{k // 2 + 1},{1 + k % 300},{middle + 100},{-1 if k % 3 else 1}")
        rows.append(f"{middle + 100},{100 + k % 50},{middle - 100},{200 - k % 70}")
    (tmp_path / NAME).write_text("\n".join(messages) + "\n")
    (tmp_path / NAME.replace("_message_", "_orderbook_")).write_text("\n".join(rows) + "\n")
    return f"lobster:{tmp_path}"


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["market", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def check_page(path: Path) -> str:
    page = path.read_text(encoding="utf-8")
    assert len(page.encode()) < PAGE_BYTES_MAX
    for outside in ("http://", "https://", "src=", "@import"):
        assert outside not in page, "the page must hold all that it shows"
    return page


def test_quality_tells_scores_findings_and_counts(recording: str, tmp_path: Path) -> None:
    out = tmp_path / "pages" / "quality.html"
    told = run("quality", recording, "--out", str(out))
    for words in ("completeness", "accuracy", "timeliness", "consistency", "reliability", "the book is never crossed"):
        assert words in told
    page = check_page(out)
    assert "Rows over time" in page
    assert "100 × (1 − wrong / present)" in page


def test_quality_as_json_holds_the_counts(recording: str) -> None:
    (report,) = json.loads(run("quality", recording, "--json"))
    rows = report["rows"]
    assert (rows["orders"], rows["trades"], rows["quotes"]) == (1800, 900, 1800)
    accuracy = next(each for each in report["dimensions"] if each["name"] == "accuracy")
    assert accuracy["counts"] == {"wrong": 0, "present": sum(rows.values())}


def test_a_limit_of_staleness_can_be_asked_for(recording: str) -> None:
    def timeliness(*options: str) -> float:
        (report,) = json.loads(run("quality", recording, "--json", *options))
        return next(each["score"] for each in report["dimensions"] if each["name"] == "timeliness")

    assert timeliness("--stale", "2") == 100
    assert timeliness("--stale", "0.5") == pytest.approx(50)


def test_inspect_draws_a_page_and_a_picture(recording: str, tmp_path: Path) -> None:
    page, picture = tmp_path / "acme.html", tmp_path / "acme.png"
    told = run("inspect", recording, "--out", str(page), "--png", str(picture))
    for words in ("ACME@nasdaq", "quoted spread", "effective spread", "price", "volume"):
        assert words in told
    text = check_page(page)
    for title in ("Price", "The book", "Spread", "Volume", "Trade sizes", "Time between trades", "Indicators"):
        assert f"<h3>{title}</h3>" in text
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_spread_shown_is_the_one_recorded(recording: str) -> None:
    told = run("inspect", recording)
    line = next(line for line in told.splitlines() if line.startswith("quoted spread"))
    assert float(line.split()[2]) == pytest.approx(200 / 1_001_100 * 1e4, rel=0.01)


def test_a_faulty_row_stops_inspection_unless_a_policy_is_given(tmp_path: Path) -> None:
    good = [
        f"{34200 + k}.5,1,{k + 1},10,{1_000_000 + (-100 if k % 2 else 100)},{1 if k % 2 else -1}" for k in range(60)
    ]
    good[7] = good[7].replace(",10,", ",-10,")
    (tmp_path / NAME).write_text("\n".join(good) + "\n")
    source = f"lobster:{tmp_path / NAME}"
    with pytest.raises(BadInput, match=r"row 8, lots: must not be negative; --policy repair or skip reads on"):
        run("inspect", source)
    assert "1 negative rows: skip" in run("inspect", source, "--policy", "skip")


def test_the_listing_is_chosen_by_name(tmp_path: Path) -> None:
    times = [datetime(2022, 1, 1, hour) for hour in (3, 11, 19)]
    frame = pl.DataFrame({"Symbol": "BTC-USDT", "Date": times, "Funding Rate": [1e-4, 2e-4, 3e-4]})
    both = pl.concat([frame.with_columns(venue=pl.lit(venue)) for venue in ("binance", "bybit")])
    both.write_parquet(tmp_path / "funding.parquet")
    source = f"funding:{tmp_path / 'funding.parquet'}"
    assert "BTC-USDT@bybit" in run("inspect", source, "--listing", "btc-usdt@bybit")
    with pytest.raises(BadInput, match="is on several venues: say SYMBOL@VENUE"):
        run("inspect", source, "--listing", "BTC-USDT")
    with pytest.raises(BadInput, match="is one of BTC-USDT@binance, BTC-USDT@bybit"):
        run("inspect", source, "--listing", "ETH")


def test_an_unknown_kind_says_which_are_known() -> None:
    with pytest.raises(BadInput, match="did you mean taq"):
        run("quality", "tag:x")
