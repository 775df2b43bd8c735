"""`python -m benchmarks [NAME...]`: run each `bench_*.py` module here, print its figures, write bench.json.

A module's `run()` returns rows `{name, value, unit, peer_or_floor, ratio}`: `peer_or_floor` is what the value is
compared with (another system's figure, or the least that we accept) and `ratio` is value / peer_or_floor, both
None where nothing is comparable. Without names every module runs.
"""

import importlib
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
RESULT = HERE.parent / "bench.json"
COLUMNS = ("name", "value", "unit", "peer_or_floor", "ratio")

Row = dict[str, Any]


def names_of_modules(wanted: Iterable[str]) -> list[str]:
    """Names of the modules to run, without `bench_`; SystemExit names one that does not exist."""
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    chosen = list(wanted) or known
    for name in chosen:
        if name not in known:
            raise SystemExit(f"there is no benchmark {name!r}: known are {', '.join(known) or 'none'}")
    return chosen


def checked(name: str, rows: list[Row]) -> list[Row]:
    for row in rows:
        assert set(row) == set(COLUMNS), f"bench_{name}: a row has exactly {', '.join(COLUMNS)}, not {row}"
    return rows


def table(rows: Iterable[Row]) -> Table:
    grid = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        figures = column in ("value", "peer_or_floor", "ratio")
        grid.add_column(column.replace("_", " "), justify="right" if figures else "left", no_wrap=figures)
    for row in rows:
        grid.add_row(*(shown(row[column]) for column in COLUMNS))
    return grid


def shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def main(wanted: list[str]) -> None:
    rows: list[Row] = []
    names = names_of_modules(wanted)
    for number, name in enumerate(names, start=1):
        print(f"[{number}/{len(names)}] {name} ...", end=" ", file=sys.stderr, flush=True)
        began = time.perf_counter()
        rows += checked(name, importlib.import_module(f"benchmarks.bench_{name}").run())
        print(f"{time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
    RESULT.write_text(json.dumps(rows, indent=1) + "\n")
    Console(width=None if sys.stdout.isatty() else 120).print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
