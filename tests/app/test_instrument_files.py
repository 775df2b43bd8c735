"""Instruments from a user's file: every class, in every form, and each refusal in one line."""

import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from penstock.app.cli import main
from penstock.app.instrument_files import read_instruments
from penstock.domain.day_count import DayCount
from penstock.domain.errors import BadInput
from penstock.domain.instruments import Bond, Equity, Future, FxPair, Option, Perpetual, Right, Spot
from penstock.domain.time import from_iso

D = Decimal
EVERY_CLASS = """
[[instruments]]
asset_class = "equity"
symbol = "ACME"
tick_size = 0.01
lot_size = 1

[[instruments]]
asset_class = "spot"
symbol = "BTCUSDT"
base = "BTC"
currency = "USDT"
tick_size = 0.01
lot_size = 0.00001
min_notional = 5

[[instruments]]
asset_class = "fx"
symbol = "EURUSD"
base = "EUR"
tick_size = 0.00001
lot_size = 1000
pip_size = 0.0001

[[instruments]]
asset_class = "future"
symbol = "ESZ6"
tick_size = 0.25
lot_size = 1
multiplier = 50
expiry = 2026-12-18T21:00:00Z

[[instruments]]
asset_class = "perpetual"
symbol = "BTCUSD-PERP"
base = "BTC"
tick_size = 0.1
lot_size = 1
multiplier = 100
inverse = true

[[instruments]]
asset_class = "option"
symbol = "ACME-P90"
right = "put"
strike = 90
tick_size = 0.05
lot_size = 1
multiplier = 100
expiry = "2026-12-18T16:00:00-05:00"

[[instruments]]
asset_class = "bond"
symbol = "B34"
tick_size = 0.01
lot_size = 1000
maturity = 2034-11-15
coupon = 4.25
frequency = 2
day_count = "act/act"
"""
EXPIRY = from_iso("2026-12-18T21:00:00Z")
INSTRUMENTS = (
    Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1)),
    Spot(
        symbol="BTCUSDT",
        base="BTC",
        currency="USDT",
        tick_size=D("0.01"),
        lot_size=D("0.00001"),
        min_notional=D(5),
    ),
    FxPair(symbol="EURUSD", base="EUR", tick_size=D("0.00001"), lot_size=D(1000), pip_size=D("0.0001")),
    Future(symbol="ESZ6", tick_size=D("0.25"), lot_size=D(1), multiplier=D(50), expiry=EXPIRY),
    Perpetual(
        symbol="BTCUSD-PERP", base="BTC", tick_size=D("0.1"), lot_size=D(1), multiplier=D(100), inverse=True
    ),
    Option(
        symbol="ACME-P90",
        right=Right.PUT,
        strike=D(90),
        tick_size=D("0.05"),
        lot_size=D(1),
        multiplier=D(100),
        expiry=EXPIRY,
    ),
    Bond(
        symbol="B34",
        tick_size=D("0.01"),
        lot_size=D(1000),
        maturity=date(2034, 11, 15),
        coupon=D("4.25"),
        day_count=DayCount.ACT_ACT,
    ),
)  # fmt: skip

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def written(name: str, content: str) -> Path:
        Path(name).write_text(content)
        return Path(name)

    return written


def test_every_class_is_read_from_toml(write: Write) -> None:
    assert read_instruments(write("i.toml", EVERY_CLASS)) == INSTRUMENTS


def test_json_and_csv_say_the_same(write: Write) -> None:
    row = '{"asset_class": "perpetual", "symbol": "P", "base": "X", "inverse": true, "tick_size": 0.1, "lot_size": 1}'
    cells = "asset_class,symbol,base,inverse,tick_size,lot_size\nperpetual,P,X,TRUE,0.1,1\n"
    from_json = read_instruments(write("i.json", f'{{"instruments": [{row}]}}'))
    assert from_json == read_instruments(write("i.csv", cells))
    assert from_json == (Perpetual(symbol="P", base="X", inverse=True, tick_size=D("0.1"), lot_size=D(1)),)


def test_the_command_line_shows_what_a_tick_on_a_lot_is_worth(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write("i.toml", EVERY_CLASS)
    monkeypatch.setattr(sys, "argv", ["penstock", "market", "instruments", str(path)])
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code in (0, None)
    shown = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert shown["ESZ6"] == ["future", "USD", "USD", "0.25", "1", "12.5"]
    assert shown["EURUSD"] == ["fx", "USD", "USD", "0.00001", "1000", "0.01"]
    assert shown["BTCUSD-PERP"] == ["perpetual", "USD", "BTC", "0.1", "1", "by", "its", "price"]
    assert shown["B34"] == ["bond", "USD", "USD", "0.01", "1000", "0.1"]


ROW = {"asset_class": "future", "symbol": "F", "tick_size": "0.1", "lot_size": "1", "expiry": "2026-12-18T21:00:00Z"}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"asset_class": ""}, "asset_class: is missing"),
        (
            {"asset_class": "house"},
            "asset_class: must be one of equity, spot, fx, future, perpetual, option, bond (got",
        ),
        ({"symbol": ""}, "symbol: is missing"),
        ({"expiry": ""}, "expiry: is missing"),
        ({"expiry": "tomorrow"}, "expiry: must be a time with a zone, such as 2026-12-18T21:00:00Z (got 'tomorrow')"),
        ({"expiry": "2026-12-18T21:00"}, "expiry: must be a time with a zone, such as 2026-12-18T21:00:00Z (got"),
        ({"tick_size": "-0.1"}, "tick_size: must be greater than zero (got -0.1)"),
        ({"lot_size": "0"}, "lot_size: must be greater than zero (got 0)"),
        ({"inverse": "yes"}, "inverse: must be true or false (got 'yes')"),
        ({"inverse": "true", "base": "USD"}, "base: must differ from the currency it is priced in (got 'USD')"),
        ({"strike": "5"}, "strike: is not a known name: "),
        (
            {"asset_class": "bond", "expiry": "", "coupon": "4", "maturity": "soon"},
            "maturity: must be a date, such as 2034-11-15 (got 'soon')",
        ),
        (
            {"asset_class": "bond", "expiry": "", "coupon": "4", "maturity": "2034-11-15", "frequency": "2.5"},
            "frequency: must be a whole number (got 2.5)",
        ),
    ],
)
def test_a_bad_definition_is_refused_by_row_field_rule_and_value(
    write: Write, changes: dict[str, str], line: str
) -> None:
    cells = ROW | changes
    path = write("i.csv", f"{','.join(cells)}\n{','.join(cells.values())}\n")
    with pytest.raises(BadInput) as refused:
        read_instruments(path)
    assert str(refused.value).startswith(f"i.csv: line 2: {line}")


def test_a_symbol_is_defined_once_and_a_file_holds_at_least_one(write: Write) -> None:
    row = '{"asset_class": "equity", "symbol": "A", "tick_size": 0.1, "lot_size": 1}'
    with pytest.raises(BadInput, match=r"i\.json: instrument 2 \(A\): symbol: is defined twice \(got 'A'\)"):
        read_instruments(write("i.json", f'{{"instruments": [{row}, {row}]}}'))
    with pytest.raises(BadInput, match=r"i\.json: instruments: has none: name at least one"):
        read_instruments(write("i.json", '{"instruments": []}'))
