"""What a model is asked with: a number that no model can take is refused by its name, never turned into a nan."""

from math import isfinite

import numpy as np
from numpy.typing import NDArray

from penstock.domain.errors import BadInput

Floats = NDArray[np.float64]
BPS = 1e4


def finite(model: str, **values: float) -> None:
    """Raises BadInput at the first value that is infinite or not a number."""
    for name, value in values.items():
        if not isfinite(value):
            raise BadInput(model, name, "must be a finite number", value)


def positive(model: str, **values: float) -> None:
    """Raises BadInput at the first value that is not greater than zero."""
    finite(model, **values)
    for name, value in values.items():
        if value <= 0:
            raise BadInput(model, name, "must be greater than zero", value)


def not_negative(model: str, **values: float) -> None:
    """Raises BadInput at the first value below zero."""
    finite(model, **values)
    for name, value in values.items():
        if value < 0:
            raise BadInput(model, name, "must not be negative", value)


def share(model: str, **values: float) -> None:
    """Raises BadInput at the first value outside (0, 1]."""
    positive(model, **values)
    for name, value in values.items():
        if value > 1:
            raise BadInput(model, name, "must be at most 1", value)


def count(model: str, **values: int) -> None:
    """Raises BadInput at the first value that is not a whole number of at least one."""
    for name, value in values.items():
        if value != int(value) or value < 1:
            raise BadInput(model, name, "must be a whole number of at least 1", value)


def vector(model: str, name: str, values: object, *, least: int = 1) -> Floats:
    """A list of finite numbers as an array; raises BadInput where it is not one, or is too short."""
    try:
        made = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(model, name, "must be a list of numbers", values) from None
    if made.ndim != 1 or len(made) < least:
        raise BadInput(model, name, f"must be a list of at least {least} numbers", values)
    if not np.isfinite(made).all():
        raise BadInput(model, name, "must hold finite numbers only", values)
    return made
