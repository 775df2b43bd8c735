"""What the page on instruments shows works as it stands there."""

import doctest
import re
from pathlib import Path

from penstock.domain.instruments import AnyInstrument

PAGE = Path(__file__).resolve().parents[2] / "docs" / "instruments.md"


def test_every_worked_example_comes_out_as_printed() -> None:
    outcome = doctest.testfile(str(PAGE), module_relative=False)
    assert outcome.attempted >= 14
    assert outcome.failed == 0


def test_the_page_names_every_class_and_its_own_fields() -> None:
    rows = {
        cells[0]: cells for cells in re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.*?) \|", PAGE.read_text(), re.MULTILINE)
    }
    shared = {"symbol", "tick_size", "lot_size", "currency", "min_quantity", "min_notional"}
    for kind in AnyInstrument.__args__:
        _, asset_class, fields = rows[kind.__name__]
        assert asset_class == kind.asset_class
        assert set(re.findall(r"`([a-z_]+)`", fields)) == set(kind.__struct_fields__) - shared
