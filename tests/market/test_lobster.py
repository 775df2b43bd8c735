"""A LOBSTER recording is read exactly; a file that breaks a rule is refused in one line that says where and why."""

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import zstandard

from penstock.domain.errors import BadInput
from penstock.domain.time import from_iso
from penstock.market.lobster import load

STEM = "ABC_2012-06-21_34200000_57600000"
MESSAGE, BOOK = f"{STEM}_message_1.csv", f"{STEM}_orderbook_1.csv"
MESSAGES = """\
34200.000000001,1,11,100,1000100,1
34200.5,5,0,7,1000150,-1
34200.5,7,0,0,-1,-1
57599.123456789,3,11,100,1000100,1
"""
ROWS = """\
1000200,50,1000100,100
1000200,50,1000100,100
1000200,50,1000100,100
1000200,50,-9999999999,0
"""


def folder(path: Path, messages: str = MESSAGES, rows: str = ROWS) -> Path:
    (path / MESSAGE).write_text(messages)
    (path / BOOK).write_text(rows)
    return path


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path / "abc.zip", "w") as archive:
        archive.writestr(MESSAGE, MESSAGES)
        archive.writestr(BOOK, ROWS)
        archive.writestr("ReadMe.txt", "")
    return path / "abc.zip"


def plain(path: Path) -> Path:
    (path / MESSAGE).write_text(MESSAGES)
    return path / MESSAGE


def packed(path: Path) -> Path:
    target = path / f"{MESSAGE}.zst"
    first, last = MESSAGES[:40].encode(), MESSAGES[40:].encode()
    target.write_bytes(zstandard.compress(first) + zstandard.compress(last))
    return target


@pytest.mark.parametrize(("give", "has_rows"), [(folder, True), (zipped, True), (plain, False), (packed, False)])
def test_the_same_messages_come_from_a_folder_a_zip_and_a_single_file(
    give: Callable[[Path], Path], has_rows: bool, tmp_path: Path
):
    recording = load(give(tmp_path))
    assert (recording.instrument.symbol, recording.day, recording.levels) == ("ABC", date(2012, 6, 21), 1)
    assert recording.start_ns == from_iso("2012-06-21T13:30:00Z")
    assert recording.end_ns == from_iso("2012-06-21T20:00:00Z")
    assert (recording.ts - recording.start_ns).tolist() == [1, 500_000_000, 500_000_000, 23_399_123_456_789]
    assert recording.type.tolist() == [1, 5, 7, 3]
    assert recording.order_id.tolist() == [11, 0, 0, 11]
    assert recording.ticks.tolist() == [10001, 10001, -1, 10001]
    assert recording.lots.tolist() == [100, 7, 0, 100]
    assert (recording.rows is not None) == has_rows
    if recording.rows is not None:
        assert recording.rows[[0, 3], 0].tolist() == [[10002, 50, 10001, 100], [10002, 50, 0, 0]]


@pytest.mark.parametrize(("direction", "ticks"), [(-1, 10001), (1, 10002)])
def test_a_hidden_print_between_ticks_is_rounded_against_us(direction: int, ticks: int, tmp_path: Path):
    recording = load(folder(tmp_path, f"34200.5,5,0,7,1000150,{direction}\n", "1000200,50,1000100,100\n"))
    assert recording.ticks.tolist() == [ticks]


def test_winter_time_is_five_hours_from_utc(tmp_path: Path):
    target = tmp_path / MESSAGE.replace("06-21", "01-19")
    target.write_text("34200.0,5,0,7,1000100,1\n")
    assert load(target).ts.tolist() == [from_iso("2012-01-19T14:30:00Z")]


def row(text: str) -> str:
    return MESSAGES + text + "\n"


BROKEN = {
    "fields": (row("57599.2,1,12,100,1000100"), "row 5: must have 6 fields, not 5 (got '57599.2,1,12,100,1000100')"),
    "cut last line": (MESSAGES[:-8], "row 4: must have 6 fields, not 5"),
    "word": (row("57599.2,1,12,many,1000100,1"), "row 5, size: must be a whole number (got 'many')"),
    "fraction": (row("57599.2,1,12,1.5,1000100,1"), "row 5, size: must be a whole number (got '1.5')"),
    "blank": (row("57599.2,1,,10,1000100,1"), "row 5, order id: must be a whole number (got '')"),
    "nan": (row("nan,1,12,10,1000100,1"), "row 5, time: must be a number (got nan)"),
    "time back": (row("34201,1,12,10,1000100,1"), "row 5, time: must not go back (got 34201.0)"),
    "too late": (row("57600.1,1,12,10,1000100,1"), "row 5, time: must be within the file's 34200..57600 s"),
    "type": (row("57599.2,9,12,10,1000100,1"), "row 5, type: must be one of 1..7 (got 9)"),
    "id": (row("57599.2,1,-3,10,1000100,1"), "row 5, order id: must be positive (got -3)"),
    "id again": (row("57599.2,1,11,10,1000100,1"), "row 5, order id: a new order must have a new id (got 11)"),
    "size": (row("57599.2,1,12,-10,1000100,1"), "row 5, size: must be 1..2147483647 (got -10)"),
    "price": (row("57599.2,1,12,10,-1000100,1"), "row 5, price: must be 1.."),
    "off tick": (row("57599.2,1,12,10,1000150,1"), "row 5, price: must be whole cents"),
    "status": (row("57599.2,7,0,0,5,-1"), "row 5, price: must be -1, 0 or 1 for a trading status (got 5)"),
    "direction": (row("57599.2,1,12,10,1000100,0"), "row 5, direction: must be -1 or 1 (got 0)"),
    "empty": ("", "is empty"),
}


@pytest.mark.parametrize(("messages", "complaint"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_message_is_named_by_file_row_field_rule_and_value(messages: str, complaint: str, tmp_path: Path):
    target = tmp_path / MESSAGE
    target.write_text(messages)
    with pytest.raises(BadInput) as refusal:
        load(target)
    assert str(refusal.value).startswith(str(target))
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)


BROKEN_ROWS = {
    "one row less": (ROWS[: ROWS.rindex("1000200")], "row 4: must have one row for each of the 4 messages"),
    "one row more": (ROWS + "1000200,50,1000100,100\n", "row 5: must have one row for each of the 4 messages"),
    "columns": (ROWS.replace("1000200,50,1000100,100", "1000200,50,1000100", 1), "row 1: must have 4 fields, not 3"),
    "price": (ROWS.replace("1000100", "1000155", 1), "row 1, bid price 1: must be whole cents"),
    "size": (ROWS.replace("100\n", "-100\n", 1), "row 1, bid size 1: must be 1..2147483647, or 0 for no level"),
    "empty": ("", "is empty"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "complaint"), BROKEN_ROWS.values(), ids=BROKEN_ROWS.keys())
def test_a_broken_book_row_is_named_by_file_row_field_rule_and_value(rows: str, complaint: str, tmp_path: Path):
    with pytest.raises(BadInput) as refusal:
        load(folder(tmp_path, rows=rows))
    assert str(refusal.value).startswith(str(tmp_path / BOOK))
    assert complaint in str(refusal.value)


def corrupt_zip(path: Path) -> Path:
    target = zipped(path)
    data = bytearray(target.read_bytes())
    data[80] ^= 0xFF
    target.write_bytes(data)
    return target


def cut_zip(path: Path) -> Path:
    target = zipped(path)
    target.write_bytes(target.read_bytes()[:-40])
    return target


def cut_zst(path: Path) -> Path:
    target = packed(path)
    target.write_bytes(target.read_bytes()[:-5])
    return target


def not_zst(path: Path) -> Path:
    target = path / f"{MESSAGE}.zst"
    target.write_text(MESSAGES)
    return target


def no_book(path: Path) -> Path:
    plain(path)
    return path


def renamed(path: Path) -> Path:
    target = path / "messages.csv"
    target.write_text(MESSAGES)
    return target


def no_such_day(path: Path) -> Path:
    target = path / MESSAGE.replace("06-21", "06-31")
    target.write_text(MESSAGES)
    return target


@pytest.mark.parametrize(
    ("give", "complaint"),
    [
        (lambda path: path / MESSAGE, "there is no such file or folder"),
        (lambda path: path, "must hold exactly one ..._message_<levels>.csv (got 'none')"),
        (no_book, f"the book file {BOOK} is missing beside its message file"),
        (corrupt_zip, "must be a whole zip archive without a password"),
        (cut_zip, "must be a whole zip archive without a password"),
        (cut_zst, "must be a whole zst file (got 'cut off')"),
        (not_zst, "must be a whole zst file"),
        (renamed, "messages.csv: file name: must be named <symbol>_<yyyy-mm-dd>"),
        (no_such_day, "the date must exist (got '2012-06-31')"),
    ],
)
def test_a_recording_that_cannot_be_unpacked_is_refused(give: Callable[[Path], Path], complaint: str, tmp_path: Path):
    with pytest.raises(BadInput) as refusal:
        load(give(tmp_path))
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_recorded_day_is_read_to_the_nanosecond(data_dir: Path):
    recording = load(data_dir / "lobster" / "LOBSTER_SampleFile_AMZN_2012-06-21_5.zip")
    assert len(recording.ts) == 155_935
    assert recording.ts[0] == from_iso("2012-06-21T13:30:00Z") + 17_459_617
    assert np.bincount(recording.type).tolist() == [0, 77_381, 450, 66_685, 8_974, 2_445]
    assert recording.rows is not None
    assert recording.rows[0, 0].tolist() == [22395, 100, 22318, 100]
