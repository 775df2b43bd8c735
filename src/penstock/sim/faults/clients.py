"""What the desk's clients ask for, by seed: parents of several kinds, changes of mind, and repeated requests."""

from decimal import Decimal
from random import Random

from penstock.domain import commands as cmd
from penstock.domain.orders import OrderTerms
from penstock.sim.faults.order_kinds import KINDS, SYMBOL, group, some_price

__all__ = ["SYMBOL", "Clients"]

SUBMIT, GROUP, REPEAT, CANCEL, AMEND, CANCEL_ALL = 0.06, 0.01, 0.01, 0.02, 0.05, 0.003  # per step


class Clients:
    """All of them together. `sent` is every parent they submitted, whether it was taken or not."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.sent: dict[str, OrderTerms] = {}

    def ask(self, now: int) -> list[cmd.Command]:
        """What reaches the desk in this step."""
        random = self.random
        asked: list[cmd.Command] = []
        if random.random() < SUBMIT or not self.sent:
            terms = random.choice(KINDS)(f"P{len(self.sent) + 1}", random, now)
            self.sent[terms.order_id] = terms
            asked.append(cmd.SubmitOrder(ts=now, terms=terms))
        if random.random() < GROUP:
            together = group(f"P{len(self.sent) + 1}", random, now)
            self.sent |= {terms.order_id: terms for terms in together.orders}
            asked.append(together)
        if random.random() < REPEAT:
            asked.append(cmd.SubmitOrder(ts=now, terms=random.choice(list(self.sent.values()))))
        if random.random() < CANCEL:
            asked.append(cmd.CancelOrder(ts=now, order_id=self._any()))
        if random.random() < AMEND:
            asked.append(self._amend(now))
        if random.random() < CANCEL_ALL:
            asked.append(cmd.CancelAll(ts=now, reason="second thoughts"))
        return asked

    def _any(self) -> str:
        return self.random.choice(list(self.sent))

    def _amend(self, now: int) -> cmd.AmendOrder:
        random = self.random
        if random.random() < 0.5:
            return cmd.AmendOrder(ts=now, order_id=self._any(), quantity=Decimal(random.randint(1, 400)))
        return cmd.AmendOrder(ts=now, order_id=self._any(), limit_price=some_price(random))
