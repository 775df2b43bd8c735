"""The page on costs says what the code does: its examples come out as printed, its template is read as it stands."""

import doctest
import re
import tomllib
from pathlib import Path

import penstock.cost
from penstock.cost.impact_template import DEFAULT, ImpactTemplate

PAGE = Path(__file__).resolve().parents[2] / "docs" / "costs.md"


def test_its_examples_come_out_as_printed() -> None:
    outcome = doctest.testfile(str(PAGE), module_relative=False)
    assert outcome.attempted >= 12
    assert outcome.failed == 0


def test_its_template_names_every_number() -> None:
    [example] = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    made = ImpactTemplate(**tomllib.loads(example))
    assert set(tomllib.loads(example)) == set(ImpactTemplate.__struct_fields__)
    assert made != DEFAULT


def test_it_names_models_that_exist() -> None:
    folder = Path(penstock.cost.__path__[0])
    [table] = re.findall(r"## Models\n(.*?)\n## ", PAGE.read_text(), re.DOTALL)
    named = [name for row in re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
    assert len(named) >= 12
    assert [name for name in named if not (folder / f"{name}.py").is_file()] == []
