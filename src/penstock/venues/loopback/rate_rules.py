"""How a venue counts what is said to it: in fixed windows, one after the other, and what is too much is refused."""

from collections.abc import Iterable

from penstock.domain.time import SECOND
from penstock.domain.venue_budget import Budget, Message


class RateRules:
    """Counts for as long as the venue lives."""

    def __init__(self, budgets: Iterable[Budget]) -> None:
        self.budgets = tuple(budgets)
        self._windows: dict[str, tuple[int, int]] = {}  # the number of the window, and what is used of it

    def refusal(self, message: Message, now: int) -> str:
        """Why a message is too much; empty if it is not, and then it counts."""
        after = {}
        for budget in self.budgets:
            window = now // round(budget.window_s * SECOND)
            known, used = self._windows.get(budget.name, (window, 0))
            used = (used if known == window else 0) + budget.cost(message)
            if budget.cost(message) and used > budget.most:
                return f"429: more than {budget.most} of {budget.name}"
            after[budget.name] = (window, used)
        self._windows |= after
        return ""
