"""How much and how: schedules, tactics, named algorithms. Pure functions of what is asked, done and seen."""

from penstock.algos.registry import ALGORITHMS, build, check, plan

__all__ = ["ALGORITHMS", "build", "check", "plan"]
