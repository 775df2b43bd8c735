"""Figures with their intervals as rows: a dot, a whisker and nought on one scale that all rows share."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from penstock.tca.html import wording


class Whisker(NamedTuple):
    """Places in percent of the track; `figure` and `spread` in words."""

    label: str
    at: float
    left: float
    width: float
    zero: float
    tone: str
    figure: str
    spread: str
    orders: int


def whiskers(rows: Iterable[tuple[str, dict[str, Any]]]) -> list[Whisker]:
    """Rows of (label, {mean, low, high, orders}); those without a mean are left out."""
    known = [(label, each) for label, each in rows if each["mean"] is not None]
    ends = [each[name] for _, each in known for name in ("mean", "low", "high") if each[name] is not None]
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return round(float(4 + (value - low) / span * 92), 2)

    made = []
    for label, each in known:
        start, stop = (each["mean"] if each[name] is None else each[name] for name in ("low", "high"))
        made.append(
            Whisker(
                label=label,
                at=place(each["mean"]),
                left=place(start),
                width=round(place(stop) - place(start), 2),
                zero=place(0.0),
                tone=sure_tone(each),
                figure=wording.signed(each["mean"]),
                spread=""
                if each["low"] is None
                else f"{wording.signed(each['low'])} to {wording.signed(each['high'])}",
                orders=each["orders"],
            )
        )
    return made


def sure_tone(each: dict[str, Any]) -> str:
    """Coloured only where the interval leaves no doubt of the sign."""
    if each["mean"] is None or (each["low"] is not None and each["low"] <= 0 <= each["high"]):
        return ""
    return wording.tone(each["mean"])
