"""What is wrong in a recording, row by row, and what is done about it: refused, left out, or repaired by a stated rule.

| fault       | `repair`                                                    | `skip`       |
|-------------|-------------------------------------------------------------|--------------|
| `truncated` | the whole rows before the cut are kept                      | the same     |
| `malformed` | left out: nobody knows what it said                         | left out     |
| `reordered` | put back in its place by time, within one piece of the file | left out     |
| `duplicate` | left out                                                    | left out     |
| `negative`  | left out                                                    | left out     |
| `zero`      | the side is withdrawn; a print or bar is left out           | left out     |
| `crossed`   | both sides are withdrawn: which one is wrong is not known   | left out     |
| `bad bar`   | left out                                                    | left out     |
| `unknown`   | an event on an order that was never announced: left out     | left out     |
| `gap`       | the book is unusable until the next snapshot                | the same     |
| `checksum`  | the book is unusable until the next snapshot                | the same     |

`refuse` stops at the first. A file of another version (columns that are not there) is refused always.
"""

from collections import Counter
from enum import StrEnum

import msgspec

from penstock.domain.errors import BadInput

EXAMPLES_MAX = 5  # of each kind


class Policy(StrEnum):
    """What to do with a faulty row; `COUNT` keeps all that can be kept, for a report on it."""

    REFUSE = "refuse"
    SKIP = "skip"
    REPAIR = "repair"
    COUNT = "count"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One faulty row, and the rule that it breaks. `row` 0 is the file itself."""

    kind: str
    file: str
    row: int
    field: str
    rule: str
    value: str = ""

    def error(self) -> BadInput:
        """The refusal of it."""
        place = ", ".join(part for part in (f"row {self.row}" if self.row else "", self.field) if part)
        return BadInput(self.file, place, self.rule, self.value or None)


class FaultSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How many of each kind, and the first few of each."""

    counts: dict[str, int] = {}
    examples: tuple[Fault, ...] = ()


class Faults:
    """Collects faults under a policy; under `refuse` the first one raises."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._counts: Counter[str] = Counter()
        self._examples: list[Fault] = []

    def add(self, fault: Fault, times: int = 1) -> None:
        """Count a fault that stands for `times` rows of its kind.

        Raises:
            BadInput: the policy is to refuse.
        """
        if self.policy is Policy.REFUSE:
            raise fault.error()
        if self._counts[fault.kind] < EXAMPLES_MAX:
            self._examples.append(fault)
        self._counts[fault.kind] += times

    def summary(self) -> FaultSummary:
        return FaultSummary(counts=dict(sorted(self._counts.items())), examples=tuple(self._examples))
