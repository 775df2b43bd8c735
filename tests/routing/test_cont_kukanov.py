"""How much to take and how much to rest: in closed form at one venue, on a lattice over several."""

import pytest

from penstock.domain.errors import BadInput
from penstock.routing.cont_kukanov import (
    Exponential,
    Normal,
    Outflow,
    Poisson,
    Queue,
    Recorded,
    Terms,
    cost_of,
    split,
    split_one,
    thresholds,
)

EXP22, EXP30, NORMAL = Exponential(2200), Exponential(3000), Normal(2500, 600)
# outflow, λ_u, units to rest, expected cost
ONE_VENUE: list[tuple[Outflow, float, float, float]] = [
    (EXP22, 0.020, 1000.0, 7.240431388900972),
    (EXP22, 0.026, 1000.0, 11.297904055569344),
    (EXP22, 0.040, 800.524486788353, 20.611759308540382),
    (EXP22, 0.050, 132.68122581382795, 23.38772742598355),
    (EXP22, 0.100, 0.0, 23.5),
    (EXP30, 0.020, 1000.0, 2.4439460727034135),
    (EXP30, 0.030, 1000.0, 8.077815736868923),
    (EXP30, 0.040, 1000.0, 13.711685401034432),
    (EXP30, 0.060, 365.37208109281073, 22.63071608041387),
    (EXP30, 0.100, 0.0, 23.5),
    (NORMAL, 0.026, 1000.0, 2.75),
    (NORMAL, 0.030, 1000.0, 4.75),
    (NORMAL, 0.050, 684.3755427206934, 12.624910759269095),
    (NORMAL, 0.060, 568.5111765928573, 15.010731818075833),
]


def terms(under: float = 0.026, over: float = 0.024) -> Terms:
    return Terms(half_spread=0.02, take_fee=0.003, impact=0.0005, under=under, over=over)


def queue(outflow: Outflow, ahead: float = 2000) -> Queue:
    return Queue(outflow=outflow, ahead=ahead, rebate=0.002)


@pytest.mark.parametrize(("outflow", "under", "rest", "cost"), ONE_VENUE)
def test_one_venue_in_closed_form(outflow: Outflow, under: float, rest: float, cost: float) -> None:
    found = split_one(1000, queue(outflow), terms(under))
    assert found.rest[0] == pytest.approx(rest, rel=1e-12, abs=1e-9)
    assert found.take == pytest.approx(1000 - rest, rel=1e-12, abs=1e-9)
    assert found.cost == pytest.approx(cost, abs=1e-9)


@pytest.mark.parametrize(
    ("outflow", "low", "high"),
    [
        (EXP22, 0.037961860892932346, 0.0528630390236516),
        (EXP30, 0.0486889518091197, 0.0699816752914375),
        (NORMAL, 0.033914192163892146, 0.19991071561822152),
    ],
)
def test_the_penalties_between_which_an_order_is_split(outflow: Outflow, low: float, high: float) -> None:
    assert thresholds(1000, queue(outflow), terms()) == pytest.approx((low, high), rel=1e-12)
    for under, whole in ((low * 0.999, 1000.0), (high * 1.001, 0.0)):
        assert split_one(1000, queue(outflow), terms(under)).rest == (whole,)
    assert 0 < split_one(1000, queue(outflow), terms((low + high) / 2)).rest[0] < 1000


@pytest.mark.parametrize(
    ("ahead", "take", "rest", "cost"), [(1800, 531, 469, 5.814280614572972), (2000, 731, 269, 14.81427711243632)]
)
def test_one_venue_of_orders_that_come_one_by_one(ahead: float, take: float, rest: float, cost: float) -> None:
    found = split_one(1000, queue(Poisson(2200), ahead), terms())
    assert (found.take, found.rest) == (take, (rest,))
    assert found.cost == pytest.approx(cost, rel=1e-9)
    assert split(1000, [queue(Poisson(2200), ahead)], terms()).cost == pytest.approx(cost, rel=1e-9)


@pytest.mark.parametrize(
    ("means", "queues", "take", "rest", "cost"),
    [
        ((2200, 2200), (2000, 2000), 499, (297, 297), 6.0076993026494385),
        ((2200, 2200), (1500, 2000), 0, (797, 297), -16.492278749846864),
        ((2200, 1500), (2000, 2000), 731, (269, 0), 14.81427711243632),
    ],
)
def test_two_venues(
    means: tuple[int, int], queues: tuple[int, int], take: int, rest: tuple[int, int], cost: float
) -> None:
    """The cost is compared: the optimum is flat. The published split costs as much, to the sixth digit."""
    listed = [queue(Poisson(mean), ahead) for mean, ahead in zip(means, queues, strict=True)]
    found = split(1000, listed, terms())
    assert found.cost == pytest.approx(cost, abs=1e-6)
    assert cost_of(1000, take, rest, listed, terms()) == pytest.approx(cost, abs=1e-9)
    assert abs(found.take - take) <= 2


def test_brute_force_finds_nothing_better() -> None:
    """Every split of twelve lots over two small books, over-resting included."""
    listed = [queue(Poisson(9), 6), Queue(outflow=Recorded((0.0, 3.0, 4.0, 11.0, 30.0)), ahead=2, rebate=0.001)]
    best = min(
        cost_of(12, take, (one, other), listed, terms())
        for take in range(14)
        for one in range(16)
        for other in range(16)
    )
    assert split(12, listed, terms()).cost == pytest.approx(best, abs=1e-9)


def test_a_third_venue_never_costs_more_and_five_are_searched_too() -> None:
    listed = [queue(Poisson(mean), ahead) for mean, ahead in ((22, 20), (30, 20), (15, 14), (40, 41), (9, 3))]
    costs = [split(40, listed[:venues], terms()).cost for venues in range(1, 6)]
    assert costs == sorted(costs, reverse=True)


def test_a_large_order_is_split_in_steps_of_its_own_size() -> None:
    found = split(100_000, [queue(Exponential(220_000), 200_000), queue(Exponential(220_000), 150_000)], terms(0.045))
    whole = [each / 50 for each in (found.take, *found.rest)]
    assert whole == [round(each) for each in whole]
    assert sum(found.rest) + found.take >= 100_000


@pytest.mark.parametrize(
    "broken",
    [
        lambda: split_one(0, queue(EXP22), terms()),
        lambda: split(100, [], terms()),
        lambda: split_one(100, queue(EXP22, -1), terms()),
        lambda: terms(-0.1),
    ],
)
def test_what_cannot_be_split_is_refused(broken: object) -> None:
    with pytest.raises(BadInput):
        broken()  # type: ignore[operator]
