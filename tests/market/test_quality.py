"""The known defects of every recorded market are found, and the measures behind the scores count what they say."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from penstock.domain.sessions import SessionTimes
from penstock.domain.time import SECOND
from penstock.market.quality.assess import QualityReport, assess
from penstock.market.quality.consolidated import Consolidator
from penstock.market.quality.delays import Delays
from penstock.market.quality.gaps import Freshness, OpenTime
from penstock.market.quality.sequences import Sequence
from penstock.market.quality.sheet import Sheet
from penstock.market.tapes.faults import Policy
from penstock.market.tapes.sources import open_tape


@pytest.fixture(scope="module")
def reports(data_dir: Path, shared_cache: Path) -> dict[str, QualityReport]:
    """Every folder assessed once, by its kind."""
    folders = {
        "lobster": "lobster/LOBSTER_SampleFile_AMZN_2012-06-21_5.zip",
        "binance": "binance_l2/spot",
        "bitstamp": "bitstamp_l3",
        "ticks": "us_equity_ticks_2013",
        "taq": "taq_2018",
        "minute": "minute_2015",
        "lean": "lean_minute",
        "daily": "sp500_daily",
        "funding": "funding",
        "wire": "venue_wire",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENSTOCK_CACHE", str(shared_cache))
        return {kind: assess(open_tape(f"{kind}:{data_dir / path}", Policy.COUNT)) for kind, path in folders.items()}


# kind, words of a finding, and the scores that show it: dimension, least, most
KNOWN_DEFECTS = [
    ("lobster", "the book is never crossed or locked in 153,491 messages", "consistency", 100, 100),
    ("lobster", "", "reliability", 100, 100),
    ("binance", r"clock is about 1\.27\d s behind the sender's", "timeliness", 0, 0),
    ("binance", "trades are numbered without a gap", "completeness", 100, 100),
    ("binance", r"the book's touch is the quoted one \(100", "consistency", 100, 100),
    ("bitstamp", "5 rows out of order", "reliability", 99.9, 99.99),
    ("bitstamp", "22 rows that came twice", "reliability", 99.9, 99.99),
    ("bitstamp", "191 events on orders that were never announced", "completeness", 99, 99.9),
    ("bitstamp", r"768 \(1\.5 %\) leave the book crossed", "consistency", 95, 99),
    (
        "ticks",
        r"BAC: .* crossed after 100\.0 % .* crossed after 0\.05 % and for 0\.01 % of the time",
        "consistency",
        0,
        1,
    ),
    ("ticks", r"IBM: .* crossed after 99\.69 %", "consistency", 0, 1),
    ("taq", r"is crossed after 57\.0 % of the quotes", "consistency", 20, 40),
    ("taq", "72 prices or sizes of zero", "accuracy", 99.9, 99.99),
    ("minute", r"QQQ [\d,]+ \(9 whole days\)", "completeness", 96, 97),
    ("minute", "half days in it: 2014-11-28, 2014-12-24", "reliability", 100, 100),
    ("minute", "beyond open and close: AAPL 1, SPY 1", "accuracy", 99.99, 99.99),
    ("lean", "IBM 2", "completeness", 99.9, 99.999),
    ("daily", "SCG is mispriced: 315 bars below a cent, 310 without volume, 47 with a negative", "accuracy", 99, 99.9),
    ("daily", "10 of 464 series lack bars", "completeness", 98, 99),
    ("funding", r"binance shows 03/11/19 h: its times are UTC\+3", "consistency", 99.9, 99.99),
    ("funding", r"kucoin shows 07/15/23 h: its times are UTC\+3", "consistency", 99.9, 99.99),
    ("funding", "gate shows 00/08/16 h: its times are UTC", "consistency", 99.9, 99.99),
    ("funding", "on htx: 7 settlements of its schedule are missing, 6 are at other hours", "completeness", 99, 99.9),
    ("funding", "on gate: 93 settlements of its schedule are missing", "completeness", 99, 99.9),
    ("wire", "the two clocks differ", "reliability", 100, 100),
]


@pytest.mark.parametrize(("kind", "words", "dimension", "least", "most"), KNOWN_DEFECTS)
def test_known_defects_are_found(
    kind: str, words: str, dimension: str, least: float, most: float, reports: dict[str, QualityReport]
) -> None:
    report = reports[kind]
    assert any(re.search(words, finding.text) for finding in report.findings), [each.text for each in report.findings]
    score = report.score(dimension)
    assert score is not None
    assert least <= score <= most


def test_scores_are_in_range_and_follow_from_the_counts_beside_them(reports: dict[str, QualityReport]) -> None:
    for report in reports.values():
        for each in report.dimensions:
            assert each.score is None or 0 <= each.score <= 100
            if each.name == "accuracy" and each.score is not None:
                assert each.score == pytest.approx(100 * (1 - each.counts["wrong"] / each.counts["present"]), abs=0.01)


def test_each_exchange_has_a_line(reports: dict[str, QualityReport]) -> None:
    assert {each.venue for each in reports["taq"].venues} == set("ABDJKMNPTVXYZ")
    assert sum(each.quotes for each in reports["taq"].venues) == 66_695
    assert sum(each.trades for each in reports["ticks"].venues) == 396_447


def quotes(*rows: tuple[int, int, int | None, int | None]) -> pl.DataFrame:
    """Rows of (ts, venue, bid, ask); None is not told."""
    ts, venue, bid, ask = zip(*rows, strict=True)
    frame = pl.DataFrame(
        {"ts": ts, "venue": venue, "bid": bid, "ask": ask}, schema_overrides={"bid": pl.Int64, "ask": pl.Int64}
    )
    return frame.with_columns(
        bid_lots=pl.when(pl.col("bid").is_not_null()).then(1), ask_lots=pl.when(pl.col("ask").is_not_null()).then(1)
    )


CROSSINGS = [
    ("one exchange", [(0, 0, 10, 12)], [False], [False]),
    ("two that cross", [(0, 0, 10, 12), (1, 1, 13, 14)], [False, True], [False, True]),
    ("two that lock are not crossed", [(0, 0, 10, 12), (1, 1, 12, 14)], [False, False], [False, False]),
    ("a stale side does not count when cleaned", [(0, 0, 10, 12), (2 * SECOND, 1, 13, 14)], [False, True], [False] * 2),
    ("an own older ask is withdrawn when cleaned", [(0, 0, 10, 12), (1, 0, 13, None), (2, 1, 9, 14)],
     [False, True, True], [False, False, False]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rows", "naive", "cleaned"), CROSSINGS)
def test_the_best_of_all_exchanges(
    name: str, rows: list[tuple[int, int, int | None, int | None]], naive: list[bool], cleaned: list[bool]
) -> None:
    as_quoted, clean = Consolidator(2).add(quotes(*rows))
    assert as_quoted.crossed.tolist() == naive, name
    assert clean.crossed.tolist() == cleaned, name


@pytest.mark.parametrize("cut", range(1, 40, 7))
def test_the_best_does_not_depend_on_where_the_pieces_are_cut(cut: int) -> None:
    rng = np.random.default_rng(4)
    rows: list[tuple[int, int, int | None, int | None]] = []
    for k in range(40):
        bid, ask = int(rng.integers(90, 99)), int(rng.integers(96, 105))
        buys = rng.random() < 0.5
        rows.append((k * 300_000_000, int(rng.integers(3)), bid if buys else None, None if buys else ask))
    frame = quotes(*rows)
    whole = Consolidator(3).add(frame)
    pieces = Consolidator(3)
    first, second = pieces.add(frame[:cut]), pieces.add(frame[cut:])
    for kind in (0, 1):
        for column in (0, 1, 2):
            assert np.concatenate([first[kind][column], second[kind][column]]).tolist() == whole[kind][column].tolist()


def test_time_is_stale_only_while_the_market_is_open() -> None:
    clock = OpenTime([SessionTimes(0, 10 * SECOND), SessionTimes(100 * SECOND, 110 * SECOND)])
    fresh = Freshness(clock, SECOND)
    fresh.add(np.array([0, 5, 9]) * SECOND)
    fresh.add(np.array([102]) * SECOND)
    assert (fresh.open_ns, fresh.gaps) == (12 * SECOND, 3)
    assert fresh.stale_ns == (4 + 3 + 2) * SECOND
    assert fresh.longest_ns == 5 * SECOND


def test_numbers_that_skip_repeat_and_go_back_are_counted() -> None:
    numbers = Sequence()
    numbers.add(np.array([1, 2, 5]))
    numbers.add(np.array([5, 4, 6]))
    assert (numbers.skipped, numbers.repeated, numbers.back) == (2 + 1, 1, 1)


def test_a_clock_behind_makes_messages_early() -> None:
    delays = Delays()
    sent = np.arange(1000) * SECOND
    delays.add(sent - 1_270_000_000, sent)
    assert (delays.early, delays.least_ns) == (1000, -1_270_000_000)
    corrected = Delays(1_270_000_000)
    corrected.add(sent + 5_000_000, sent)
    assert corrected.early == 1000
    assert corrected.quantile_ns(0.5) == pytest.approx(5_000_000, rel=0.07)


def test_nothing_compared_has_no_score_and_a_score_is_rounded_down() -> None:
    sheet = Sheet()
    assert [each.score for each in sheet.dimensions()] == [None] * 5
    sheet.present = 1_000_000
    sheet.wrong["negative"] = 1
    assert next(each.score for each in sheet.dimensions() if each.name == "accuracy") == 99.99
