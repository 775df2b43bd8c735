"""`penstock market profile`: a market's measured profile, as the market file that generates markets like it."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import track

from penstock.domain.errors import BadInput
from penstock.domain.time import MINUTE, SECOND, to_iso
from penstock.sim.generated_file import MINUTES_MAX
from penstock.sim.market_profile import MarketProfile
from penstock.sim.measured_profile import measured_profile
from penstock.sim.sources import Market, open_source

WRITTEN = ("price", "adv", "daily_volatility", "spread", "touch_quantity", "trades_per_second", "quotes_per_second")


def describe(source: str, seed: int, out: Path | None, console: Console) -> None:
    """Measure every book of a source, and print the file or write it.

    Raises:
        BadInput: an unknown source, or a market too short or too quiet to say what it is like.
    """
    if out is not None and out.exists():
        raise BadInput(str(out), "--out", "is there already")
    market = open_source(source, seed)
    books = track(list(market.books), "Playing", console=console, transient=True, disable=not console.is_terminal)
    text = as_file(market, [(book.venue, measured_profile(book)) for book in books])
    if out is None:
        console.print(text, end="", markup=False, highlight=False, soft_wrap=True)
        return
    out.write_text(text, encoding="utf-8")
    console.print(f"written: {out}; trade on it with --market file:{out}", highlight=False, soft_wrap=True)


def as_file(market: Market, measured: list[tuple[str, MarketProfile]]) -> str:
    """The table `generated` for these measured books; a symbol on several venues is split by their volumes."""
    by_symbol: dict[str, list[tuple[str, MarketProfile]]] = {}
    for venue, profile in measured:
        by_symbol.setdefault(profile.instrument.symbol, []).append((venue, profile))
    minutes = min(max((market.end - market.start) // MINUTE, 1), MINUTES_MAX)
    start = to_iso(market.start // SECOND * SECOND)
    lines = ["[generated]", f'start = "{start}"', f"minutes = {minutes}"]
    for symbol, parts in by_symbol.items():
        total = sum(profile.adv for _, profile in parts)
        first = parts[0][1]
        instrument = msgspec.to_builtins(first.instrument, str_keys=True)
        instrument.pop("symbol")
        fields = {name: getattr(first, name) for name in WRITTEN} | {"adv": total}
        shares = {venue: round(float(profile.adv / total), 4) for venue, profile in parts}
        lines += ["", f"[generated.symbols.{quoted(symbol)}]", f"instrument = {inline(instrument)}"]
        lines += [f"{name} = {value:f}" for name, value in fields.items()]
        lines.append(f"venues = {inline(shares)}")
    for spec in market.venues:
        fees = {name: value for name, value in msgspec.structs.asdict(spec.fees).items() if value}
        lines += ["", f"[generated.venues.{quoted(spec.name)}]", f"latency_ms = {spec.order_latency_ns / 1_000_000:g}"]
        lines += [f"fees = {inline(fees)}"] if fees else []
    return "\n".join(lines) + "\n"


def inline(table: Mapping[str, object]) -> str:
    """A table on one line."""
    return "{" + ", ".join(f"{quoted(name)} = {value_of(value)}" for name, value in table.items()) + "}"


def value_of(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and not is_number(value):
        return f'"{value}"'
    return str(value)


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def quoted(name: str) -> str:
    """A key, in quotes where TOML wants them."""
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else f'"{name}"'
