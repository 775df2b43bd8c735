"""Words for buy and sell, FIX's numbers among them."""

import polars as pl

BUYS = ("buy", "b", "bot", "bought", "long", "1", "+1", "1.0", "cover", "buy_to_cover", "buy to cover", "buy_cover")
SELLS = (
    "sell",
    "s",
    "sld",
    "sold",
    "short",
    "-1",
    "-1.0",
    "2",
    "5",
    "6",
    "sell_short",
    "sell short",
    "ss",
    "sell_short_exempt",
)
SIGNS = {**dict.fromkeys(BUYS, 1), **dict.fromkeys(SELLS, -1)}
MAKERS = ("maker", "m", "a", "add", "added", "passive", "1", "make")
TAKERS = ("taker", "t", "r", "remove", "removed", "aggressive", "2", "take")
LIQUIDITY = {**dict.fromkeys(MAKERS, "maker"), **dict.fromkeys(TAKERS, "taker")}


def signs(column: pl.Series) -> pl.Series:
    """+1, −1, or null for what is no side."""
    words = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    return words.replace_strict(SIGNS, default=None, return_dtype=pl.Int8)


def liquidity(column: pl.Series) -> pl.Series:
    """`maker`, `taker`, or nothing where it is not said."""
    words = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    return words.replace_strict(LIQUIDITY, default="", return_dtype=pl.String)
