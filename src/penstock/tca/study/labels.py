"""Names as small whole numbers, so that sums by group are one pass of additions."""

import numpy as np
import polars as pl

from penstock.tca.study.tape import Ints


def coded(names: pl.Series, known: pl.Series | None = None) -> tuple[Ints, list[str]]:
    """The place of each name among the known ones (or among those that occur, in their order), and the names."""
    categories = names.unique(maintain_order=True) if known is None else known
    codes = names.cast(pl.Enum(categories)).to_physical().cast(pl.Int64).to_numpy()
    return np.ascontiguousarray(codes, np.int64), categories.to_list()
