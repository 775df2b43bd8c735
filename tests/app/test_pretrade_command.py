"""`penstock pretrade` as a user meets it: a stated market, the synthetic one, a file of targets, a recording."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from risk_command_line import WIDE, cells, csv, write
from typer.testing import CliRunner, Result

from penstock.app.cli import app
from penstock.app.pretrade.asked import plain_size
from penstock.domain.errors import BadInput

STATED = ("--price", "41.20", "--adv", "3.1m", "--volatility", "0.021", "--spread", "4")


def pretrade(*words: object) -> Result:
    result = CliRunner().invoke(app, ["pretrade", *map(str, words)], env=WIDE)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def found(*words: object) -> Any:
    return json.loads(pretrade(*words, "--json").stdout)


def test_a_stated_market_gives_an_answer_in_its_first_lines() -> None:
    lines = pretrade("sell 250,000 XYZ", *STATED, "--horizon", "2h", "--urgency", "0.1").stdout.splitlines()
    assert lines[0] == "sell 250,000 XYZ  $10,300,000, 8.06% of a day's volume"
    assert lines[1].startswith("→ ")
    assert re.match(r"  expected [\d.]+ bps \(\$[\d,]+\); 90% between −?[\d.]+ and [\d.]+ bps", lines[2])


def test_the_text_has_every_part_of_the_strategy() -> None:
    text = pretrade("buy 50k XYZ", *STATED, "--depth", "2k").stdout
    assert cells(text, "touch")[1] == "2,000 units"
    for name in ("venues", "time", "clips", "timing risk", "in money", "price limit", "volatility", "horizon"):
        assert name in text
    assert "dark 20%, lit 75%, crossing 5%" in text


def test_json_has_the_same_and_more() -> None:
    order = found("buy 50_000 XYZ", *STATED, "--horizon", "1d")["orders"][0]
    assert order["order"]["side"] == "buy"
    assert order["order"]["quantity"] == 50_000
    assert order["recommended"]["algorithm"] in {way["algorithm"] for way in order["ways"]}
    estimate = order["recommended"]["estimate"]
    assert order["strategy"]["total"]["expected"] == estimate["expected_bps"]
    assert len(order["frontier"]) > 10
    assert {each["name"] for each in order["abort_conditions"]} == {"slippage", "spread", "volatility", "volume"}
    assert order["order"]["horizon_minutes"] == 390


def test_the_order_of_words_changes_nothing_and_the_same_question_has_the_same_answer() -> None:
    assert found("buy 5k XYZ", *STATED) == found("buy 5,000 XYZ", *STATED)


def test_volatility_regime_and_trend_are_adjustments_with_their_names() -> None:
    asked = ("--usual-volatility", "0.014", "--trend", "50", "--curve", "equity", "--horizon", "1h")
    order = found("buy 50k XYZ", *STATED, *asked)["orders"][0]
    named = [each["name"] for each in order["impact"]["adjustments"]]
    assert named[:3] == ["volatility regime", "time of day", "momentum"]
    assert order["impact"]["momentum_bps"] > 0


def test_the_synthetic_market_knows_its_volume_and_shows_its_book() -> None:
    order = found("buy 50000 ACME", "--market", "synthetic", "--seed", 2)["orders"][0]
    assert order["liquidity"]["size_of_adv"] == pytest.approx(50_000 / 12e6)
    assert order["liquidity"]["touch_quantity"] > 0
    assert order["market"]["notes"] == [
        "as of 2025-08-18T13:30:00Z",
        "volume and volatility are the source's own profile",
    ]


def test_at_another_time_the_rest_of_the_day_is_shorter_and_the_book_another() -> None:
    later = found("buy 50000 ACME", "--market", "synthetic", "--at", "13:45")["orders"][0]
    assert later["order"]["horizon_minutes"] == pytest.approx(375.0)
    assert later["market"]["notes"][0] == "as of 2025-08-18T13:45:00Z"


def test_targets_are_a_basket_with_its_own_sums(tmp_path: Path) -> None:
    file = csv(tmp_path / "targets.csv", "symbol,change,urgency", "ACME,30000,0.2", "GLOBEX,-20000,0.2")
    asked = found(file, "--market", "synthetic", "--correlation", "0.8")
    assert [order["order"]["side"] for order in asked["orders"]] == ["buy", "sell"]
    assert asked["basket"]["risk"] < asked["basket"]["risk_if_alone"]
    assert asked["orders"][0]["impact"]["adjustments"][-2]["name"] in ("correlation", "time of day")
    assert asked["joint_schedule"]["done"][-1] == [1.0, 1.0]
    text = pretrade(file, "--market", "synthetic").stdout
    assert "together $" in text
    assert "Best for all together over 6.5 h" in text


def test_the_page_holds_everything_it_shows(tmp_path: Path) -> None:
    page = tmp_path / "out" / "page.html"
    assert "written:" in pretrade("buy 80000 ACME", "--market", "synthetic", "--html", page).stdout
    text = page.read_text()
    assert text.count("<svg") == 3
    assert "Efficient frontier" in text
    assert not re.search(r'(src|href)="(?!data:|#)', text)
    assert not re.search(r"\bnan\b|None\b", re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL))


def test_a_page_of_a_basket_has_a_row_and_a_block_for_each(tmp_path: Path) -> None:
    file = csv(tmp_path / "targets.csv", "symbol,change", "ACME,30000", "GLOBEX,-20000")
    page = tmp_path / "page.html"
    pretrade(file, "--market", "synthetic", "--html", page)
    assert page.read_text().count('<section class="parent">') == 2


def test_ones_own_impact_template_is_used(tmp_path: Path) -> None:
    costs = write(tmp_path / "costs.toml", "alpha = 0\ngamma = 0\nerror = 0\n")
    order = found("buy 50k XYZ", *STATED, "--costs", costs, "--urgency", "0")["orders"][0]
    assert order["impact"]["total_bps"] == 0


def test_a_recording_is_measured_and_says_that_it_was(data_dir: Path) -> None:
    source = f"lobster:{data_dir / 'lobster' / 'LOBSTER_SampleFile_AMZN_2012-06-21_5.zip'}"
    order = found("buy 5000 AMZN", "--market", source, "--at", "15:00")["orders"][0]
    assert 0.005 < order["market"]["daily_volatility"] < 0.04
    assert 5e5 < order["market"]["adv"] < 2e6
    assert "which lie ahead" in order["market"]["notes"][1]
    stated = found("buy 5000 AMZN", "--market", source, "--adv", "4m", "--volatility", "0.02")["orders"][0]
    assert (stated["market"]["adv"], stated["market"]["daily_volatility"]) == (4e6, 0.02)


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("50k", "50000"),
        ("3.1m", "3100000"),
        ("50_000", "50000"),
        ("1,000.5", "1000.5"),
        ("ACME", "ACME"),
        ("2bn", "2000000000"),
    ],
)
def test_sizes_as_people_write_them(words: str, plain: str) -> None:
    assert plain_size(words) == plain


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("buy 50k XYZ",), "--price --adv --volatility --spread: give it, or a --market that knows it"),
        (("buy 50k XYZ", "--price", "10"), "--adv --volatility --spread: give it"),
        (("purchase 50k XYZ", *STATED), "must be one of buy, sell"),
        (("buy XYZ", *STATED), "is written SIDE QUANTITY SYMBOL"),
        (("buy 0 XYZ", *STATED), "quantity: must be greater than zero"),
        (("buy 5 NONE", "--market", "synthetic"), "is not in this market, which has ACME"),
        (("buy 5 ACME", "--market", "synthetic", "--at", "25:00"), "--at: is written HH:MM"),
        (("buy 5 ACME", "--market", "synthetic", "--at", "03:00"), "must lie within the market's 13:30 to 20:00 UTC"),
        (("buy 5 XYZ", *STATED, "--horizon", "soon"), "--horizon: is a time such as 30m, 2h or 3d"),
        (("buy 5 XYZ", *STATED, "--curve", "moon"), "--curve: must be one of equity, crypto, flat"),
        (("buy 5 XYZ", "buy 5 ABC", *STATED), "--market: is needed for orders in 2 symbols"),
        (("buy 5 XYZ", "--price", "10", "--adv", "many"), "--adv: is a number such as 250000, 250k or 3.1m"),
    ],
)
def test_what_cannot_be_analysed_is_refused_in_one_line(words: tuple[str, ...], says: str) -> None:
    with pytest.raises(BadInput) as refusal:
        pretrade(*words)
    assert says in str(refusal.value)


def test_a_template_with_an_unknown_name_is_refused(tmp_path: Path) -> None:
    costs = write(tmp_path / "costs.toml", "alfa = 1\n")
    with pytest.raises(BadInput, match="alfa: is not a known name: known are alpha, beta"):
        pretrade("buy 5 XYZ", *STATED, "--costs", costs)


def test_its_help_has_examples() -> None:
    help_text = pretrade("--help").stdout
    assert 'penstock pretrade "buy 50000 ACME" --market synthetic' in help_text
    assert "--urgency" in help_text
