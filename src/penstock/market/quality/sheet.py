"""Five dimensions of quality, each a score in [0, 100] by a stated formula over counts that are shown beside it.

| dimension    | score = 100 × |
|--------------|-----------------------------------------------------|
| completeness | 1 - missing / (missing + present) |
| accuracy     | 1 - wrong / present |
| timeliness   | (1 - stale time / open time) × (1 - early / timed) |
| consistency  | 1 - contradictions / comparisons |
| reliability  | 1 - breaks / present |

*present* are the rows read. *Missing* are numbers skipped in a sequence, bars and settlements that the calendar
expects, orders never announced, and lines that cannot be read. *Wrong* rows are negative, zero or impossible in
themselves, or flagged by the vendor. *Stale time* is what passes, while the market is open, beyond the limit since the
last row; a row is *early* that was received before it was sent. *Contradictions* are between rows: crossed and locked
books, an own bid above an own ask, two streams that disagree. *Breaks* are rows out of order, doubled, after a gap, or
failing a checksum.
"""

import math
from collections import Counter
from enum import StrEnum

import msgspec

DIMENSIONS = {
    "completeness": "100 × (1 − missing / (missing + present))",
    "accuracy": "100 × (1 − wrong / present)",
    "timeliness": "100 × (1 − stale time / open time) × (1 − early / timed)",
    "consistency": "100 × (1 − contradictions / comparisons)",
    "reliability": "100 × (1 − breaks / present)",
}


class Severity(StrEnum):
    """How much a finding should worry a reader."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


class Finding(msgspec.Struct, frozen=True):
    """One sentence on the recording."""

    severity: Severity
    text: str


class Dimension(msgspec.Struct, frozen=True, kw_only=True):
    """A score rounded down, or None where nothing could be compared; and the counts behind it, the defects by name."""

    name: str
    score: float | None
    formula: str
    counts: dict[str, float]
    defects: dict[str, float]


class VenueLine(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange's rows, and how often it was quoting; shares in [0, 1], None without quotes."""

    venue: str
    quotes: int = 0
    trades: int = 0
    at_best: float | None = None
    stale: float | None = None


class Sheet:
    """Where the measures write what they counted."""

    def __init__(self) -> None:
        self.present = 0
        self.missing: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.breaks: Counter[str] = Counter()
        self.contradictions: Counter[str] = Counter()
        self.comparisons = 0
        self.stale_ns = 0
        self.open_ns = 0
        self.early = 0
        self.timed = 0
        self.findings: list[Finding] = []
        self.venues: list[VenueLine] = []

    def find(self, severity: Severity, text: str) -> None:
        self.findings.append(Finding(severity, text))

    def dimensions(self) -> tuple[Dimension, ...]:
        """The five, in the order of the table above."""
        missing, wrong, breaks = self.missing.total(), self.wrong.total(), self.breaks.total()
        contradictions = self.contradictions.total()
        timely = None if not self.open_ns and not self.timed else 100.0
        if timely is not None:
            timely *= 1 - _share(self.stale_ns, self.open_ns)
            timely *= 1 - _share(self.early, self.timed)
        scores: dict[str, tuple[float | None, dict[str, float], Counter[str]]] = {
            "completeness": (
                _score(missing, missing + self.present),
                {"missing": missing, "present": self.present},
                self.missing,
            ),
            "accuracy": (_score(wrong, self.present), {"wrong": wrong, "present": self.present}, self.wrong),
            "timeliness": (
                timely,
                {
                    "stale time, s": round(self.stale_ns / 1e9, 1),
                    "open time, s": round(self.open_ns / 1e9, 1),
                    "early": self.early,
                    "timed": self.timed,
                },
                Counter(),
            ),
            "consistency": (
                _score(contradictions, self.comparisons),
                {"contradictions": contradictions, "comparisons": self.comparisons},
                self.contradictions,
            ),
            "reliability": (_score(breaks, self.present), {"breaks": breaks, "present": self.present}, self.breaks),
        }
        return tuple(
            Dimension(
                name=name,
                score=None if score is None else math.floor(score * 100 + 1e-9) / 100,
                formula=DIMENSIONS[name],
                counts=counts,
                defects={what: count for what, count in defects.most_common() if count},
            )
            for name, (score, counts, defects) in scores.items()
        )


def _share(part: float, whole: float) -> float:
    return min(max(part / whole, 0.0), 1.0) if whole else 0.0


def _score(part: float, whole: float) -> float | None:
    return 100 * (1 - _share(part, whole)) if whole else None


def per_cent(share: float) -> str:
    """A share for a sentence: two figures where it is small."""
    percent = share * 100
    return f"{percent:.2f} %" if 0 < percent < 1 or 99 < percent < 100 else f"{percent:.1f} %"
