"""What the page on orders shows works as it stands there, and it leaves nothing out."""

import doctest
import re
from pathlib import Path

from penstock.domain.contingency import Contingency
from penstock.domain.instructions import Instructions, OrderType, TimeInForce
from penstock.domain.orders import Side

PAGE = Path(__file__).resolve().parents[2] / "docs" / "orders.md"


def test_its_examples_come_out_as_printed() -> None:
    outcome = doctest.testfile(str(PAGE), module_relative=False)
    assert outcome.attempted >= 6
    assert outcome.failed == 0


def test_it_has_a_row_for_every_type_and_time_in_force() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert {*OrderType, *TimeInForce} <= set(rows)


def test_it_names_every_instruction_side_and_group() -> None:
    page = PAGE.read_text()
    sides = {side.value for side in Side if side not in (Side.BUY, Side.SELL)}
    groups = {f"submit_{kind}" for kind in Contingency}
    assert [name for name in {*Instructions.__struct_fields__, *sides, *groups} if f"`{name}`" not in page] == []
