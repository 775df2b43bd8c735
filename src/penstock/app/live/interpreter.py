"""How the interpreter is set for a desk: quick hand-overs between threads, no long search for garbage while it trades.

Orders and events hold no cycles: reference counts free them. What does make cycles is young and small (a failed
connection's traceback), so that only young garbage is looked for at work, and all of it when the desk is idle.
"""

import gc
import sys

YOUNG_OBJECTS, YOUNG_ROUNDS, NEVER = 10_000, 10, 1_000_000_000


def tune(switch_interval_s: float) -> None:
    """Set it for a desk that has just recovered: what is there now is there to stay."""
    sys.setswitchinterval(switch_interval_s)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, NEVER)


def tidy() -> None:
    """Look for all garbage: for a moment in which nobody waits."""
    gc.collect()
