"""`penstock algos`: every algorithm, what it does and what it may be told."""

import json
from difflib import get_close_matches
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from penstock.domain.errors import BadInput

EXAMPLES = """
Examples:

    penstock algos

    penstock algos adaptive

    penstock algos is --json
"""


def algos(
    name: Annotated[str, typer.Argument(help="Only this one, with its parameters.", show_default=False)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON schemas, by name.")] = False,
) -> None:
    """List the algorithms, or one of them with its parameters."""
    from penstock.algos import ALGORITHMS
    from penstock.algos.describe import parameters, schema, summary

    if name and name not in ALGORITHMS:
        near = get_close_matches(name.lower(), ALGORITHMS, 1)
        hint = f": did you mean {near[0]}?" if near else f": there are {', '.join(ALGORITHMS)}"
        raise BadInput("algos", "", f"is not an algorithm{hint}", name)
    names = [name] if name else list(ALGORITHMS)
    if as_json:
        print(json.dumps({each: schema(each) for each in names}, indent=1))
        return
    console = Console()
    grid = Table(box=None, pad_edge=False)
    if not name:
        for column in ("algorithm", "what it does"):
            grid.add_column(column)
        for each in names:
            grid.add_row(each, summary(each).replace("`", ""))
        console.print(grid)
        return
    console.print(schema(name)["description"].replace("`", ""), highlight=False)
    for column in ("parameter", "values", "default"):
        grid.add_column(column)
    for parameter in parameters(name):
        grid.add_row(parameter.name, parameter.values.replace("`", ""), parameter.default)
    if grid.row_count:
        console.print()
        console.print(grid)
