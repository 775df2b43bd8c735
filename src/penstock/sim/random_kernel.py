"""Random numbers inside kernels: xoshiro256++ (Blackman and Vigna 2018) over four words that the caller owns.

The words come from a seed and the names of whoever draws, so every venue of every symbol has a stream of its own and
nobody's numbers depend on what others drew.
"""

from hashlib import blake2b
from math import cos, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from penstock.sim.jit import kernel

Words = NDArray[np.uint64]

R11, R17, R19, R23, R41, R45 = (np.uint64(n) for n in (11, 17, 19, 23, 41, 45))
UNIT = 2.0**-53


def stream(seed: int, *names: str) -> Words:
    """The four words of a generator that belongs to this seed and these names."""
    digest = blake2b("/".join((str(seed), *names)).encode(), digest_size=32).digest()
    return np.frombuffer(digest, "<u8").astype(np.uint64)


@kernel
def uniform(words: Words) -> float:
    """The next number in [0, 1)."""
    total = words[0] + words[3]
    result = ((total << R23) | (total >> R41)) + words[0]
    shifted = words[1] << R17
    words[2] ^= words[0]
    words[3] ^= words[1]
    words[1] ^= words[2]
    words[0] ^= words[3]
    words[2] ^= shifted
    words[3] = (words[3] << R45) | (words[3] >> R19)
    return float(result >> R11) * UNIT


@kernel
def exponential(words: Words) -> float:
    """The next exponential number of mean 1."""
    return -log(1.0 - uniform(words))


@kernel
def normal(words: Words) -> float:
    """The next standard normal number (Box and Muller, one of the pair)."""
    radius = sqrt(-2.0 * log(1.0 - uniform(words)))
    return radius * cos(2.0 * pi * uniform(words))
