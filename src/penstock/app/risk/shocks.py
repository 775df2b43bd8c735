"""A scenario of one's own, as it is written on a command line: `price=-0.1`, `sector.tech=-20%`, `volatility=2` …"""

from collections.abc import Iterable, Mapping

from penstock.app.row import NUMBER, refuse_unknown
from penstock.domain.errors import BadInput
from penstock.risk.scenario import Scenario

PLAIN = ("volatility", "spread", "liquidity", "correlation")
WRITTEN = "is written NAME=NUMBER, such as price=-0.1, sector.tech=-20%, symbol.ACME=0.05 or volatility=2"


def parse_shocks(texts: Iterable[str], sectors: Mapping[str, str], name: str = "") -> Scenario:
    """The scenario of these shocks; `sectors` are those of the symbols that are held or worked.

    Raises:
        BadInput: a shock that is written in another way or twice, is about nothing that is there, or cannot be.
    """
    given = list(texts)
    fields: dict[str, float] = {}
    moves: dict[str, dict[str, float]] = {"sector": {}, "symbol": {}}
    there = {"sector": sorted({sector for sector in sectors.values() if sector}), "symbol": sorted(sectors)}
    for text in given:
        key, equals, value = text.partition("=")
        kind, dot, whose = key.strip().partition(".")
        number = _number(text, value) if equals else None
        if number is None:
            raise BadInput("--shock", "", WRITTEN, text)
        if dot:
            refuse_unknown("--shock", kind, moves)
            known = {each.lower(): each for each in there[kind]}
            if whose.lower() not in known:
                said = f"nothing is held there: {kind}s are {', '.join(there[kind]) or 'none'}"
                raise BadInput("--shock", key.strip(), said)
            target, field = moves[kind], known[whose.lower()]
        else:
            refuse_unknown("--shock", kind, ("price", *PLAIN))
            target, field = fields, "market" if kind == "price" else kind
        if field in target:
            raise BadInput("--shock", key.strip(), "is given twice")
        target[field] = number
    if not given:
        raise BadInput("--shock", "", "must be given at least once: " + WRITTEN.removeprefix("is "))
    return Scenario(name=name or ", ".join(given), sectors=moves["sector"], symbols=moves["symbol"], **fields)


def _number(text: str, value: str) -> float | None:
    plain = value.strip().replace("−", "-")
    scale = 0.01 if plain.endswith("%") else 1.0
    plain = plain.removesuffix("%").strip()
    return float(plain) * scale if NUMBER.fullmatch(plain) else None
