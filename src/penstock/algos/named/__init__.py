"""The named algorithms, a file each: a schedule, the slices made of it, and the tactic that works them.

Fields are the parameters by the specification's names; minutes and seconds are the user's units.
"""

from penstock.algos.named.algorithm import Algorithm
from penstock.algos.named.limit import Limit
from penstock.algos.named.market import Market

__all__ = ["Algorithm", "Limit", "Market"]
