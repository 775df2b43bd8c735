"""Binance recordings: small ones written by hand, broken ones, and the three real ones."""

import contextlib
import json
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.domain.errors import BadInput
from penstock.domain.instrument import AssetClass
from penstock.market.binance import load
from penstock.market.binance_check import check_book
from penstock.market.decimal_grid import grid_of
from penstock.market.depth_tape import KIND, LAST, LOTS, TICKS, TS

BEHIND_NS = 2_000_000_000  # the receiver's clock is two seconds behind
DELAYS_NS = (7_000_000, 3_000_000, 9_000_000)  # one-way, repeating


class Recorder:
    """Writes raw lines 10 ms apart."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, stream: str, data: dict) -> "Recorder":
        sent_ms = 1_700_000_000_000 + 10 * len(self.lines)
        received = sent_ms * 1_000_000 - BEHIND_NS + DELAYS_NS[len(self.lines) % len(DELAYS_NS)]
        body = {"stream": stream, "data": {"E": sent_ms, **data}} if stream else data
        self.lines.append(f"{received} {json.dumps(body)}")
        return self

    def diff(self, first: int, last: int, bids=(), asks=(), **more) -> "Recorder":
        return self.add("x@depth@100ms", {"s": "BTCUSDT", "U": first, "u": last, "b": bids, "a": asks, **more})

    def ticker(self, last: int, bid: str, bid_qty: str, ask: str, ask_qty: str, **more) -> "Recorder":
        touch = {"b": bid, "B": bid_qty, "a": ask, "A": ask_qty}
        return self.add("x@bookTicker", {"s": "BTCUSDT", "u": last, **touch, **more})

    def trade(self, number: int, price: str, quantity: str, buyer_is_maker: bool) -> "Recorder":
        trade = {"s": "BTCUSDT", "t": number, "p": price, "q": quantity, "m": buyer_is_maker}
        return self.add("x@trade", trade)

    def snapshot(self, last: int, bids, asks) -> "Recorder":
        return self.add("", {"lastUpdateId": last, "bids": bids, "asks": asks})

    def write(self, folder: Path, name: str = "feed.jsonl") -> Path:
        path = folder / name
        path.write_text("".join(line + "\n" for line in self.lines))
        return path


def small() -> Recorder:
    """Spot: two updates before the snapshot (one too old), then a trade, its update, and a ticker."""
    return (
        Recorder()
        .diff(1, 10, bids=[["99.50", "9"]])
        .diff(11, 22, asks=[["101.00", "4.5"]])
        .snapshot(20, [["100.00", "2"], ["99.50", "1"]], [["101.00", "3"], ["102.00", "6"]])
        .trade(7, "100.00", "0.5", True)
        .diff(23, 25, bids=[["100.00", "1.5"]])
        .ticker(26, "100.25", "1", "101.00", "4.5")
    )


def rows_of(path: Path) -> list[tuple[int, int, int]]:
    """(kind without LAST, ticks, lots) of every row."""
    return [(int(row[KIND]) & ~LAST, int(row[TICKS]), int(row[LOTS])) for row in load(path).rows]


LEVEL_BID, LEVEL_ASK, TOUCH_BID, TOUCH_ASK, PRINT_BID, PRINT_ASK = range(6)


def test_a_small_recording_becomes_a_tape(tmp_path):
    path = small().write(tmp_path)
    tape = load(path)
    assert (tape.venue, tape.instrument.symbol) == ("binance-spot", "BTCUSDT")
    assert (tape.instrument.tick_size, tape.instrument.lot_size) == (Decimal("0.01"), Decimal("0.1"))
    assert tape.opening == 5
    assert tape.messages() == 5
    assert tape.findings == ()
    assert rows_of(path) == [
        (LEVEL_BID, 10000, 20),
        (LEVEL_BID, 9950, 10),
        (LEVEL_ASK, 10100, 30),
        (LEVEL_ASK, 10200, 60),
        (LEVEL_ASK, 10100, 45),
        (PRINT_BID, 10000, 5),
        (LEVEL_BID, 10000, 15),
        (TOUCH_BID, 10025, 10),
        (TOUCH_ASK, 10100, 45),
    ]


def test_the_clock_is_corrected_so_that_the_fastest_message_took_no_time(tmp_path):
    tape = load(small().write(tmp_path))
    assert tape.offset_ns == BEHIND_NS - min(DELAYS_NS)
    start = 1_700_000_000_000_000_000
    assert tape.start_ns == start + 20_000_000 + 6_000_000  # the snapshot's line, 9 ms under way instead of 3
    assert tape.end_ns == start + 50_000_000 + 6_000_000
    assert tape.rows[: tape.opening, TS].tolist() == [tape.start_ns] * 5
    assert (tape.rows[1:, TS] >= tape.rows[:-1, TS]).all()


def test_an_update_older_than_the_ticker_leaves_its_touch_alone(tmp_path):
    recorder = small().diff(26, 26, bids=[["100.25", "7"], ["99.00", "3"]], asks=[["101.00", "1"]])
    recorder.ticker(30, "100.00", "2", "101.00", "4.5")
    recorder.diff(27, 28, bids=[["100.25", "8"], ["100.00", "5"], ["99.00", "4"]], asks=[["101.50", "1"]])
    path = recorder.write(tmp_path)
    assert rows_of(path)[-7:] == [
        (LEVEL_BID, 10025, 70),
        (LEVEL_BID, 9900, 30),
        (LEVEL_ASK, 10100, 10),
        (TOUCH_BID, 10000, 20),
        (TOUCH_ASK, 10100, 45),
        (LEVEL_BID, 9900, 40),
        (LEVEL_ASK, 10150, 10),
    ]
    assert load(path).findings == ("1 depth updates were older than a bookTicker and leave its touch alone",)


def test_a_ticker_older_than_the_book_is_left_out(tmp_path):
    tape = load(small().ticker(24, "100.00", "9", "101.00", "9").write(tmp_path))
    assert tape.messages() == 5
    assert tape.findings == ("1 bookTickers were older than the book and are left out",)


def test_missing_trades_are_a_finding_that_names_the_line(tmp_path):
    tape = load(small().trade(8, "101.00", "1", False).trade(11, "101.00", "1", False).write(tmp_path))
    assert tape.findings == ("line 8: 2 trades are missing before this one",)


def test_the_grid_is_the_coarsest_that_holds_every_number():
    grid = grid_of({"61800.2000": 1, "7": 1, "0.05": 1})
    assert grid.step == Decimal("0.01")
    assert grid.units == {"61800.2000": 6180020, "7": 700, "0.05": 5}
    assert grid_of({"100": 3, "2000": 1}).step == 1


def test_a_rare_quantity_finer_than_the_lot_is_rounded_down():
    counts = {"0.10": 2000, "0.105": 1}
    assert grid_of(counts, strays_max=0.001) == (Decimal("0.1"), {"0.10": 1, "0.105": 1}, 1)
    assert grid_of(counts).step == Decimal("0.001")


@pytest.mark.parametrize("name", ["feed.jsonl.zst", "feed.jsonl"])
def test_a_folder_with_one_recording_is_as_good_as_the_file(tmp_path, name):
    plain = small().write(tmp_path, "plain")
    content = plain.read_bytes()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / name).write_bytes(zstandard.compress(content) if name.endswith("zst") else content)
    (folder / "notes.txt").write_text("not a recording")
    assert load(folder).messages() == 5


def futures(symbol: str, **more) -> Recorder:
    recorder = Recorder().snapshot(20, [["100.0", "2"]], [["101.0", "3"]])
    for first, last, previous in ((5, 12, 3), (14, 21, 12), (23, 25, 21)):
        recorder.diff(first, last, bids=[["100.0", str(last)]], **{"pu": previous, "s": symbol, **more})
    return recorder


def test_futures_follow_the_previous_update_s_id(tmp_path):
    tape = load(futures("BTCUSDT").write(tmp_path))
    assert (tape.venue, tape.instrument.symbol) == ("binance-usdm", "BTCUSDT-PERP")
    assert not tape.instrument.inverse
    assert tape.messages() == 3  # the snapshot, and two of three updates


def test_a_coin_margined_contract_is_inverse_and_worth_100_dollars(tmp_path):
    tape = load(futures("BTCUSD_PERP", ps="BTCUSD").write(tmp_path))
    assert (tape.venue, tape.instrument.symbol) == ("binance-coinm", "BTCUSD-PERP")
    assert tape.instrument.inverse
    assert tape.instrument.multiplier == 100


def no_snapshot() -> Recorder:
    return Recorder().diff(1, 2, bids=[["1", "1"]])


def with_line(line: str) -> Recorder:
    recorder = small()
    recorder.lines.append(line)
    return recorder


LATE = 1_800_000_000_000_000_000

BROKEN = {
    "not json": (with_line(f"{LATE} hello"), "line 7: JSON is malformed"),
    "cut line": (with_line(f'{LATE} {{"stream":"x@trade","da'), "line 7: Input data was truncated"),
    "no time": (with_line('{"stream":"x@trade"}'), "line 7: a line is `<receive time in ns> <json>`"),
    "blank line": (with_line(""), "line 7: a line is `<receive time in ns> <json>`"),
    "time backwards": (with_line(small().lines[3]), "line 7: the receive time goes backwards"),
    "far future": (with_line("9" * 19 + " {}"), "line 7: the receive time is in nanoseconds since 1970"),
    "no time at all": (with_line("9" * 40 + " {}"), "line 7: a line is `<receive time in ns> <json>`"),
    "sent in the far future": (
        small().add("x@trade", {"s": "BTCUSDT", "E": 10**17, "t": 8, "p": "1", "q": "1", "m": True}),
        "line 7: Expected `int` <=",
    ),
    "unknown stream": (with_line(f'{LATE} {{"stream":"x@kline","data":{{}}}}'), "line 7: unknown stream 'x@kline'"),
    "missing key": (with_line(f'{LATE} {{"stream":"x@trade","data":{{}}}}'), "line 7: Object missing required field"),
    "price": (small().trade(8, "1e5", "1", True), "line 7: a price is a plain decimal number (got '1e5')"),
    "negative": (small().trade(8, "100", "-1", True), "line 7: a quantity is a plain decimal number (got '-1')"),
    "too long": (small().trade(8, "100000000000000.00001", "1", True), "price: must be at most"),
    "two markets": (
        small()
        .trade(8, "1", "1", True)
        .add("x@depth", json.loads(futures("ETHUSDT").lines[1].split(" ", 1)[1])["data"]),
        "line 8: a file holds one market",
    ),
    "no snapshot": (no_snapshot(), "holds no depth snapshot"),
    "two snapshots": (small().snapshot(30, [], []), "line 7: a second depth snapshot"),
    "no updates": (Recorder().snapshot(1, [], []), "holds no depth updates"),
    "gap": (small().diff(27, 28), "line 7: a gap: this difference must follow id 25 (got 26)"),
    "late start": (
        Recorder().snapshot(20, [], []).diff(22, 23),
        "line 2: a gap: the first difference must reach back to the snapshot's id 20 (got 21)",
    ),
    "futures gap": (
        futures("BTCUSDT").diff(27, 28, pu=26),
        "line 5: a gap: this difference must follow id 25 (got 26)",
    ),
    "dated future": (futures("BTCUSDT_240927"), "dated futures (got 'BTCUSDT_240927')"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_recording_is_one_clear_line(tmp_path, name):
    recorder, says = BROKEN[name]
    path = recorder.write(tmp_path)
    with pytest.raises(BadInput) as caught:
        load(path)
    assert says in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_what_is_no_recording_at_all_is_refused(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    packed = zstandard.compress(b"1 {}\n" * 1000)
    for name, content, says in (
        ("empty.jsonl", b"", "the file is empty"),
        ("empty.jsonl.zst", zstandard.compress(b""), "the file is empty"),
        ("cut.jsonl.zst", packed[:-4], "cut off before its end"),
        ("bad.jsonl.zst", b"no zstd at all", "not a sound zstd file"),
        ("feed.csv", b"1 {}", "name must end in .jsonl"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(BadInput, match=says):
            load(path)
    with pytest.raises(BadInput, match="exactly one"):
        load(folder)
    with pytest.raises(BadInput, match="no such file"):
        load(tmp_path / "nowhere.jsonl")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.binary(max_size=4), st.integers(0, 8))
def test_a_damaged_recording_is_read_or_refused_and_never_anything_else(tmp_path, place, inserted, cut):
    content = bytearray("".join(line + "\n" for line in small().lines).encode())
    place %= len(content)
    content[place : place + cut] = inserted
    path = tmp_path / "damaged.jsonl"
    path.write_bytes(content)
    with contextlib.suppress(BadInput):
        tape = load(path)
        assert tape.start_ns <= tape.end_ns


def test_the_check_counts_updates_that_end_on_another_touch(tmp_path):
    recorder = small()  # its last ticker is at id 26
    recorder.ticker(29, "100.25", "1", "101.00", "4").diff(26, 29, bids=[["100.25", "1"]])  # asks differ: 4 and 4.5
    recorder.ticker(31, "100.50", "1", "101.00", "4").diff(30, 31, asks=[["101.00", "4"]])  # bids' prices differ
    recorder.ticker(32, "100.50", "2", "101.00", "4").diff(32, 32, bids=[["100.50", "2"]])
    recorder.ticker(33, "100.50", "3", "101.00", "4")
    check = check_book(recorder.write(tmp_path))
    assert (check.diffs, check.equal, check.lots_differ, check.price_differs, check.unchecked) == (5, 1, 1, 1, 2)
    assert check.share_equal == pytest.approx(1 / 3)
    assert check.first_difference == 8


REAL = {
    "spot": ("binance-spot", "BTCUSDT", "0.01", "0.00001", False),
    "usdm": ("binance-usdm", "BTCUSDT-PERP", "0.1", "0.001", False),
    "cm": ("binance-coinm", "BTCUSD-PERP", "0.1", "1", True),
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_recording_is_told_apart_and_its_clock_put_right(data_dir, name):
    venue, symbol, tick, lot, inverse = REAL[name]
    tape = load(data_dir / "binance_l2" / name)
    instrument = tape.instrument
    assert (tape.venue, instrument.symbol) == (venue, symbol)
    assert (instrument.tick_size, instrument.lot_size) == (Decimal(tick), Decimal(lot))
    assert instrument.inverse == inverse
    assert (instrument.asset_class is AssetClass.SPOT) == (name == "spot")
    assert 1.2e9 < tape.offset_ns < 1.3e9
    assert 340e9 < tape.end_ns - tape.start_ns < 350e9
    assert (tape.rows[1:, TS] >= tape.rows[:-1, TS]).all()
    assert tape.messages() > 40_000


@pytest.mark.parametrize("name", REAL)
def test_a_real_recording_s_depth_stream_agrees_with_its_tickers_everywhere(data_dir, name):
    check = check_book(data_dir / "binance_l2" / name)
    assert check.share_equal == 1.0
    assert check.equal > 3_000
    assert check.unchecked < 20
