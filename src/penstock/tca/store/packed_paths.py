"""The market's ways around orders as bytes, and back: JSON, where what is not known is null."""

import math

import msgspec
import numpy as np

from penstock.tca.study.study import Path
from penstock.tca.study.tape import Floats


class Packed(msgspec.Struct, frozen=True):
    """A `Path` in plain lists."""

    order_id: str
    ts: list[int]
    bid: list[float | None]
    ask: list[float | None]
    volume: list[float | None]
    plan: list[tuple[int, float]]


def packed(paths: tuple[Path, ...]) -> bytes:
    """The bytes of these paths."""
    rows = [
        Packed(
            order_id=path.order_id,
            ts=path.ts.tolist(),
            bid=_plain(path.bid),
            ask=_plain(path.ask),
            volume=_plain(path.volume),
            plan=list(path.plan),
        )
        for path in paths
    ]
    return msgspec.json.encode(rows)


def unpacked(body: bytes) -> tuple[Path, ...]:
    """The paths of these bytes."""
    return tuple(
        Path(
            order_id=row.order_id,
            ts=np.array(row.ts, np.int64),
            bid=_known(row.bid),
            ask=_known(row.ask),
            volume=_known(row.volume),
            plan=tuple(row.plan),
        )
        for row in msgspec.json.decode(body, type=list[Packed])
    )


def _plain(values: Floats) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]


def _known(values: list[float | None]) -> Floats:
    return np.array([math.nan if value is None else value for value in values], np.float64)
