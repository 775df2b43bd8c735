"""A file of limits read back in full, what of it holds for one order, and one clear refusal for what is wrong."""

from pathlib import Path

import pytest
from risk_command_line import cells, risk, write

from penstock.app.inputs import read_limits
from penstock.app.risk.limit_example import EXAMPLE
from penstock.domain.errors import BadInput


def test_the_example_is_a_file_of_limits_and_has_the_four_that_everybody_begins_with(tmp_path: Path) -> None:
    printed = risk("limits", "--example").stdout
    assert printed == EXAMPLE
    desk = read_limits(write(tmp_path / "limits.toml", printed)).desk
    assert (desk.position_value_max, desk.gross_exposure_max) == (10_000, 30_000)
    assert (desk.daily_loss_max, desk.order_rate_max, desk.rate_window_s) == (500, 20, 60)
    read_back = risk("limits", write(tmp_path / "limits.toml", printed))
    assert read_back.exit_code == 0
    assert "without effect" not in read_back.stdout
    assert "is sound: limits of 4 scopes beside the desk's" in read_back.stdout


def test_every_limit_is_shown_with_its_scope_value_unit_and_origin(tmp_path: Path) -> None:
    file = write(tmp_path / "limits.toml", EXAMPLE)
    shown = risk("limits", file).stdout
    assert cells(shown, "desk             daily_loss_max") == ["desk", "daily_loss_max", "500", "money", "file"]
    assert cells(shown, "desk             warn_at") == ["desk", "warn_at", "0.8", "fraction", "default"]
    assert cells(shown, "sector tech") == ["sector tech", "gross_exposure_max", "15,000", "money", "file"]
    assert cells(shown, "breaker latency") == ["breaker latency", "threshold", "500", "ms", "file"]


def test_without_a_file_the_defaults_are_shown() -> None:
    shown = risk("limits").stdout
    assert cells(shown, "desk   order_value_max") == ["desk", "order_value_max", "5,000,000", "money", "default"]
    assert "file" not in shown


def test_what_a_scope_allows_in_vain_is_a_warning_and_no_fault(tmp_path: Path) -> None:
    file = write(tmp_path / "limits.toml", "order_value_max = 100\n[symbol.ACME]\norder_value_max = 200\n")
    result = risk("limits", file)
    assert result.exit_code == 0
    assert "without effect: symbol ACME: order_value_max 200 has no effect: the desk allows 100" in result.stdout


def test_for_an_order_the_tightest_limit_is_named_with_the_scope_that_sets_it(tmp_path: Path) -> None:
    file = write(tmp_path / "limits.toml", EXAMPLE)
    shown = risk("limits", file, "--for", "symbol=ACME,account=fund1,venue=okx").stdout
    assert cells(shown, "the order      order_value_max")[2:] == ["5,000", "money", "symbol ACME"]
    assert cells(shown, "the order      position_value_max")[2:] == ["10,000", "money", "desk"]
    assert cells(shown, "account fund1")[1:] == ["daily_loss_max", "200", "money", "account fund1"]
    assert cells(shown, "sector tech")[1:3] == ["gross_exposure_max", "15,000"], "ACME's sector is the file's"
    assert cells(shown, "desk           order_rate_max")[2:4] == ["20", "orders in 60 s"]
    assert cells(shown, "venue okx")[1:4] == ["message_rate_max", "50", "messages in 1 s"]
    assert shown.count("gross_exposure_max") == 2, "the desk's and the sector's, each once"


def test_what_a_venue_limits_further_is_said_once_as_the_venues(tmp_path: Path) -> None:
    file = write(tmp_path / "limits.toml", EXAMPLE.replace("[venue.okx]", "[venue.okx]\norder_value_max = 100"))
    shown = risk("limits", file, "--for", "symbol=ACME,venue=okx").stdout
    assert cells(shown, "the order  order_value_max")[2:] == ["100", "money", "venue okx"]
    assert shown.count("order_value_max") == 1


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("order_value_mx = 1", "order_value_mx: is not a known name: did you mean order_value_max?"),
        ("order_value_max = -1", r"order_value_max: must not be negative \(got -1\)"),
        ("[symbol.ACME]\norder_rate_max = 1.5", r"\[symbol.ACME\]: order_rate_max: must be a whole number"),
        ("order_value_max = 2000\nposition_value_max = 1000", "order_value_max: must not be above position_value_max"),
        ("[breaker.latncy]\nthreshold = 1", "breaker.latncy: is not a known name: did you mean latency?"),
        ("order_value_max = ", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_one_refusal_that_names_place_field_and_rule(tmp_path: Path, text: str, refusal: str) -> None:
    with pytest.raises(BadInput, match=refusal):
        risk("limits", write(tmp_path / "limits.toml", text))


@pytest.mark.parametrize(
    ("belongs", "refusal"),
    [("symbl=ACME", "symbl: is not a known name: did you mean symbol?"), ("ACME", "is written kind=name")],
)
def test_a_scope_that_is_none_is_refused(belongs: str, refusal: str) -> None:
    with pytest.raises(BadInput, match=refusal):
        risk("limits", "--for", belongs)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"must be a file that ends in \.toml"):
        risk("limits", write(tmp_path / "limits.json", "{}"))
