"""What a loopback venue may do wrong on request: swallow or repeat its reports, answer late, hang up."""

from random import Random

import msgspec

from penstock.venues.loopback.wire import Report


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """Chances are of each report; `delay_ms` delays everything; it hangs up after so many messages (0: never)."""

    drop: float = 0.0
    repeat: float = 0.0
    delay_ms: float = 0.0
    hang_up_after: int = 0

    def told(self, report: Report, random: Random) -> list[Report]:
        """What really goes out in place of a report."""
        chance = random.random()
        if chance < self.drop:
            return []
        return [report, report] if chance < self.drop + self.repeat else [report]
