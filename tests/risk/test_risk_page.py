"""The page on risk says what the code does: its tables are the code's own, and its example is read as it stands."""

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from penstock.risk.checks import Code
from penstock.risk.denials import MEANINGS, breaker_table, denial_table, limit_table, mode_table
from penstock.risk.effective import effective
from penstock.risk.limit_book import read_book
from penstock.risk.limits import RULES
from penstock.risk.scopes import Belongs

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "risk.md").read_text()


@pytest.mark.parametrize(
    "table", [denial_table, limit_table, breaker_table, mode_table], ids=lambda made: made.__name__
)
def test_its_tables_are_the_codes_own(table: object) -> None:
    assert callable(table)
    assert f"\n{table()}\n" in PAGE, "the page's table differs: put the one that the function makes there"


def test_every_code_of_a_denial_has_its_meaning() -> None:
    codes = {code.value for code in Code} | {rule.code for rule in RULES.values() if rule.code}
    assert codes | {"mode", "breaker", "unknown_exposure"} == set(MEANINGS)


def test_its_example_of_limits_is_read_and_means_what_the_page_says() -> None:
    example, _ = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    book = read_book(tomllib.loads(example, parse_float=Decimal))
    acme = effective(book, Belongs(account="fund1", symbol="ACME", sector="tech"))
    assert acme.named("order_value_max") == "symbol ACME limit order_value_max 5000"
    assert acme.limits.position_value_max == 10_000
    assert book.warnings() == []
