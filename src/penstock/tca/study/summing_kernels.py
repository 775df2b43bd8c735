"""What runs over every row many times: sums by group, and resampling (orders drawn, labels shuffled) from a seed."""

import numpy as np

from penstock.sim.jit import kernel
from penstock.tca.study.tape import Floats, Ints


@kernel
def resampled_ratios(amount: Floats, weight: Floats, draws: int, seed: int) -> Floats:
    """Σ amount / Σ weight of `draws` samples of the rows, each as many rows as there are, drawn with replacement."""
    size = len(amount)
    ratios = np.empty(draws)
    state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x1234567)
    for draw in range(draws):
        top = bottom = 0.0
        for _ in range(size):
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            row = ((state >> np.uint64(32)) * np.uint64(size)) >> np.uint64(32)
            top += amount[row]
            bottom += weight[row]
        ratios[draw] = top / bottom if bottom > 0.0 else np.nan
    return ratios


@kernel
def shuffled_differences(amount: Floats, weight: Floats, first: Ints, draws: int, seed: int) -> Floats:
    """Ratio of the rows labelled 1 less that of the others, under `draws` random orders of the labels."""
    size = len(amount)
    labels = first.copy()
    differences = np.empty(draws)
    state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x89ABCDF)
    for draw in range(draws):
        for k in range(size - 1, 0, -1):
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            j = np.int64(((state >> np.uint64(32)) * np.uint64(k + 1)) >> np.uint64(32))
            labels[k], labels[j] = labels[j], labels[k]
        top_a = bottom_a = top_b = bottom_b = 0.0
        for k in range(size):
            if labels[k] == 1:
                top_a += amount[k]
                bottom_a += weight[k]
            else:
                top_b += amount[k]
                bottom_b += weight[k]
        differences[draw] = top_a / bottom_a - top_b / bottom_b if bottom_a > 0.0 and bottom_b > 0.0 else 0.0
    return differences


@kernel
def sums_by_row(place: Ints, rows: Floats, count: int) -> Floats:
    """Sums of the rows that have the same place: (count, columns)."""
    sums = np.zeros((count, rows.shape[1]))
    for k in range(rows.shape[0]):
        at = place[k]
        for column in range(rows.shape[1]):
            sums[at, column] += rows[k, column]
    return sums
