"""The ExecutionReport's JSON Schema (draft 2020-12), which ships with the package, and the check against
it.
"""

import json
import math
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

from penstock.domain.errors import BadInput


def schema() -> dict[str, Any]:
    """The schema, as plain JSON values."""
    text = files("penstock.tca").joinpath("execution_report.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def validate(report: Any) -> None:
    """Refuse what is not an ExecutionReport.

    Raises:
        BadInput: names the first place, in the report's order, that breaks the schema or is no JSON number.
    """
    error = next(iter(_validator().iter_errors(report)), None)
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path)
        raise BadInput("execution report", place, error.message)
    _refuse_non_finite(report, "")


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def _refuse_non_finite(value: Any, place: str) -> None:
    """JSON has no NaN and no infinity, which the schema language cannot say."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _refuse_non_finite(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse_non_finite(inner, f"{place}/{index}")
    elif isinstance(value, float) and not math.isfinite(value):
        raise BadInput("execution report", place.removeprefix("/"), "must be a finite number", value)
