"""What the desk's clients ask for, by seed: parents of several kinds, changes of mind, and repeated requests.

In some seeds a risk manager is at work, too, who sets modes, resets breakers and changes limits, and now and then asks
for what cannot be done.
"""

from decimal import Decimal
from random import Random
from typing import Any

from penstock.domain import commands as cmd
from penstock.domain.orders import OrderTerms
from penstock.sim.faults.order_kinds import KINDS, SYMBOL, at_one_venue, group, some_price

__all__ = ["SYMBOL", "Clients"]

SCOPES = ("desk", "symbol/ACME", "venue/XA", "venue/XB", "account/main", "strategy/twap", "sector/none", "nowhere")
MODES = ("reduce_only", "no_new", "cancel_all", "flatten", "halted", "active", "asleep")
BREAKERS = (
    *(("consecutive", "desk"), ("consecutive", "desk"), ("slippage", "symbol/ACME"), ("stress", "symbol/ACME")),
    *(("latency", "venue/XA"), ("reject_rate", "venue/XB"), ("latency", "nowhere")),
)
LIMITS = ("position_quantity_max", "gross_exposure_max", "order_rate_max", "message_rate_max", "no_such_limit")
SET_MODE, CALM_DOWN, RESET, LIMIT = 0.06, 0.03, 0.08, 0.05  # per step, where a risk manager is at work
SIMPLE = 0.02  # per step, of orders that one venue does whole
SUBMIT, GROUP, REPEAT, CANCEL, AMEND, CANCEL_ALL = 0.06, 0.01, 0.01, 0.02, 0.05, 0.003  # per step


class Clients:
    """All of them together. `sent` is every parent they submitted, whether it was taken or not.

    `manager` is the chance of a risk manager; None: nobody manages risk. `simple` is that of orders sent whole, apart
    from all else.
    """

    def __init__(self, random: Random, manager: Random | None = None, simple: Random | None = None) -> None:
        self.random, self.manager = random, manager
        self.simple = simple or Random("simple")
        self.sent: dict[str, OrderTerms] = {}

    def ask(self, now: int) -> list[cmd.Command]:
        """What reaches the desk in this step."""
        random = self.random
        asked: list[cmd.Command] = []
        if random.random() < SUBMIT or not self.sent:
            terms = random.choice(KINDS)(f"P{len(self.sent) + 1}", random, now)
            self.sent[terms.order_id] = terms
            asked.append(cmd.SubmitOrder(ts=now, terms=terms))
        if self.simple.random() < SIMPLE:
            terms = at_one_venue(f"P{len(self.sent) + 1}", self.simple, now)
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
        return asked + (manage(self.manager, now) if self.manager else [])

    def _any(self) -> str:
        return self.random.choice(list(self.sent))

    def _amend(self, now: int) -> cmd.AmendOrder:
        random = self.random
        if random.random() < 0.5:
            return cmd.AmendOrder(ts=now, order_id=self._any(), quantity=Decimal(random.randint(1, 400)))
        return cmd.AmendOrder(ts=now, order_id=self._any(), limit_price=some_price(random))


def manage(random: Random, now: int) -> list[cmd.Command]:
    """What a risk manager asks in a step: stricter more often than it may be, and looser again a little later."""
    asked: list[cmd.Command] = []
    said: dict[str, Any] = {"by": random.choice(["ann", "ann", "ann", ""]), "reason": "a drill"}
    scope = random.choice(SCOPES)
    if random.random() < SET_MODE:
        asked.append(cmd.SetMode(ts=now, scope=scope, mode=random.choice(MODES), **said))
    if random.random() < CALM_DOWN:
        asked += [cmd.SetMode(ts=now, scope=each, mode="active", reset=True, **said) for each in SCOPES]
    if random.random() < RESET:
        breaker, where = random.choice(BREAKERS)
        asked.append(cmd.ResetBreaker(ts=now, breaker=breaker, scope=where, **said))
    if random.random() < LIMIT:
        value = random.choice([0, 50, 500, 5000, 50_000, "none", -1])
        asked.append(cmd.ChangeLimit(ts=now, scope=scope, name=random.choice(LIMITS), value=value, **said))
    return asked
