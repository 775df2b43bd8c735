"""Number columns from a CSV without a header: fast when all is well, and exact about what is not.

polars reads the file in one go; only when it cannot, or finds a gap, is the file walked line by line to name
the first row and field at fault.
"""

import io
from collections.abc import Sequence

import polars as pl

from penstock.domain.errors import BadInput


def read_columns(where: str, data: bytes, names: Sequence[str], *, times: int) -> pl.DataFrame:
    """Read `data` as columns `names`: the first `times` of them floats, the others 64-bit integers.

    Raises:
        BadInput: empty, a row with too few or too many fields, or a field that is no number.
    """
    if not data.strip():
        raise BadInput(where, "", "is empty")
    schema = {name: pl.Float64 if k < times else pl.Int64 for k, name in enumerate(names)}
    try:
        table = pl.read_csv(io.BytesIO(data), has_header=False, schema=schema)
    except pl.exceptions.PolarsError as error:
        _blame_row(where, data, names, times)
        raise BadInput(where, "", "must be rows of numbers", str(error).partition("\n")[0]) from error
    if sum(table.null_count().row(0)) > 0:
        _blame_row(where, data, names, times)
        raise BadInput(where, "", "must have a number in every field")
    return table


def _blame_row(where: str, data: bytes, names: Sequence[str], times: int) -> None:
    """Raise for the first row that is not the numbers it should be."""
    for row, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        fields = line.split(",")
        if len(fields) != len(names):
            raise BadInput(where, f"row {row}", f"must have {len(names)} fields, not {len(fields)}", line[:80])
        for k, (name, field) in enumerate(zip(names, fields, strict=True)):
            try:
                float(field) if k < times else int(field)
            except ValueError:
                rule = "must be a number" if k < times else "must be a whole number"
                raise BadInput(where, f"row {row}, {name}", rule, field[:80]) from None
