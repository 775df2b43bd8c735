"""Limits, checks, breakers: only `review` makes an `Approved`, and venues accept nothing else."""

from penstock.risk.checks import CHECKS, Denial, Scene, market_of
from penstock.risk.limits import Limits
from penstock.risk.review import Approved, review, review_whole
from penstock.risk.rules import Rules

__all__ = ["CHECKS", "Approved", "Denial", "Limits", "Rules", "Scene", "market_of", "review", "review_whole"]
