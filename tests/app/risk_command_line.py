"""`penstock risk …` in this process, and the files it is given."""

from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from penstock.app.cli import app

WIDE = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}


def risk(*words: object) -> Result:
    """Run a command; BadInput is raised as it is, for the test to expect."""
    result = CliRunner().invoke(app, ["risk", *map(str, words)], env=WIDE)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def cells(text: str, beginning: str) -> list[str]:
    """The cells of the first line that begins with these words, however wide its columns are."""
    words = beginning.split()
    line = next(line for line in text.splitlines() if line.split()[: len(words)] == words)
    return [part.strip() for part in line.split("  ") if part.strip()]


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def csv(path: Path, header: str, *rows: Any) -> Path:
    return write(path, "\n".join([header, *rows]) + "\n")
