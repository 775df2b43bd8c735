"""When each parent wants to be asked again. Not state: after a restart every working parent is asked at once.

Orders that want the same instant, as all that rest until the session ends do, share one entry.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

STALE_MAX = 10_000


class Reminders:
    """Times (ns) by parent. A parent has one; a new one takes the place of the old."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {}
        self._due: dict[int, list[str]] = {}
        self._times: list[int] = []
        self._stale = 0

    def get(self, order_id: str) -> int | None:
        """When a parent wants to be asked; None if it does not."""
        return self._at.get(order_id)

    def put(self, order_id: str, at: int) -> None:
        """Ask this parent then, and not when it said before."""
        before = self._at.get(order_id)
        if before == at:
            return
        self._at[order_id] = at
        due = self._due.get(at)
        if due is None:
            self._due[at] = [order_id]
            heappush(self._times, at)
        else:
            due.append(order_id)
        if before is not None:
            self._outdate()

    def drop(self, order_id: str) -> None:
        """Do not ask this parent any more."""
        if self._at.pop(order_id, None) is not None:
            self._outdate()

    def next(self) -> int | None:
        """The earliest time that a parent wants; None if none does."""
        while self._times:
            at = self._times[0]
            due = self._due[at]
            while due and self._at.get(due[-1]) != at:
                due.pop()
                self._stale -= 1
            if due:
                return at
            del self._due[heappop(self._times)]
        return None

    def until(self, now: int) -> Iterator[str]:
        """The parents to ask by `now`, in the order of their times; each is forgotten as it is given."""
        while self._times and self._times[0] <= now:
            at = heappop(self._times)
            for order_id in self._due.pop(at):
                if self._at.get(order_id) == at:
                    del self._at[order_id]
                    yield order_id
                else:
                    self._stale -= 1

    def _outdate(self) -> None:
        """Count what waits in vain, and clear it away when it is more than what is waited for."""
        self._stale += 1
        if self._stale > len(self._at) + STALE_MAX:
            self._due = {}
            for order_id, at in self._at.items():
                self._due.setdefault(at, []).append(order_id)
            self._times = list(self._due)
            heapify(self._times)
            self._stale = 0


class Ends:
    """When orders that only rest come to their end: how many at each time (ns), and not which."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def add(self, at: int) -> None:
        self._counts[at] = self._counts.get(at, 0) + 1

    def drop(self, at: int) -> None:
        """One of them does not rest until then any more."""
        count = self._counts.get(at)
        if count == 1:
            del self._counts[at]
        elif count:
            self._counts[at] = count - 1

    def next(self) -> int | None:
        """The earliest of them; None if nothing rests."""
        return min(self._counts) if self._counts else None

    def take(self, now: int) -> bool:
        """Whether any is due by `now`; these are forgotten."""
        if not self._counts:
            return False
        due = [at for at in self._counts if at <= now]
        for at in due:
            del self._counts[at]
        return bool(due)
