"""Several schedules in one: their weighted mean, which never goes back where none of them does."""

import msgspec

from penstock.algos.slicing import Fraction


class Blended(msgspec.Struct, frozen=True, gc=False):
    """Parts with their weights, which sum to 1."""

    parts: tuple[tuple[float, Fraction], ...]

    def __call__(self, at: int) -> float:
        return sum([weight * part(at) for weight, part in self.parts])
