"""The heat map by weekday and hour, and the matrix of venues: cells with a figure and how strongly to colour it."""

from typing import Any, NamedTuple

from penstock.tca.html import wording
from penstock.tca.html.study.scatter_chart import short_number
from penstock.tca.study.curves import WEEKDAYS

METRICS = {"arrival_bps": "Cost against arrival", "effective_bps": "Effective spread", "notional": "Traded value"}
FAINT = 0.02  # nothing smaller is worth a strong colour


class Cell(NamedTuple):
    """What a cell shows and says; `heat` in [−1, 1], a cost above nought."""

    text: str
    heat: float
    said: str


def heat_rows(cells: list[dict[str, Any]]) -> tuple[list[int], dict[str, list[tuple[str, list[Cell | None]]]]]:
    """The hours that occur, and by metric a row for each weekday that does."""
    hours = sorted({cell["hour"] for cell in cells})
    days = sorted({cell["weekday"] for cell in cells})
    held = {(cell["weekday"], cell["hour"]): cell for cell in cells}
    made = {}
    for metric in METRICS:
        scale = _scale([cell[metric] for cell in cells])
        made[metric] = [
            (WEEKDAYS[day], [_cell(held.get((day, hour)), metric, scale, day, hour) for hour in hours]) for day in days
        ]
    return hours, made


def _cell(cell: dict[str, Any] | None, metric: str, scale: float, day: int, hour: int) -> Cell | None:
    if cell is None or cell[metric] is None:
        return None
    value = cell[metric]
    if metric == "notional":
        text, heat = short_number(float(f"{value:.2g}")), value / scale / 2 if scale else 0.0
    else:
        text, heat = wording.signed(value, 1), value / scale if scale else 0.0
    said = f"{WEEKDAYS[day]} {hour:02d}:00–{hour:02d}:59 UTC|{METRICS[metric]}: {text}|{cell['fills']} fills"
    return Cell(text, round(max(-1.0, min(1.0, heat)), 3), said)


def _scale(values: list[float | None]) -> float:
    """The 90th percentile of the sizes: what is coloured in full."""
    sizes = sorted(abs(value) for value in values if value is not None)
    return max(sizes[min(int(len(sizes) * 0.9), len(sizes) - 1)], FAINT) if sizes else 0.0


VENUE_COLUMNS = (
    ("share", "Share", "percent", 0),
    ("arrival_bps", "Cost vs arrival", "bps", 1),
    ("effective_bps", "Effective spread", "bps", 1),
    ("realised_bps", "Realised spread", "bps", 1),
    ("adverse_bps", "Adverse selection", "bps", 1),
    ("improvement_bps", "Improvement", "bps", -1),
    ("passive_ratio", "Passive", "percent", 0),
    ("fees_bps", "Fees", "bps", 1),
    ("fill_rate", "Fill rate", "percent", 0),
    ("reject_rate", "Rejected", "percent", 0),
    ("timeout_rate", "Timed out", "percent", 0),
    ("latency_ms", "Ack, ms", "number", 0),
)


def venue_matrix(
    groups: list[dict[str, Any]], records: list[dict[str, Any]]
) -> tuple[list[str], list[tuple[str, list[Cell | None]]]]:
    """Headings and a row for each venue; columns that nothing is known of are left out."""
    routed = {record["venue"]: record for record in records}
    rows = [{**row, **{k: v for k, v in routed.get(row["group"], {}).items() if k != "venue"}} for row in groups]
    columns = [column for column in VENUE_COLUMNS if any(row.get(column[0]) is not None for row in rows)]
    scales = {key: _scale([row.get(key) for row in rows]) for key, *_ in columns}
    made = []
    for row in rows:
        cells: list[Cell | None] = []
        for key, label, kind, sense in columns:
            value = row.get(key)
            if value is None:
                cells.append(None)
                continue
            text = _words(value, kind)
            heat = sense * value / scales[key] if scales[key] else 0.0
            cells.append(Cell(text, round(max(-1.0, min(1.0, heat)), 3), f"{row['group']}|{label}: {text}"))
        made.append((row["group"] or "not said", cells))
    return [label for _, label, *_ in columns], made


def _words(value: float, kind: str) -> str:
    if kind == "percent":
        return wording.percent(value, 1)
    return wording.signed(value) if kind == "bps" else wording.number(value, 1)
