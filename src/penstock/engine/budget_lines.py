"""Who waits for a venue's budget: cancels first, then the oldest; a parent that is served decides anew what it wants.

Nobody passes those who wait; who wants more than there is room for stands in line again. The lines are no state: after
a restart every parent is asked, the oldest first, and those for whom there is no room stand in line again.
"""

from collections.abc import Callable

from penstock.domain.venue_budget import Budget, Message
from penstock.engine.state import EngineState
from penstock.risk.venue_budgets import Spent, VenueBudgets, free_at, spend

NOBODY = ("", "")
CANCELS, OTHERS = Message.CANCEL, Message.NEW  # a line is called by the cheapest that its parents wait for

Line = dict[str, None]  # parents, the one that waits for longest first


class BudgetLines:
    """Looks are no events, so they are counted here and not in the state: a restart forgets the latest few."""

    def __init__(self, state: EngineState) -> None:
        self._state = state
        self._lines: dict[tuple[str, Message], Line] = {}
        self._unrecorded: dict[str, dict[str, Spent]] = {}
        self._served = NOBODY
        self.due_at: int | None = None

    def lets_pass(self, parent_id: str, venue: str, message: Message, now: int) -> bool:
        """Whether a message may leave now; if not, its parent stands in line, and is asked again when there is room."""
        budgets = self._state.risk.budgets
        account = budgets.get(venue) if budgets else None
        if account is None:
            return True
        key = (venue, CANCELS if message is Message.CANCEL else OTHERS)
        line = self._lines.get(key)
        if not line or self._served == (parent_id, venue):
            at = free_at(account, message, now, self._unrecorded.get(venue, {}))
            if at <= now:
                return True
            self.due_at = at if self.due_at is None else min(self.due_at, at)
        if line is None:
            line = self._lines[key] = {}
        line.setdefault(parent_id)
        return False

    def may_look(self, venue: str, now: int) -> bool:
        """Whether a venue may be looked at now; if so, that is spent."""
        account = self._state.risk.budgets.get(venue)
        if account is None:
            return True
        if free_at(account, Message.LOOK, now, self._unrecorded.get(venue, {})) > now:
            return False
        self.sent_unrecorded(venue, Message.LOOK, now)
        return True

    def sent_unrecorded(self, venue: str, message: Message, now: int) -> None:
        """A message leaves that no event tells of."""
        account = self._state.risk.budgets.get(venue)
        if account is not None:
            spend(VenueBudgets(account.budgets, self._unrecorded.setdefault(venue, {})), message, now)

    def serve(self, decide: Callable[[list[str]], None], now: int) -> None:
        """Ask those who wait, the oldest first, for as long as there is room."""
        if self.due_at is None or now < self.due_at:
            return
        self.due_at, due = None, list[int]()
        for key in sorted(self._lines):  # "cancel" comes before "new"
            line, (venue, message) = self._lines[key], key
            account, asked = self._state.risk.budgets.get(venue), set[str]()
            while line:
                at = now if account is None else free_at(account, message, now, self._unrecorded.get(venue, {}))
                if at > now:
                    due.append(at)
                    break
                first = next((parent_id for parent_id in line if parent_id not in asked), None)
                if first is None:
                    break  # all want more than there is room for, and said so
                asked.add(first)
                self._serve(first, line, venue, decide)
            if not line:
                del self._lines[key]
        if self.due_at is not None:
            due.append(self.due_at)
        self.due_at = min(due, default=None)

    def used(self, venue: str, budget: Budget, now: int) -> int:
        """Units of a venue's budget that count now."""
        accounts = (self._state.risk.budgets[venue].spent, self._unrecorded.get(venue, {}))
        return sum(spent[budget.name].used(now, budget.span) for spent in accounts if budget.name in spent)

    def waiting(self, venue: str) -> int:
        """How many parents wait for a venue."""
        return sum(len(line) for (name, _), line in self._lines.items() if name == venue)

    def _serve(self, first: str, line: Line, venue: str, decide: Callable[[list[str]], None]) -> None:
        del line[first]
        self._served = (first, venue)
        try:
            decide([first])
        finally:
            self._served = NOBODY
