"""A CSV or Parquet file as a frame: CSV cells stay text, so that what is wrong in one is told and not guessed at."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from penstock.domain.errors import BadInput

CSV = (".csv", ".csv.gz", ".csv.zst", ".txt", ".tsv")
PARQUET = (".parquet", ".pq")
BATCH_ROWS = 500_000


def read_table(path: Path) -> pl.DataFrame:
    """The whole file.

    Raises:
        BadInput: there is no such file, or it is no CSV or Parquet.
    """
    return scan(path).collect()


def batches(path: Path) -> Iterator[pl.DataFrame]:
    """The file piece by piece, so that no more than a piece is in memory."""
    lazy = scan(path)
    if is_parquet(path):
        rows = lazy.select(pl.len()).collect().item()
        for start in range(0, rows, BATCH_ROWS):
            yield lazy.slice(start, BATCH_ROWS).collect()
    else:
        yield from lazy.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True)


def scan(path: Path) -> pl.LazyFrame:
    """The file, not read yet, with its columns known.

    Raises:
        BadInput: there is no such file, or it is no CSV or Parquet.
    """
    if not path.is_file():
        raise BadInput(str(path), "", "there is no such file")
    if not (is_parquet(path) or path.name.lower().endswith(CSV)):
        raise BadInput(str(path), "", f"must end in one of {', '.join((*CSV, *PARQUET))}")
    try:
        if is_parquet(path):
            lazy = pl.scan_parquet(path)
        else:
            separator = "\t" if path.name.lower().endswith(".tsv") else ","
            lazy = pl.scan_csv(path, infer_schema=False, separator=separator, truncate_ragged_lines=True)
        lazy.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(str(path), "", f"cannot be read: {str(error).splitlines()[0]}") from None
    return lazy


def is_parquet(path: Path) -> bool:
    return path.name.lower().endswith(PARQUET)


def numbers(column: pl.Series) -> pl.Series:
    """As doubles; null where the cell is no finite number."""
    if column.dtype == pl.String:
        column = column.str.strip_chars().cast(pl.Float64, strict=False)
    values = column.cast(pl.Float64, strict=False)
    return values.set(~values.is_finite().fill_null(False), None)
