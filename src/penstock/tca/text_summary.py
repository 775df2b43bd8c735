"""The cost analysis as plain text: what a desk pastes into a message."""

from typing import Any

from penstock.tca.html.wording import NOTHING, number, percent, signed

WIDTH = 78
PART_LABELS = {
    "delay": "Delay",
    "spread": "Spread",
    "temporary": "Temporary impact",
    "permanent": "Permanent impact",
    "timing": "Timing (market drift)",
    "opportunity": "Opportunity (unfilled)",
    "fees": "Fees",
    "commissions": "Commissions",
    "total": "Implementation shortfall",
}


def text_summary(report: dict[str, Any], title: str) -> str:
    """The template, filled in from a `study_report`; every line is at most `WIDTH` wide but for long names."""
    totals, lines = report["totals"], ["TRANSACTION COST ANALYSIS", title, "=" * WIDTH]
    lines += _block(
        "ORDERS",
        [
            ("Orders, filled", f"{totals['orders']:,}, {totals['orders_filled']:,}"),
            ("Fills", f"{totals['fills']:,}"),
            ("Period", f"{report['span']['first_fill'] or NOTHING} to {report['span']['last_fill'] or NOTHING}"),
            ("Traded", f"{number(totals['traded_notional'])} {totals['currency']}".strip()),
            ("Fill rate", percent(totals["fill_rate"], 2)),
            ("Passive", percent(totals["passive_ratio"], 1)),
            ("Participation", percent(totals["participation"]["mean"], 2)),
        ],
    )
    for row in report["shortfall"]:
        head = f"COSTS, {row['currency'] or 'price currency'} (decision value {number(row['notional'])})"
        lines += ["", head, "-" * WIDTH]
        for part, amount in row["exact"].items():
            bps = row["bps"][part]
            if part == "total":
                lines.append("-" * WIDTH)
            lines.append(f"  {PART_LABELS[part]:<28}{plain(amount):>30}{_bps(bps):>16}")
    lines += _block("TCA SUMMARY", [(name, _bps(value)) for name, value in report["tca"].items()])
    lines += _block(
        "AGAINST BENCHMARKS (95 % interval)",
        [
            (row["benchmark"], f"{_bps(row['mean'])}   {_range(row)}")
            for row in report["benchmarks"]
            if row["mean"] is not None
        ],
    )
    lines += _block(
        "QUALITY, 0 TO 100", [(name.replace("_", " "), number(value, 1)) for name, value in report["scores"].items()]
    )
    lines += ["", "TARGETS", "-" * WIDTH]
    for row in report["targets"]:
        verdict = {True: "met", False: "MISSED", None: "not known"}[row["met"]]
        lines.append(
            f"  {row['target']:<38}{row['is']} {row['bound']:<8g}{row['unit']:<8}{_plain(row['result']):>12}  {verdict}"
        )
    if len(report["groups"].get("venue", [])):
        lines += [
            "",
            "VENUES",
            "-" * WIDTH,
            f"  {'':<22}{'share':>10}{'arrival':>12}{'eff.spread':>12}{'adverse':>12}{'fees':>8}",
        ]
        for row in report["groups"]["venue"][:15]:
            lines.append(
                f"  {row['group'][:22]:<22}{percent(row['share'], 1):>10}{signed(row['arrival_bps']):>12}"
                f"{signed(row['effective_bps']):>12}{signed(row['adverse_bps']):>12}{signed(row['fees_bps']):>8}"
            )
    left = report["left_out"]
    lines += _block("LEFT OUT", [(left["rules"][rule]["says"], f"{count:,}") for rule, count in left["counts"].items()])
    return "\n".join([*lines, ""])


def _block(head: str, rows: list[tuple[str, str]]) -> list[str]:
    return ["", head, "-" * WIDTH, *(f"  {name:<34}{value}" for name, value in rows)] if rows else []


def _bps(value: float | None) -> str:
    return NOTHING if value is None else f"{signed(value, 2)} bps"


def _range(row: dict[str, Any]) -> str:
    return "" if row["low"] is None else f"{signed(row['low'])} to {signed(row['high'])}"


def _plain(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.4g}"


def plain(exact: str) -> str:
    """An exact amount without the zeros at its end."""
    return exact.rstrip("0").rstrip(".") if "." in exact else exact
