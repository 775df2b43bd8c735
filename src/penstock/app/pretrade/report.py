"""The analysis as data: plain values by name, for `--json` and whoever reads it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from penstock.cost.analysis import PreTrade
from penstock.cost.basket import Basket, JointSchedule


def document(analyses: Sequence[PreTrade], basket: Basket | None, joint: JointSchedule | None) -> dict[str, Any]:
    """Everything that was found out, in the units that the names say; the same analysis gives the same document."""
    orders = [order_document(each) for each in analyses]
    return {
        "orders": orders,
        "basket": None if basket is None else msgspec.to_builtins(basket),
        "joint_schedule": None if joint is None else msgspec.to_builtins(joint),
    }


def order_document(analysis: PreTrade) -> dict[str, Any]:
    """One order's analysis."""
    found: dict[str, Any] = msgspec.to_builtins(analysis)
    found["impact"]["total_bps"] = analysis.impact.total_bps
    advice = found.pop("recommendation")
    chosen = advice["chosen"]
    return {
        "order": found["order"]
        | {"side": analysis.order.side, "value": analysis.market.value(analysis.order.quantity)},
        "recommended": {
            "algorithm": chosen["algorithm"],
            "parameters": chosen["parameters"],
            "reason": advice["reason"],
            "warnings": advice["warnings"],
            "estimate": chosen,
        },
        "strategy": found["strategy"],
        "liquidity": found["liquidity"],
        "impact": found["impact"],
        "ways": [{name: value for name, value in way.items() if name != "done"} for way in found["ways"]],
        "frontier": found["frontier"],
        "cost_curve": found["cost_curve"],
        "risk_limits": found["limits"],
        "abort_conditions": found["aborts"],
        "market": found["market"],
        "template": found["template"],
    }
