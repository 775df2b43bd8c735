"""How long to wait before trying again: twice as long each time, up to a bound, and never all at the same instant."""

from collections.abc import Iterator
from random import Random


def delays(first_s: float, most_s: float, random: Random) -> Iterator[float]:
    """Endless delays in seconds: between half and the whole of a step that doubles from `first_s` to `most_s`."""
    step = first_s
    while True:
        yield step * random.uniform(0.5, 1.0)
        step = min(step * 2, most_s)
