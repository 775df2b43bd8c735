"""Recordings become tapes: what is read, what is refused, what is mended; bounded in memory and never a wrong book."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import zstandard

from penstock.domain.errors import BadInput
from penstock.domain.time import SECOND, from_iso
from penstock.market.tapes.book_walk import walk
from penstock.market.tapes.faults import Policy
from penstock.market.tapes.kinds import KINDS
from penstock.market.tapes.schema import Table
from penstock.market.tapes.sources import open_tape
from penstock.market.tapes.store import cache_folder

LOBSTER = "AMZN_2012-06-21_34200000_57600000_message_1.csv"
ENVELOPE = {"depth": "btcusdt@depth@100ms", "bookTicker": "btcusdt@bookTicker", "trade": "btcusdt@trade"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "cache"))


def lines(*rows: str) -> bytes:
    return ("\n".join(rows) + "\n").encode()


def lobster(folder: Path, *rows: str) -> str:
    (folder / LOBSTER).write_bytes(lines(*rows))
    return f"lobster:{folder / LOBSTER}"


def bitstamp(folder: Path, *rows: str) -> str:
    header = "id,timestamp,exchange.timestamp,price,volume,action,direction"
    (folder / "orders.csv").write_bytes(lines(header, *rows))
    return f"bitstamp:{folder / 'orders.csv'}"


def diff(first: int, last: int, bids: list[list[str]], ns: int) -> str:
    data = {"e": "depthUpdate", "E": 1, "s": "BTCUSDT", "U": first, "u": last, "b": bids, "a": []}
    return f"{ns} {json.dumps({'stream': ENVELOPE['depth'], 'data': data})}"


def snapshot(last: int, ns: int) -> str:
    return f"{ns} {json.dumps({'lastUpdateId': last, 'bids': [['99', '1']], 'asks': [['101', '2']]})}"


def binance(folder: Path, *rows: str) -> str:
    (folder / "btc.jsonl").write_bytes(lines(*rows))
    return f"binance:{folder / 'btc.jsonl'}"


def taq(folder: Path, rows: list[tuple[float, float]]) -> str:
    path = folder / "ACME_20180102_quotes.parquet"
    pl.DataFrame(
        {
            "DT": [datetime(2018, 1, 2, 15, 0, k) for k in range(len(rows))],
            "EX": "N",
            "BID": [bid for bid, _ in rows],
            "BIDSIZ": 1,
            "OFR": [ask for _, ask in rows],
            "OFRSIZ": 2,
            "SYMBOL": "ACME",
        },
        schema_overrides={"BIDSIZ": pl.Int32, "OFRSIZ": pl.Int32},
    ).with_columns(pl.col("DT").cast(pl.Datetime("ns"))).write_parquet(path)
    return f"taq:{path}"


def minute(folder: Path, bars: list[tuple[int, float, float, float, float]], **columns: str) -> str:
    path = folder / "minute.parquet"
    frame = pl.DataFrame(
        {
            "symbol": "SPY",
            "ts_ct": [datetime(2015, 1, 5, 8, 30 + at) for at, *_ in bars],
            **{name: [bar[k] for bar in bars] for k, name in enumerate(("Open", "High", "Low", "Close"), 1)},
            "Volume": 100,
        }
    )
    frame.rename(columns).write_parquet(path)
    return f"minute:{path}"


GOOD = ("34200.1,1,11,100,2239500,-1", "34200.2,1,12,50,2238100,1", "34200.3,4,11,20,2239500,-1")

# what is written; the kind of fault, its row, words of the refusal; rows left by skip and by repair
BAD_FILES: list[tuple[str, Callable[[Path], str], str, int, str, int, int]] = [
    (
        "a negative size",
        lambda at: lobster(at, GOOD[0], "34200.2,1,12,-50,2238100,1", GOOD[2]),
        "negative",
        2,
        "row 2, lots: must not be negative (got '-50')",
        2,
        2,
    ),
    (
        "time that goes back",
        lambda at: lobster(at, GOOD[0], GOOD[2], GOOD[1]),
        "reordered",
        3,
        "row 3, ts: time must not go back",
        2,
        3,
    ),
    (
        "a line cut short",
        lambda at: lobster(at, *GOOD[:2], "34200.3,4,11,2"),
        "malformed",
        3,
        "row 3: must have 6 fields, not 4",
        2,
        2,
    ),
    (
        "a word for a number",
        lambda at: lobster(at, GOOD[0], "34200.2,1,12,fifty,2238100,1", GOOD[2]),
        "malformed",
        2,
        "row 2, size: must be a whole number",
        2,
        2,
    ),
    (
        "an unknown type",
        lambda at: lobster(at, GOOD[0], "34200.2,9,12,50,2238100,1", GOOD[2]),
        "malformed",
        2,
        "row 2, type: a type is one of 1..7",
        2,
        2,
    ),
    (
        "an order created twice",
        lambda at: bitstamp(at, *["7,1000,1000,236.5,100,created,bid"] * 2, "7,1000,1000,236.5,100,deleted,bid"),
        "duplicate",
        3,
        "row 3, id: an order is created once",
        2,
        2,
    ),
    (
        "an order deleted that never was",
        lambda at: bitstamp(at, "7,1000,1000,236.5,100,created,bid", "8,1001,1000,236.5,100,deleted,bid"),
        "unknown",
        3,
        "row 3, id: the order was never created",
        1,
        1,
    ),
    (
        "an order created after its deletion",
        lambda at: bitstamp(
            at,
            "7,1000,1000,236.5,100,created,bid",
            "7,1000,1000,236.5,100,deleted,bid",
            "7,1002,1000,236.5,9,created,bid",
        ),
        "reordered",
        4,
        "row 4, id: an order is created before it is deleted",
        2,
        2,
    ),
    (
        "an unknown action",
        lambda at: bitstamp(at, "7,1000,1000,236.5,100,created,bid", "8,1001,1000,236.5,100,moved,bid"),
        "malformed",
        3,
        "row 3, action: an event is created, changed or deleted",
        1,
        1,
    ),
    (
        "a missing update",
        lambda at: binance(at, snapshot(10, 1), diff(11, 11, [["98", "1"]], 2), diff(13, 13, [["97", "1"]], 3)),
        "gap",
        3,
        "row 3, u: this difference must follow id 11 (got '12')",
        6,
        6,
    ),
    (
        "an update twice",
        lambda at: binance(at, snapshot(10, 1), *[diff(11, 11, [["98", "1"]], 2)] * 2),
        "duplicate",
        3,
        "row 3, u: updates come once, in order",
        4,
        4,
    ),
    (
        "not JSON",
        lambda at: binance(at, snapshot(10, 1), diff(11, 11, [["98", "1"]], 2), '3 {"stream":'),
        "malformed",
        3,
        "row 3",
        4,
        4,
    ),
    (
        "a quantity that is no number",
        lambda at: binance(at, snapshot(10, 1), diff(11, 11, [["98", "1"], ["97", "x"]], 2)),
        "malformed",
        2,
        "row 2, quantity: must be a decimal number",
        4,
        4,
    ),
    (
        "a bid above its ask",
        lambda at: taq(at, [(10.0, 10.1), (10.3, 10.2), (10.0, 10.1)]),
        "crossed",
        2,
        "row 2, bid: one venue's own bid must not be above its ask",
        2,
        3,
    ),
    (
        "a price of nothing",
        lambda at: taq(at, [(10.0, 10.1), (0.0, 10.2)]),
        "zero",
        2,
        "row 2, bid: a price of 0 is no price",
        1,
        2,
    ),
    (
        "a bar whose high is below its close",
        lambda at: minute(at, [(0, 10.0, 10.2, 9.9, 10.1), (1, 10.0, 10.0, 9.9, 10.1)]),
        "bad bar",
        2,
        "row 2, high: high and low must hold open and close",
        1,
        1,
    ),
    (
        "a bar twice",
        lambda at: minute(at, [(0, 10.0, 10.2, 9.9, 10.1)] * 2),
        "duplicate",
        2,
        "row 2, ts: a bar is recorded once",
        1,
        1,
    ),
]


@pytest.mark.parametrize(("name", "write", "kind", "row", "words", "skipped", "repaired"), BAD_FILES)
def test_a_faulty_row_is_refused_left_out_or_mended(
    name: str,
    write: Callable[[Path], str],
    kind: str,
    row: int,
    words: str,
    skipped: int,
    repaired: int,
    tmp_path: Path,
) -> None:
    source = write(tmp_path)
    with pytest.raises(BadInput) as refused:
        open_tape(source, Policy.REFUSE)
    assert words in str(refused.value), name
    main = next(iter(open_tape(source, Policy.COUNT).rows))
    for policy, left in ((Policy.SKIP, skipped), (Policy.REPAIR, repaired)):
        tape = open_tape(source, policy)
        assert tape.rows[main] == left, (name, policy)
        assert [(each.kind, each.row) for each in tape.faults.examples] == [(kind, row)]
        for table in tape.rows:
            ts = tape.frame(table)["ts"]
            assert ts.is_sorted(), "whatever is kept is in the order of time"


def test_a_reordered_row_is_put_back_by_repair(tmp_path: Path) -> None:
    tape = open_tape(lobster(tmp_path, GOOD[0], GOOD[2], GOOD[1]), Policy.REPAIR)
    assert tape.frame(Table.ORDERS)["row"].to_list() == [1, 3, 2]


def test_a_crossed_quote_is_withdrawn_by_repair(tmp_path: Path) -> None:
    tape = open_tape(taq(tmp_path, [(10.0, 10.1), (10.3, 10.2)]), Policy.REPAIR)
    assert tape.frame(Table.QUOTES).select("bid", "bid_lots", "ask", "ask_lots").rows() == [
        (100000, 100, 101000, 200),
        (None, 0, None, 0),
    ]


@pytest.mark.parametrize("policy", [Policy.SKIP, Policy.REPAIR])
def test_a_file_that_is_cut_off_gives_what_came_before(policy: Policy, tmp_path: Path) -> None:
    rows = [f"{34200 + k / 1000:.3f},1,{k + 1},100,{2239500 + 100 * (k % 7)},-1" for k in range(20_000)]
    whole = zstandard.ZstdCompressor().compress(lines(*rows))
    path = tmp_path / (LOBSTER + ".zst")
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="the file is cut off before its end"):
        open_tape(f"lobster:{path}")
    tape = open_tape(f"lobster:{path}", policy)
    assert 0 < tape.rows[Table.ORDERS] < 20_000
    assert tape.faults.counts == {"truncated": 1}


@pytest.mark.parametrize("policy", Policy)
def test_another_version_of_a_format_is_refused_whatever_the_policy(policy: Policy, tmp_path: Path) -> None:
    source = minute(tmp_path, [(0, 10.0, 10.2, 9.9, 10.1)], Close="close_price")
    with pytest.raises(BadInput, match="Close: another version of the format"):
        open_tape(source, policy)
    (tmp_path / "orders.csv").write_bytes(b"id,time,price\n1,2,3\n")
    with pytest.raises(BadInput, match="another version of the format"):
        open_tape(f"bitstamp:{tmp_path / 'orders.csv'}", policy)


SOURCES = [
    ("lobstr:x", "SOURCE: lobstr: is not a known kind: did you mean lobster?"),
    ("x", "is written KIND:PATH, with KIND one of lobster, binance"),
    ("taq:/no/such/folder", "there is no such file or folder"),
    ("lobster:", "is written KIND:PATH"),
]


@pytest.mark.parametrize(("source", "words"), SOURCES)
def test_a_source_that_is_not_one_says_what_would_be(source: str, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        open_tape(source)
    assert words in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_folder_is_refused_by_every_kind(kind: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput):
        open_tape(f"{kind}:{tmp_path / 'empty'}", Policy.COUNT)


@pytest.mark.parametrize("policy", [Policy.SKIP, Policy.REPAIR])
@pytest.mark.parametrize("seed", range(6))
def test_the_book_of_a_torn_feed_is_exact_or_not_usable(seed: int, policy: Policy, tmp_path: Path) -> None:
    """Updates lost, doubled and swapped, and a snapshot now and then: the truth is told by the ids."""
    rng = random.Random(seed)
    changes = [[[str(rng.randint(90, 99)), str(rng.randint(0, 3))]] for _ in range(120)]
    truth: dict[int, dict[int, int]] = {10: {99: 1}}
    book = {99: 1}
    for k, bids in enumerate(changes):
        book = {**book, int(bids[0][0]): int(bids[0][1])}
        book = {price: lots for price, lots in book.items() if lots}
        truth[11 + k] = book
    sent = [(11 + k, bids) for k, bids in enumerate(changes) for _ in range(rng.choices((0, 1, 2), (1, 20, 1))[0])]
    for k in range(len(sent) - 1):
        if rng.random() < 0.03:
            sent[k], sent[k + 1] = sent[k + 1], sent[k]
    rows = [snapshot(10, 1)]
    for k, (last, bids) in enumerate(sent):
        rows.append(diff(last, last, bids, 2 + k))
        if k % 30 == 29:
            known = {"lastUpdateId": last, "bids": [[str(p), str(n)] for p, n in truth[last].items()], "asks": []}
            rows.append(f"{2 + k} {json.dumps(known)}")
    tape = open_tape(binance(tmp_path, *rows), policy)
    step = 10**8
    usable = torn = 0
    for message in walk(tape):
        if message.book.usable:
            usable += 1
            assert message.seq is not None
            bids_now = {ticks // step: lots // step for ticks, lots in message.book.levels[1].items()}
            assert bids_now == truth[message.seq]
        else:
            torn += 1
    assert usable > 10
    assert torn + usable > 60


def test_a_tape_is_read_once_and_lies_in_the_cache_not_in_the_data(tmp_path: Path) -> None:
    source = lobster(tmp_path, *GOOD)
    tape = open_tape(source)
    assert tape.folder.parent == cache_folder() / "tapes"
    assert sorted(each.name for each in tmp_path.iterdir()) == [LOBSTER, "cache"]
    stamp = (tape.folder / "tape.json").stat().st_mtime_ns
    (tmp_path / "moved").mkdir()
    (tmp_path / LOBSTER).rename(tmp_path / "moved" / LOBSTER)
    again = open_tape(f"lobster:{tmp_path / 'moved' / LOBSTER}")
    assert again.folder == tape.folder
    assert (again.folder / "tape.json").stat().st_mtime_ns == stamp
    lobster(tmp_path, *GOOD[:2])
    assert open_tape(source).folder != tape.folder


def test_without_a_place_for_a_cache_a_tape_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "a file"))
    assert open_tape(lobster(tmp_path, *GOOD)).frame(Table.ORDERS).height == 3


MEASURE = """
import resource, sys
from penstock.market.tapes.sources import open_tape
from penstock.market.tapes.schema import Table
tape = open_tape(sys.argv[1])
rows = sum(frame.height for frame in tape.pieces(Table.ORDERS))
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
LONG, SHORT = 1_200_000, 300_000
GROWTH_MAX_KB = 60_000  # the longer file's text and columns at once would be 110 MB more


def test_memory_is_bounded_whatever_the_length(tmp_path: Path) -> None:
    peaks = {}
    env = {**os.environ, "POLARS_MAX_THREADS": "1"}
    for rows in (SHORT, LONG):
        path = tmp_path / str(rows) / LOBSTER
        path.parent.mkdir()
        frame = pl.DataFrame({"k": pl.arange(rows, eager=True)}).select(
            (34200 + pl.col("k") / 100).alias("time"),
            pl.lit(1).alias("type"),
            pl.col("k") + 1,
            pl.lit(100).alias("size"),
            (2239500 + 100 * (pl.col("k") % 90)).alias("price"),
            pl.lit(-1).alias("direction"),
        )
        frame.write_csv(path, include_header=False)
        command = [sys.executable, "-c", MEASURE, f"lobster:{path}"]
        told = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
        read, peaks[rows] = map(int, told.stdout.split())
        assert read == rows
    assert peaks[LONG] - peaks[SHORT] < GROWTH_MAX_KB


# source, table, rows, and one fact of it
FOLDERS = [
    ("lobster:lobster/LOBSTER_SampleFile_AMZN_2012-06-21_5.zip", Table.ORDERS, 155_935),
    ("lobster:lobster/LOBSTER_SampleFile_AMZN_2012-06-21_5.zip", Table.TRADES, 11_419),
    ("lobster:lobster/AAPL_2012-06-21_34200000_37800000_message_50.csv.zst", Table.ORDERS, 91_997),
    ("binance:binance_l2/spot", Table.QUOTES, 28_040),
    ("bitstamp:bitstamp_l3", Table.ORDERS, 50_414 - 218),
    ("ticks:us_equity_ticks_2013", Table.QUOTES, 476_855 + 109_067 + 125_750),
    ("ticks:us_equity_ticks_2013", Table.TRADES, 88_172 + 24_293 + 33_381 + 250_601),
    ("taq:taq_2018", Table.QUOTES, 66_695),
    ("taq:taq_2018", Table.TRADES, 39_470),
    ("minute:minute_2015", Table.BARS, 166_619),
    ("lean:lean_minute/spy", Table.BARS, 15_663),
    ("daily:sp500_daily", Table.BARS, 143_776),
    ("funding:funding", Table.FUNDING, 48_004),
    ("wire:venue_wire", Table.TRADES, 173),
]


def located(source: str, data_dir: Path) -> str:
    kind, _, path = source.partition(":")
    return f"{kind}:{data_dir / path}"


@pytest.mark.parametrize(("source", "table", "rows"), FOLDERS)
def test_every_kind_of_recording_is_read_whole(
    source: str, table: Table, rows: int, data_dir: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(shared_cache))
    assert open_tape(located(source, data_dir), Policy.COUNT).rows[table] == rows


# source, table, when the first row is, its price in currency
FIRSTS = [
    ("lobster:lobster/LOBSTER_SampleFile_AMZN_2012-06-21_5.zip", Table.ORDERS, "2012-06-21T13:30:00.017Z", "223.82"),
    ("ticks:us_equity_ticks_2013/bac_20131007_trade.parquet", Table.TRADES, "2013-10-07T08:00:00.614Z", "13.94"),
    ("taq:taq_2018", Table.TRADES, "2018-01-02T10:01:21.479Z", "157.8"),
    ("minute:minute_2015", Table.BARS, "2014-11-19T14:30:00.000Z", "115.7202"),
    ("lean:lean_minute/spy", Table.BARS, "2013-10-04T08:00:00.000Z", None),
    ("daily:sp500_daily", Table.BARS, "2018-10-01T04:00:00.000Z", "71.26"),
    ("funding:funding", Table.FUNDING, "2021-01-01T04:00:00.000Z", None),
]


@pytest.mark.parametrize(("source", "table", "at", "price"), FIRSTS)
def test_times_are_utc_and_prices_are_on_the_grid_of_the_file(
    source: str, table: Table, at: str, price: str | None, data_dir: Path, shared_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("PENSTOCK_CACHE", str(shared_cache))
    tape = open_tape(located(source, data_dir), Policy.COUNT)
    first = next(tape.pieces(table)).sort("row", maintain_order=True).row(0, named=True)
    assert first["ts"] // 1_000_000 == from_iso(at) // 1_000_000
    if price is not None:
        ticks = first["close"] if table is Table.BARS else first["ticks"]
        assert ticks * tape.listings[first["listing"]].tick == Decimal(price)


def test_the_recorded_book_comes_back_from_the_tape_at_every_message(
    data_dir: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(shared_cache))
    path = data_dir / "lobster/LOBSTER_SampleFile_AMZN_2012-06-21_5.zip"
    tape = open_tape(f"lobster:{path}", Policy.COUNT)
    quotes = tape.frame(Table.QUOTES)
    touches = {}
    for message in walk(tape):
        touches[message.ts] = message.book.touch()
    for ts, *quoted in quotes.group_by("ts").last().select("ts", "bid", "bid_lots", "ask", "ask_lots").iter_rows():
        assert touches[ts] == tuple(quoted)


def test_the_checksums_of_kraken_and_okx_agree_at_every_message(
    data_dir: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(shared_cache))
    tape = open_tape(f"wire:{data_dir / 'venue_wire'}", Policy.COUNT)
    assert tape.faults.counts == {}
    assert "KRAKEN.ws.50.0.zst: 4269 of 4269 book checksums agree" in tape.manifest.notes
    assert "OKX.ws.1.0.zst: 290 of 290 book checksums agree" in tape.manifest.notes


def test_a_wrong_checksum_makes_the_book_unusable(tmp_path: Path) -> None:
    book = {"bids": [["99", "1", "0", "1"]], "asks": [["101", "2", "0", "1"]], "ts": "1652459225000", "checksum": 5}
    message = {"arg": {"channel": "books", "instId": "BTC-USDT"}, "action": "snapshot", "data": [book]}
    (tmp_path / "OKX.ws.1.0").write_bytes(lines(f"1652459225.5: {json.dumps(message)}"))
    with pytest.raises(BadInput, match="checksum: the book's must be 5"):
        open_tape(f"wire:{tmp_path}")
    tape = open_tape(f"wire:{tmp_path}", Policy.SKIP)
    assert [message.book.usable for message in walk(tape)] == [True, False]


TORN = [
    ("lobster", "lobster/LOBSTER_SampleFile_AMZN_2012-06-21_5.zip", "must be a whole zip archive"),
    ("binance", "binance_l2/spot/btcusdt_20240808.jsonl.zst", "the file is cut off before its end"),
    ("bitstamp", "bitstamp_l3/orders.csv.xz", "the order was never created"),
    ("ticks", "us_equity_ticks_2013/ibm_20131007_trade.parquet", "must be a whole Parquet file"),
    ("taq", "taq_2018/XX" + "X_20180102_trades.parquet", "must be a whole Parquet file"),
    ("minute", "minute_2015/minute_A.parquet", "must be a whole Parquet file"),
    ("lean", "lean_minute/ibm/20131007_trade.zip", "must be a whole zip archive"),
    ("wire", "venue_wire/OKX.ws.1.0.zst", "the file is cut off before its end"),
]


@pytest.mark.parametrize(("kind", "path", "words"), TORN)
def test_half_of_a_recording_is_refused_and_what_can_be_told_is_kept(
    kind: str, path: str, words: str, data_dir: Path, tmp_path: Path
) -> None:
    whole = (data_dir / path).read_bytes()
    half = tmp_path / Path(path).name
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match=words):
        open_tape(f"{kind}:{half}")
    if half.suffix in (".zst", ".xz"):
        tape = open_tape(f"{kind}:{half}", Policy.COUNT)
        assert tape.faults.counts["truncated"] == 1
        assert sum(tape.rows.values()) > 1000


def test_funding_of_all_venues_is_on_one_clock(
    data_dir: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(shared_cache))
    tape = open_tape(f"funding:{data_dir / 'funding'}", Policy.COUNT)
    rates = tape.frame(Table.FUNDING)
    hours = {}
    for number, listing in enumerate(tape.listings):
        own = rates.filter(pl.col("listing") == number)["ts"] // (3600 * SECOND) % 24
        usual = own.value_counts(sort=True).head(24).filter(pl.col("count") > 100)["ts"]
        hours.setdefault(listing.venue, set()).update(usual.to_list())
    assert hours == {
        **{venue: {0, 8, 16} for venue in ("binance", "bybit", "htx", "mexc", "gate")},
        "kucoin": {4, 12, 20},
        "dydx": set(range(24)),
    }
