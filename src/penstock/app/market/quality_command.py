"""`penstock market quality SOURCE…`: assessed, told on the terminal, and written as JSON and as a page where asked."""

import math
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text

from penstock.app.fitted_table import NONE, Column, FittedTable
from penstock.app.market.sources_open import open_sources
from penstock.domain.errors import BadInput
from penstock.domain.time import SECOND, to_iso
from penstock.market.quality.assess import QualityReport, assess
from penstock.market.quality.sheet import DIMENSIONS, Severity
from penstock.market.tapes.faults import Fault, Policy

MARKS = {Severity.BAD: ("✗", "red"), Severity.NOTE: ("·", "yellow"), Severity.GOOD: ("✓", "green")}
GOOD, FAIR = 99.0, 90.0
SHOWN = 2  # of each kind of fault
NAME_CHARS = 22  # leaves room for five scores on 80 columns


def quality(
    sources: Sequence[str], stale_s: float, *, as_json: bool, out: Path | None, console: Console
) -> list[QualityReport]:
    """Assess every source; nothing is left out of what is counted.

    Raises:
        BadInput: a source, or a file of another version; a page that cannot be written.
    """
    reports = [assess(tape, int(stale_s * SECOND)) for tape in open_sources(sources, Policy.COUNT)]
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(reports), indent=1).decode())
    else:
        tell(reports, console)
    if out is not None:
        from penstock.app.market.page.quality_page import render

        _write(out, render(reports))
        if not as_json:
            console.print(f"written: {out}", highlight=False, soft_wrap=True, markup=False)
    return reports


def tell(reports: Sequence[QualityReport], console: Console) -> None:
    """Scores of all sources in one table, then what was found in each."""
    console.print(
        FittedTable(
            [
                Column("source", [_short(each.source) for each in reports], justify="left"),
                Column("rows", [f"{sum(each.rows.values()):,}" for each in reports], keep=2),
                *(Column(name, [score_text(each.score(name)) for each in reports]) for name in DIMENSIONS),
            ]
        )
    )
    for each in reports:
        console.print()
        span = f"{to_iso(each.start_ns)} to {to_iso(each.end_ns)}"
        console.print(Text.assemble((_short(each.source), "bold"), f"  {span}"))
        for finding in each.findings:
            mark, style = MARKS[finding.severity]
            console.print(Text.assemble((f" {mark} ", style), finding.text), highlight=False)
        for _, alike in groupby(sorted(each.faults, key=lambda one: one.kind), key=lambda one: one.kind):
            for fault in list(alike)[:SHOWN]:
                console.print(Text(f"   {_named(fault).error()}", style="dim"), highlight=False)
        if each.venues:
            console.print(_venues(each))


def _venues(report: QualityReport) -> FittedTable:
    lines = sorted(report.venues, key=lambda each: -each.quotes - each.trades)
    return FittedTable(
        [
            Column("venue", [each.venue for each in lines], justify="left"),
            Column("quotes", [f"{each.quotes:,}" for each in lines]),
            Column("trades", [f"{each.trades:,}" for each in lines]),
            Column("at the best", [_share(each.at_best) for each in lines]),
            Column("stale", [_share(each.stale) for each in lines]),
        ]
    )


def score_text(score: float | None) -> Text:
    """A score in the colour of what it means, rounded down: 100 is without a defect."""
    if score is None:
        return Text(NONE, style="dim")
    style = "green" if score >= GOOD else "yellow" if score >= FAIR else "red"
    return Text(f"{math.floor(score * 10) / 10:.1f}", style=style)


def _share(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def _short(source: str) -> str:
    kind, _, path = source.partition(":")
    name = f"{kind}:{Path(path).name}"
    return name if len(name) <= NAME_CHARS else f"{name[: NAME_CHARS - 1]}…"


def _named(fault: Fault) -> Fault:
    """With the file's name alone, for a terminal's width."""
    return msgspec.structs.replace(fault, file=Path(fault.file).name)


def _write(out: Path, text: str) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput("--out", str(out), f"cannot be written to: {error.strerror}") from None
