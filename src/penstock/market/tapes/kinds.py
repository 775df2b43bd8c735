"""`KIND:PATH`: the one way in which a recorded market is named."""

from difflib import get_close_matches
from pathlib import Path

from penstock.domain.errors import BadInput

KINDS = {
    "lobster": "LOBSTER order-by-order messages, with book rows or without",
    "binance": "raw Binance websocket lines: depth, touch, trades",
    "bitstamp": "Bitstamp order-by-order events as CSV",
    "ticks": "US equity quotes and trades with exchange codes",
    "taq": "TAQ quotes and trades with conditions",
    "minute": "one-minute bars labelled in US Central time",
    "lean": "LEAN's zipped one-minute trade and quote bars",
    "daily": "daily bars of many names, with sectors",
    "funding": "funding rates of perpetuals on several venues",
    "wire": "captures of Binance, Coinbase, Kraken and OKX wires",
}


def parse_source(source: str) -> tuple[str, Path]:
    """The kind and the path of `KIND:PATH`.

    Raises:
        BadInput: not of that form, or a kind that is not known.
    """
    kind, colon, path = source.partition(":")
    if not colon or not path:
        raise BadInput("SOURCE", "", f"is written KIND:PATH, with KIND one of {', '.join(KINDS)}", source)
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, 1)
        rule = f"did you mean {near[0]}?" if near else f"known are {', '.join(KINDS)}"
        raise BadInput("SOURCE", kind, f"is not a known kind: {rule}")
    found = Path(path)
    if not found.exists():
        raise BadInput("SOURCE", kind, "there is no such file or folder", path)
    return kind, found
