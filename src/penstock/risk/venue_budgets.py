"""What of each venue's budgets is used: a fold over what was sent, so a restart does not begin with a full purse."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping

import msgspec

from penstock.domain.venue_budget import Budget, Message

BUCKETS = 64  # of a window: what was sent within one is kept as one entry, which leaves with the latest of it


class Spent(msgspec.Struct):
    """Units by the time at which they were spent; memory is bounded by `BUCKETS` and a few. What is older is gone."""

    times: list[int] = []
    units: list[int] = []

    def add(self, at: int, units: int, span: int) -> None:
        """Spend, and forget what has left the window."""
        times, bucket = self.times, span // BUCKETS
        gone = bisect_right(times, at - span)
        if gone:
            del times[:gone], self.units[:gone]
        if times and times[-1] // bucket == at // bucket:
            times[-1] = at
            self.units[-1] += units
        else:
            times.append(at)
            self.units.append(units)

    def used(self, now: int, span: int) -> int:
        """Units within (now - span, now]."""
        return sum(self.units[bisect_right(self.times, now - span) :])


ByBudget = dict[str, Spent]  # by a budget's name


class VenueBudgets(msgspec.Struct):
    """One venue's budgets, and what of each is spent."""

    budgets: tuple[Budget, ...]
    spent: ByBudget = {}


def spend(account: VenueBudgets, message: Message, at: int) -> None:
    """A message was sent."""
    for budget in account.budgets:
        cost = budget.cost(message)
        if cost:
            spent = account.spent.get(budget.name)
            if spent is None:
                spent = account.spent[budget.name] = Spent()
            spent.add(at, cost, budget.span)


def free_at(account: VenueBudgets, message: Message, now: int, beside: Mapping[str, Spent]) -> int:
    """From when on a message may be sent: `now` itself if it may; `beside` is spent of the same budgets elsewhere."""
    at = now
    for budget in account.budgets:
        cost = budget.cost(message)
        if cost:
            room = budget.most_for(message) - cost
            kept = [spent for spent in (account.spent.get(budget.name), beside.get(budget.name)) if spent is not None]
            used = sum(spent.used(now, budget.span) for spent in kept)
            if used > room:
                at = max(at, frees(kept, used - room, now, budget.span))
    return at


def frees(kept: Iterable[Spent], units: int, now: int, span: int) -> int:
    """When so many units of what is spent within the window will have left it."""
    entries = sorted(pair for spent in kept for pair in zip(spent.times, spent.units, strict=True))
    for at, some in entries:
        if at > now - span:
            units -= some
            if units <= 0:
                return at + span
    return now + span  # it costs more than there ever is


def begun(known: Mapping[str, VenueBudgets], budgets: Mapping[str, tuple[Budget, ...]]) -> dict[str, VenueBudgets]:
    """The accounts of a session; what was spent before counts on, where a budget of that name still is."""
    found = {}
    for venue, those in budgets.items():
        if those:
            before = known[venue].spent if venue in known else {}
            names = {budget.name for budget in those}
            found[venue] = VenueBudgets(those, {name: spent for name, spent in before.items() if name in names})
    return found
