"""What stops trading by itself. Counts live in the engine's state; these functions only judge them."""

from decimal import Decimal

from penstock.risk.limits import Limits


def too_many_rejects(consecutive: int, limits: Limits) -> str:
    """Why the desk must halt after this many rejects in a row; empty if it need not."""
    if consecutive >= limits.consecutive_rejects_max:
        return f"{consecutive} consecutive rejects (limit {limits.consecutive_rejects_max})"
    return ""


def too_much_slippage(slippage_cost: Decimal, arrival_value: Decimal, limits: Limits) -> str:
    """Why a parent must stop, given what slippage has cost it so far; empty if it need not."""
    if slippage_cost <= 0:  # no limit is below zero
        return ""
    bps = slippage_cost / arrival_value * 10_000
    if bps > limits.slippage_abort_bps:
        return f"cumulative slippage {bps:.2f} bps is above the limit {limits.slippage_abort_bps} bps"
    return ""
