"""Whose a position is, and by which rule its gains are counted."""

from enum import StrEnum

MAIN = "main"


class CostMethod(StrEnum):
    """What a closing trade closes: a share of everything held, or what was bought first."""

    AVERAGE = "average"
    FIFO = "fifo"
