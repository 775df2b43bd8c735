"""What an analysis leaves in its folder, each file whole or not at all."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from penstock.app.execute import write
from penstock.tca.exact_table import exact_parts_table
from penstock.tca.execution_report import to_json
from penstock.tca.figure import draw
from penstock.tca.html.study import render_study
from penstock.tca.html.study.words import lead, title
from penstock.tca.study.study import Study
from penstock.tca.text_summary import text_summary

PAGE, JSON, TEXT, EXCLUSIONS = "tca.html", "tca.json", "tca.txt", "exclusions.csv"
TABLES = ("orders", "fills")
FORMS = ("html", "json", "text", "csv", "parquet", "png", "pdf")


def write_study(
    study: Study,
    report: dict[str, Any],
    out: Path,
    *,
    source: str,
    heading: str = "",
    violations: Sequence[dict[str, Any]] = (),
) -> list[Path]:
    """Page, JSON, text, tables (CSV and Parquet), pictures; returns what was written, the page first."""
    out.mkdir(parents=True, exist_ok=True)
    head = heading or title(study)
    written = []

    def put(name: str, content: bytes) -> None:
        write(out / name, content)
        written.append(out / name)

    put(PAGE, render_study(study, report, heading=heading, source=source, violations=violations).encode())
    put(JSON, to_json(report))
    put(TEXT, text_summary(report, head).encode())
    exact = exact_parts_table(study)
    for name, frame in (("orders", study.orders.join(exact, on="order_id", how="left")), ("fills", study.fills)):
        put(f"{name}.csv", frame.drop("order", strict=False).write_csv().encode())
        _whole(out / f"{name}.parquet", frame.drop("order", strict=False).write_parquet)
        written.append(out / f"{name}.parquet")
    put(EXCLUSIONS, study.exclusions.frame().write_csv().encode())
    drafts = [out / f".tca.part{suffix}" for suffix in (".png", ".pdf")]
    draw(report, head, lead(report), drafts)
    for draft in drafts:
        draft.replace(out / f"tca{draft.suffix}")
        written.append(out / f"tca{draft.suffix}")
    return written


def _whole(path: Path, save: Callable[[Path], None]) -> None:
    draft = path.with_name(f".{path.name}.part")
    save(draft)
    draft.replace(path)
