"""What a study may be told to do otherwise, and what it does when told nothing."""

from dataclasses import dataclass

from penstock.domain.time import SECOND


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Horizons and ages in seconds, participation rates and confidence as shares.

    The market's way is kept for the `paths` largest orders, at `path_points` times each.
    `currency` is what amounts of several currencies are told in, by their orders' rates.
    `realised_s` must be one of `horizons_s`: it is the horizon of the realised spread, the reversion and the adverse
    selection that tables show. The same `seed` gives the same intervals.
    """

    horizons_s: tuple[float, ...] = (1, 5, 10, 30, 60, 300)
    realised_s: float = 60
    quote_age_max_s: float = 300
    after_max_s: float = 1
    rates: tuple[float, ...] = (0.1, 0.2)
    day_starts_s: int = 0
    confidence: float = 0.95
    draws: int = 1000
    permutations: int = 2000
    seed: int = 0
    currency: str = ""
    paths: int = 12
    path_points: int = 121
    outlier_score: float = 3.5
    peers_min: int = 5

    def __post_init__(self) -> None:
        assert self.realised_s in self.horizons_s, "the realised spread's horizon is one of the horizons"

    @property
    def realised(self) -> str:
        return horizon_name(self.realised_s)


def horizon_name(seconds: float) -> str:
    """`1s`, `5min`: how columns and charts name a horizon."""
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:g}min"
    return f"{seconds:g}s"


def nanoseconds(seconds: float) -> int:
    return round(seconds * SECOND)
