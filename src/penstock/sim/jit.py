"""How kernels are compiled: `numba.njit`, cached on disk beside the source, so that the second start is fast.

Numba's cache looks at the calling file only: after editing a kernel, touch the modules whose kernels call it.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile at the first call; the types are those of the plain function."""
    return cast(Function, numba.njit(cache=True)(function))


def inlined_kernel(function: Function) -> Function:
    """Compile into the calling kernel: for the steps of every event, whose call would cost more than they do."""
    return cast(Function, numba.njit(cache=True, inline="always")(function))


def bare_kernel(function: Function) -> Function:
    """Compile without reference counts, for kernels that are called at every event and make no arrays.

    A call hands over a book's arrays; counting who holds each of them would cost more than the event does.
    """
    return cast(Function, numba.njit(cache=True, _nrt=False)(function))
