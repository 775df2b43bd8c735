"""The page on algorithms: its tables are the registry's, and the algorithm it teaches to write works."""

import asyncio
import re
from pathlib import Path
from unittest.mock import patch

import jsonschema
import pytest

from penstock.algos import ALGORITHMS
from penstock.algos.describe import own_names, parameter_table, parameters, schema, summary, table

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "algorithms.md").read_text()


def test_the_page_lists_every_algorithm_as_the_registry_has_it() -> None:
    assert table() in PAGE


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if own_names(name)])
def test_the_page_has_every_parameter_as_the_struct_has_it(name: str) -> None:
    assert f"### {name}\n" in PAGE
    assert parameter_table(name) in PAGE


def test_the_algorithm_that_the_page_teaches_to_write_trades() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    with patch.dict(ALGORITHMS):
        made: dict[str, object] = {}
        exec(compile(code, "algorithms.md", "exec"), made)
        desk, order_id = made["desk"], made["order_id"]
        report = asyncio.run(desk.wait(order_id))  # type: ignore[attr-defined]
        assert report["execution_quality"]["fill_rate"] == 1.0
        assert report["execution_quality"]["passive_ratio"] == 0.0
        assert summary("bursts") == "Take what an even pace asks for, at the end of each slice"


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_schema_is_a_json_schema_that_takes_nothing_unknown(name: str) -> None:
    whole = schema(name)
    jsonschema.Draft202012Validator.check_schema(whole)
    jsonschema.validate({}, whole)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"never_heard_of": 1}, whole)
    assert {each.name for each in parameters(name)} == set(whole["properties"])
