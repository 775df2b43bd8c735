"""`penstock risk limits`: is a file of limits sound, what does it say, and which of it holds for an order?"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from penstock.app.fitted_table import Column, FittedTable
from penstock.app.inputs import read_limits_and_watch
from penstock.app.live.settings import RiskWatchSettings
from penstock.app.live.watch_tables import TIMEOUT, WATCH_RULES, Watch
from penstock.app.risk.limit_example import EXAMPLE
from penstock.app.row import refuse_unknown
from penstock.domain.errors import BadInput
from penstock.risk.breaker_settings import DEFAULTS as BREAKER_DEFAULTS
from penstock.risk.breaker_settings import plain_breakers
from penstock.risk.effective import Effective, effective
from penstock.risk.limit_book import LimitBook
from penstock.risk.limits import RULES, Limits, LimitSet
from penstock.risk.scopes import DESK, KINDS, Belongs, in_words

THE_ORDER = "the order"
DEFAULT_WATCH = msgspec.structs.asdict(RiskWatchSettings())
Row = tuple[str, str, str, str, str]  # scope, limit, value, unit, where it is from


def limits(file: Path | None, belongs: str, console: Console, *, example: bool) -> None:
    """Print an example, the limits of a file (the defaults without one), or those that hold for one order."""
    if example:
        print(EXAMPLE, end="")
        return
    book, watch = read_limits_and_watch(file)
    if belongs:
        order = parse_belongs(belongs, book)
        console.print(_table(list(rows_for(order, book)), "set by"))
        return
    console.print(_table([*limit_rows(book), *breaker_rows(book), *watch_rows(watch)], "from"))
    for said in book.warnings():
        console.print(f"without effect: {said}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    if file is not None:
        scopes = f"{len(book.scopes)} scopes beside the desk's" if book.scopes else "the desk only"
        console.print(f"{file} is sound: limits of {scopes}", style="green", markup=False, highlight=False)


def limit_rows(book: LimitBook) -> Iterator[Row]:
    """Every limit that is set, the desk's first, then scope by scope."""
    for scope in (DESK, *book.scopes):
        limits = book.of(scope)
        for name, rule in RULES.items():
            value = getattr(limits, name)
            if value is None or value == ():
                continue
            is_default = scope == DESK and value == getattr(Limits(), name)
            yield in_words(scope), name, shown(value), rule.unit, "default" if is_default else "file"


def breaker_rows(book: LimitBook) -> Iterator[Row]:
    """What of the circuit breakers differs from the defaults."""
    for name, table in plain_breakers(book.breakers).items():
        unit = BREAKER_DEFAULTS[name].unit
        for field, value in table.items():
            is_seconds = field.endswith("_s")
            yield f"breaker {name}", field, shown(value), "s" if is_seconds else unit, "file"


def watch_rows(watch: Watch) -> Iterator[Row]:
    """What a live desk watches by itself, where the file switches that on."""
    if watch.risk_watch is not None:
        for name, rule in WATCH_RULES.items():
            value = getattr(watch.risk_watch, name)
            yield "watch", name, shown(value), rule.unit, "default" if value == DEFAULT_WATCH[name] else "file"
    if watch.heartbeat_timeout_s is not None:
        yield "heartbeat", "timeout_s", shown(watch.heartbeat_timeout_s), TIMEOUT.unit, "file"
        yield "heartbeat", "mode", watch.heartbeat_mode, "", "file"


def rows_for(order: Belongs, book: LimitBook) -> Iterator[Row]:
    """What holds for an order: as the parent that is taken and, if it names a venue, as the child sent there."""
    seen = set()
    for belongs in (msgspec.structs.replace(order, venue=""), order):
        for row in effective_rows(effective(book, belongs)):
            tightest = row[0] == THE_ORDER and belongs.venue != order.venue
            if not tightest and row not in seen:
                seen.add(row)
                yield row


def effective_rows(found: Effective) -> Iterator[Row]:
    """The limits that hold for one order: the tightest of each, then every scope's on its total."""
    for name, rule in RULES.items():
        value = getattr(found.limits, name)
        if name in found.set_by and value not in (None, ()):
            yield THE_ORDER, name, shown(value), rule.unit, in_words(found.set_by[name])
    for bound in found.positions:
        for name, most in (("position_value_max", bound.value_max), ("position_quantity_max", bound.quantity_max)):
            if most is not None:
                yield in_words(bound.scope), name, shown(most), RULES[name].unit, in_words(bound.scope)
    for total in found.totals:
        for name in LimitSet.__struct_fields__:
            most = getattr(total, name, None)
            if most is not None:
                whose = total.credit_set_by if name == "credit_max" else total.scope
                yield in_words(total.scope), name, shown(most), RULES[name].unit, in_words(whose)
    for name in ("order_rate_max", "message_rate_max"):
        for rate in getattr(found, name):
            span = f"{RULES[name].unit} in {rate.span / 1e9:g} s"
            yield in_words(rate.scope), name, shown(rate.most), span, in_words(rate.scope)


def parse_belongs(text: str, book: LimitBook) -> Belongs:
    """`symbol=ACME,account=fund1` as the scopes of an order; its sector is the book's unless it is given.

    Raises:
        BadInput: an unknown kind of scope, or a part that is not written kind=name.
    """
    given: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, equals, name = part.partition("=")
        if not equals or not name.strip():
            raise BadInput("--for", "", "is written kind=name, separated by commas: symbol=ACME,account=fund1", part)
        refuse_unknown("--for", kind.strip(), KINDS)
        given[kind.strip()] = name.strip()
    return Belongs(**({"sector": book.sectors.get(given.get("symbol", ""), "")} | given))


def shown(value: Any) -> str:
    """A limit's value as people write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Decimal):
        text = f"{value:,f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:,g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _table(rows: list[Row], last: str) -> FittedTable:
    scopes, names, values, units, origins = zip(*rows, strict=True)
    dimmed = [Text(origin, style="dim" if origin == "default" else "") for origin in origins]
    return FittedTable(
        [
            Column("scope", scopes, "left"),
            Column("limit", names, "left"),
            Column("value", values),
            Column("unit", units, "left", keep=1),
            Column(last, dimmed, "left", keep=2 if last == "from" else 0),
        ]
    )
