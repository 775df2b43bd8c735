"""Would this order pass? What would stop it, all of it, and how much of each limit it would use."""

from pathlib import Path

import pytest
from risk_command_line import cells, csv, risk, write

from penstock.app.risk.order_files import WorkingOrder, parse_order
from penstock.domain.errors import BadInput
from penstock.domain.orders import Side

LIMITS = """
order_value_max = 5_000
position_value_max = 10_000
gross_exposure_max = 12_000
daily_loss_max = 500
order_rate_max = 3
[symbol.GLOBEX]
order_quantity_max = 20
"""


@pytest.fixture
def files(tmp_path: Path) -> list[object]:
    """300 ACME at 10 and 20 GLOBEX short at 50: gross 4,000."""
    return [
        "--limits",
        write(tmp_path / "limits.toml", LIMITS),
        "--prices",
        csv(tmp_path / "prices.csv", "symbol,price", "ACME,10", "GLOBEX,50"),
        "--positions",
        csv(tmp_path / "held.csv", "symbol,quantity", "ACME,300", "GLOBEX,-20"),
    ]


def test_an_order_within_every_limit_passes_and_its_use_is_shown_before_and_after(files: list[object]) -> None:
    result = risk("check", "buy 100 ACME @ 10", *files)
    assert result.exit_code == 0
    assert "buy 100 ACME @ 10: passes" in result.stdout
    assert cells(result.stdout, "desk   order_value_max")[2:] == ["5,000", "0", "1,000", "20.0 %"]
    assert cells(result.stdout, "desk   position_value_max")[2:] == ["10,000", "3,000", "4,000", "40.0 %"]
    assert cells(result.stdout, "desk   gross_exposure_max")[2:] == ["12,000", "4,000", "5,000", "41.7 %"]
    assert cells(result.stdout, "desk   order_rate_max")[2:] == ["3", "0", "1", "33.3 %"]


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ("buy 500 ACME", ""),
        ("buy 501 ACME", "order_value"),
        ("buy 21 GLOBEX", "order_quantity"),
        ("buy 20 GLOBEX", ""),
        ("buy 701 ACME strategy=twap", "position_value"),
        ("buy 700 ACME strategy=twap", ""),
        ("sell 900 ACME strategy=twap", ""),  # from 300 long to 600 short
        ("buy 40 GLOBEX strategy=twap", ""),
        ("buy_to_cover 10 ACME", "reduce_only"),
        ("sell_short 400 ACME", ""),
    ],
)
def test_the_first_unit_beyond_a_limit_is_stopped_with_its_code(files: list[object], order: str, code: str) -> None:
    result = risk("check", order, *files)
    assert result.exit_code == (1 if code else 0), result.stdout
    assert (f"\n  {code}: " in result.stdout) == bool(code)


def test_all_that_would_stop_an_order_is_told_not_only_the_first(files: list[object]) -> None:
    result = risk("check", "buy 900 ACME", *files, "--day-gain", "-500")
    for code in ("order_value", "position_value", "daily_loss"):
        assert f"\n  {code}: " in result.stdout
    assert cells(result.stdout, "desk   gross_exposure_max")[-1] == "108.3 %"


def test_orders_that_pass_work_while_the_next_is_asked_and_those_that_are_stopped_do_not(files: list[object]) -> None:
    result = risk("check", "buy 400 ACME", "buy 600 ACME", "buy 300 ACME", "buy 1 ACME", *files)
    said = [line for line in result.stdout.splitlines() if line.startswith("buy")]
    assert said == ["buy 400 ACME: passes", "buy 600 ACME: STOPPED", "buy 300 ACME: passes", "buy 1 ACME: STOPPED"]


def test_orders_at_work_count_and_use_up_their_rate(files: list[object], tmp_path: Path) -> None:
    working = csv(tmp_path / "orders.csv", "symbol,side,quantity", "ACME,buy,1", "ACME,buy,1", "ACME,buy,1")
    result = risk("check", "buy 1 ACME", *files, "--orders", working)
    assert result.exit_code == 1
    assert "order_rate: desk limit order_rate_max 3 in 60 s is used up: wait" in result.stdout


def test_what_only_reduces_passes_however_much_was_lost(files: list[object]) -> None:
    assert risk("check", "sell 300 ACME", *files, "--day-gain", "-9999").exit_code == 0
    assert risk("check", "sell 301 ACME", *files, "--day-gain", "-9999").exit_code == 1


def test_what_only_reduces_is_not_asked_for_its_size(files: list[object], tmp_path: Path) -> None:
    dearer = csv(tmp_path / "dearer.csv", "symbol,price", "ACME,20", "GLOBEX,50")
    assert risk("check", "sell 300 ACME", *files, "--prices", dearer).exit_code == 0
    assert "order_value" in risk("check", "sell 301 ACME", *files, "--prices", dearer).stdout


def test_each_order_finds_what_those_before_it_use(files: list[object]) -> None:
    said = risk("check", "buy 400 ACME", "buy 10 GLOBEX strategy=twap", *files).stdout
    second = said.partition("buy 10 GLOBEX")[2]
    assert cells(second, "desk           gross_exposure_max")[3] == "8,000"
    assert cells(second, "desk           order_rate_max")[3:5] == ["1", "2"]


def test_ticks_and_lots_are_checked_where_instruments_are_given(files: list[object], tmp_path: Path) -> None:
    instruments = csv(
        tmp_path / "instruments.csv",
        "symbol,asset_class,tick_size,lot_size",
        "ACME,equity,0.01,1",
        "GLOBEX,equity,0.01,1",
    )
    result = risk("check", "buy 1.5 ACME @ 10.005", *files, "--instruments", instruments)
    assert "off_tick: limit price 10.005 is not a multiple" in result.stdout
    assert "ticks and lots are not checked" not in result.stdout
    assert "ticks and lots are not checked" in risk("check", "buy 1.5 ACME @ 10.005", *files).stdout


def test_an_order_is_read_as_it_is_spoken() -> None:
    assert parse_order("buy 1.5 ACME @ 10 account=f venue=XA") == WorkingOrder(
        symbol="ACME", side=Side.BUY, quantity=1.5, limit_price=10, account="f", venue="XA"
    )


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("buy ACME", "is written SIDE QUANTITY SYMBOL"),
        ("hold 1 ACME", "side: must be one of buy, sell, sell_short, buy_to_cover"),
        ("buy x ACME", "quantity: must be a plain number"),
        ("buy 0 ACME", "quantity: must be greater than zero"),
        ("buy 1 ACME @ -1", "limit_price: must be greater than zero"),
        ("buy 1 ACME acount=f", "acount: is not a known name: did you mean account?"),
    ],
)
def test_an_order_that_is_written_otherwise_is_refused(text: str, refusal: str) -> None:
    with pytest.raises(BadInput, match=refusal):
        parse_order(text)


def test_a_symbol_without_a_price_is_refused_by_name(files: list[object]) -> None:
    with pytest.raises(BadInput, match="price: is missing of HOOLI"):
        risk("check", "buy 1 HOOLI", *files)
