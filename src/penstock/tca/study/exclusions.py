"""What was left out, by which rule, and what that means: counted and listed, never a silent gap in a total."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True)
class Rule:
    """A rule's sentence and its consequence for the row that breaks it."""

    says: str
    effect: str


OUT = "the row is left out"
RULES: dict[str, Rule] = {
    "bad_time": Rule("the time cannot be read", OUT),
    "mixed_time_zones": Rule("the time has no zone, while other rows of the file have one", OUT),
    "bad_price": Rule("the price is missing, zero, negative or no number", OUT),
    "bad_quantity": Rule("the quantity is missing, zero, negative or no number", OUT),
    "wrong_side": Rule("the side is no word for buy or sell", OUT),
    "duplicate_fill": Rule("the fill id was there before: the first is kept", OUT),
    "duplicate_order": Rule("the order id was there before: the first is kept", OUT),
    "unknown_order": Rule("the fill's order is not among the orders", OUT),
    "unknown_symbol": Rule("the market knows nothing of the symbol", OUT),
    "outside_tape": Rule("the fill lies before the first or after the last row of its symbol's market", OUT),
    "all_fills_left_out": Rule("none of the order's fills can be used", "the order is left out"),
    "side_differs": Rule("the fill's side is not its order's", OUT),
    "no_quote": Rule(
        "no sound quote is known before the fill, or only an old one",
        "its cost against arrival counts as timing; spread, impact and mark-outs are told without it",
    ),
    "crossed_own_quote": Rule(
        "the quote that the fill brings is crossed or has a price that is no price",
        "the market's quote is taken instead",
    ),
    "no_arrival": Rule("no price is known at the order's arrival", "the first fill's mid, or else its price, is taken"),
    "overfilled": Rule("the fills are more than the order", "all fills count; the order's quantity becomes their sum"),
    "crossed_quote": Rule("the market's quote is crossed", "the quote is passed over"),
    "no_price": Rule("a price or size of the market is zero, negative or no number", "the market's row is passed over"),
    "late_row": Rule("the market's row is older than the one before it", "the market's row is passed over"),
    "unreadable_row": Rule("the market's row cannot be read", "the market's row is passed over"),
    "fee_apart": Rule("the fee is in a third currency", "it is no part of the fees"),
}


@dataclass
class Exclusions:
    """Every row that broke a rule: which file's, which row (or how many of a symbol's), and what it said."""

    rows: list[tuple[str, str, str, str, int]] = field(default_factory=list)

    def add(self, rule: str, where: str, row: str, value: object = "", count: int = 1) -> None:
        """One row, or `count` rows of a market told together."""
        assert rule in RULES, rule
        if count:
            self.rows.append((rule, where, row, str(value), int(count)))

    def counts(self) -> dict[str, int]:
        """How many rows broke each rule, in the rules' order."""
        counted: Counter[str] = Counter()
        for rule, _, _, _, count in self.rows:
            counted[rule] += count
        return {rule: counted[rule] for rule in RULES if counted[rule]}

    def frame(self) -> pl.DataFrame:
        """The list as a table, with each rule's sentence and effect."""
        table = pl.DataFrame(
            self.rows,
            schema={"rule": pl.String, "where": pl.String, "row": pl.String, "value": pl.String, "count": pl.Int64},
            orient="row",
        )
        says = {rule: each.says for rule, each in RULES.items()}
        effects = {rule: each.effect for rule, each in RULES.items()}
        return table.with_columns(
            pl.col("rule").replace_strict(says, return_dtype=pl.String).alias("says"),
            pl.col("rule").replace_strict(effects, return_dtype=pl.String).alias("effect"),
        )
