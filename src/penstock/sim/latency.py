"""How long a message takes to a venue or back, in milliseconds: constant, jittered, or drawn from measured delays."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from penstock.domain.time import MILLISECOND
from penstock.sim.random_kernel import Words, exponential, uniform

Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=600_000)]


class Delay(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """What every kind is: `draw` gives the next delay and `least` the shortest there can be, in ns."""


class Constant(Delay, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="constant"):
    """Always `ms`."""

    ms: Milliseconds

    def draw(self, words: Words) -> int:
        return round(self.ms * MILLISECOND)

    @property
    def least(self) -> int:
        return round(self.ms * MILLISECOND)


class Jitter(Delay, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="jitter"):
    """`ms` at least, and an exponential time of mean `mean_ms` more: the usual shape of a network's delays."""

    ms: Milliseconds
    mean_ms: Milliseconds

    def draw(self, words: Words) -> int:
        return round((self.ms + self.mean_ms * exponential(words)) * MILLISECOND)

    @property
    def least(self) -> int:
        return round(self.ms * MILLISECOND)


class Empirical(
    msgspec.Struct, frozen=True, kw_only=True, tag="empirical", tag_field="kind", forbid_unknown_fields=True
):
    """One of `samples_ms`, each as likely: give measured delays."""

    samples_ms: Annotated[Sequence[Milliseconds], msgspec.Meta(min_length=1, max_length=100_000)]

    def draw(self, words: Words) -> int:
        return round(self.samples_ms[int(uniform(words) * len(self.samples_ms))] * MILLISECOND)

    @property
    def least(self) -> int:
        return round(min(self.samples_ms) * MILLISECOND)


Latency = Constant | Jitter | Empirical
