"""Immediate orders have one try, and are over when nothing of it is on its way any more."""

from penstock.algos.tactic import RETRY
from penstock.algos.view import Plan, View


def tried(view: View) -> bool:
    """Whether an immediate order has had its one try, sent something or not."""
    return view.terms.tif.is_immediate and (view.taken_at > 0 or view.now > view.start)


def immediate_done(view: View) -> Plan:
    """An immediate order is over as soon as nothing of it is on its way."""
    return Plan((), view.now + RETRY, over="" if view.working else "immediate order done")
