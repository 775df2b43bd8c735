"""The impact of an order in one formula with a desk's own numbers: size, volatility, pace, and four adjustments.

    temporary = α · (Q/ADV)^β · (σ/σ_ref) · pace^β                 paid on average, gone afterwards
    permanent = γ · (Q/ADV)^δ · (σ/σ_ref)                          half of the move that stays, paid on average
    momentum  = half of what the price is expected to move, against the order, while it is worked

all in bps. α and γ are what a whole day's volume, traded evenly over a day at the volatility σ_ref, would cost. `pace`
is one day over the share of a day's volume that trades while the order is worked: a busy hour is long, a quiet one
short (time of day). σ is today's volatility by its regime. A basket's other orders add to the permanent size by
correlation.

The defaults are the fit of Almgren, Thum, Hauptmann and Li, "Direct Estimation of Equity Market Impact" (2005), at
σ_ref = 2 % and shares outstanding of 200 days' volume: α = 0.142·σ_ref, γ = ½·0.314·200^¼·σ_ref, β = 0.6, δ = 1. What
one order costs lies about that with a standard deviation of `error` times the impact; half is our assumption until it
is fitted to one's own fills.
"""

import msgspec

from penstock.cost.arguments import BPS, finite, not_negative, positive

MODEL = "impact template"


class ImpactTemplate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of the formula: α and γ in bps, powers and weights without units.

    Raises:
        BadInput: a number that no market can have.
    """

    alpha: float = 28.4
    beta: float = 0.6
    gamma: float = 118.08
    delta: float = 1.0
    reference_volatility: float = 0.02
    regime_power: float = 1.0  # how impact follows today's volatility over the usual one; I-Star's fit is 0.71
    momentum_weight: float = 1.0  # of an expected move, how much is believed
    correlation_weight: float = 0.5  # of a correlated order's size, how much counts: an assumption
    error: float = 0.5

    def __post_init__(self) -> None:
        not_negative(
            MODEL, alpha=self.alpha, gamma=self.gamma, momentum_weight=self.momentum_weight, error=self.error,
            correlation_weight=self.correlation_weight, regime_power=self.regime_power,
        )  # fmt: skip
        positive(MODEL, beta=self.beta, delta=self.delta, reference_volatility=self.reference_volatility)

    def scale(self, daily_volatility: float, usual_volatility: float | None = None) -> float:
        """σ/σ_ref, with today's volatility against the usual one raised to the regime's power."""
        usual = usual_volatility or daily_volatility
        if usual == 0:
            return 0.0
        return float(usual / self.reference_volatility * (daily_volatility / usual) ** self.regime_power)

    def temporary_bps(self, size: float, volume_share: float, scale: float = 1.0) -> float:
        """What the pace costs: `size` is Q/ADV, `volume_share` the share of a day's volume while it is worked."""
        return float(self.alpha * scale * (size / volume_share) ** self.beta) if size else 0.0

    def permanent_bps(self, size: float, scale: float = 1.0) -> float:
        """What the size costs, at whatever pace."""
        return float(self.gamma * scale * size**self.delta) if size else 0.0


DEFAULT = ImpactTemplate()


class Adjustment(msgspec.Struct, frozen=True):
    """What changes the plain formula, by how many bps, and why."""

    name: str
    bps: float
    reason: str


class ImpactEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """The impact of an order, all in bps. `total_bps` is the sum of temporary, permanent and momentum.

    `adjustments` say how much of that is due to the volatility regime, the time of day, momentum and correlated orders;
    `error_bps` is one standard deviation of the model, without the price's own moves.
    """

    size_of_adv: float
    participation: float
    volatility_factor: float
    temporary_bps: float
    permanent_bps: float
    momentum_bps: float
    adjustments: tuple[Adjustment, ...]
    error_bps: float

    @property
    def total_bps(self) -> float:
        return self.temporary_bps + self.permanent_bps + self.momentum_bps


def estimate_impact(
    template: ImpactTemplate,
    size: float,
    volume_share: float,
    daily_volatility: float,
    *,
    clock_share: float | None = None,
    usual_volatility: float | None = None,
    expected_move_bps: float = 0.0,
    correlated_size: float = 0.0,
) -> ImpactEstimate:
    """The impact of `size` (Q/ADV, either sign) worked while `volume_share` of a day's volume trades.

    `clock_share` is the same window as a share of the day by the clock; `expected_move_bps` what the price is expected
    to move against the order meanwhile; `correlated_size` the sum of ρ·(Q/ADV) over the basket's other orders, negative
    where they trade the other way.

    Raises:
        BadInput: a window without volume, a negative volatility, a number that is not finite.
    """
    finite(MODEL, size=size, expected_move_bps=expected_move_bps, correlated_size=correlated_size)
    positive(MODEL, volume_share=volume_share)
    not_negative(MODEL, daily_volatility=daily_volatility)
    size = abs(size)
    usual = usual_volatility or daily_volatility
    calm, scale = template.scale(usual), template.scale(daily_volatility, usual)
    temporary = template.temporary_bps(size, volume_share, scale)
    together = max(size + template.correlation_weight * correlated_size, 0.0)
    alone, permanent = template.permanent_bps(size, scale), template.permanent_bps(together, scale)
    momentum = template.momentum_weight * expected_move_bps / 2
    notes: list[Adjustment] = []
    if scale != calm:
        changed = (temporary + alone) * (1 - calm / scale) if scale else 0.0
        times = daily_volatility / usual
        notes.append(Adjustment("volatility regime", changed, f"volatility is {times:.2f} times the usual"))
    if clock_share is not None and clock_share > 0 and size:
        by_clock = template.temporary_bps(size, clock_share, scale)
        busy = volume_share / clock_share
        notes.append(Adjustment("time of day", temporary - by_clock, f"volume comes at {busy:.2f} times its mean pace"))
    if momentum:
        way = "against" if momentum > 0 else "with"
        notes.append(
            Adjustment("momentum", momentum, f"the price is expected to move {abs(expected_move_bps):.1f} bps {way} it")
        )
    if correlated_size:
        notes.append(
            Adjustment("correlation", permanent - alone, f"correlated orders of {correlated_size:+.2%} of ADV")
        )
    return ImpactEstimate(
        size_of_adv=size,
        participation=size / volume_share,
        volatility_factor=scale,
        temporary_bps=temporary,
        permanent_bps=permanent,
        momentum_bps=momentum,
        adjustments=tuple(notes),
        error_bps=template.error * (temporary + permanent),
    )


def from_direct_estimation(turnover_days: float, reference_volatility: float = 0.02) -> ImpactTemplate:
    """The template that is Almgren's fit for a name whose shares outstanding are `turnover_days` days' volume.

    Raises:
        BadInput: numbers that are not positive.
    """
    positive(MODEL, turnover_days=turnover_days)
    return ImpactTemplate(
        alpha=0.142 * reference_volatility * BPS,
        gamma=0.314 / 2 * turnover_days**0.25 * reference_volatility * BPS,
        reference_volatility=reference_volatility,
    )
