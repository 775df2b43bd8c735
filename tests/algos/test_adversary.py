"""What a counterparty can learn of our slices from the tape: much of a plain TWAP's, next to nothing of ours."""

from statistics import fmean

from benchmarks.adversary import Print, background, judged
from benchmarks.bench_adversary import hit_rates


def test_the_adversary_reads_a_careless_order() -> None:
    careless = [Print(30.0 * number, 250.0, 1) for number in range(40)]
    verdict = judged(background(1200, 0.2, 1), careless)
    assert verdict.hits >= 36  # all but the three that it learns from, and little luck


def test_the_adversary_foretells_a_plain_twap_and_not_ours() -> None:
    plain, ours, chance = (fmean(rates) for rates in zip(*(hit_rates(seed) for seed in range(6)), strict=True))
    assert plain > 0.9
    assert ours < 0.1
    assert ours - chance < 0.05
