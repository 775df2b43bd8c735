"""An event on one line for people: the fields that a reader looks for, short."""

import msgspec

from penstock.domain.events import OrdersArchived, RecallAsked

SHOWN = 5  # of the orders that were archived together


def in_words(event: msgspec.Struct) -> str:
    """The terms of its order, if it has any, then its own fields by name."""
    given = msgspec.to_builtins(event)
    terms = given.pop("terms", None)
    parts = []
    if terms:
        price = terms.get("limit_price", "market")
        where = (
            f" on {terms['venue']}" if "venue" in terms else f" by {terms.get('algorithm', terms.get('order_type'))}"
        )
        parts.append(f"{terms['order_id']} {terms['side']} {terms['quantity']} {terms['symbol']} @ {price}{where}")
    for name, value in given.items():
        if name not in ("kind", "ts") and isinstance(value, str | int | float) and value != "":
            parts.append(f"{name}={value}")
    if isinstance(event, OrdersArchived):
        parts.append(f"{len(event.order_ids)} orders: {', '.join(event.order_ids[:SHOWN])}")
        parts += ["…"] if len(event.order_ids) > SHOWN else []
    if isinstance(event, RecallAsked):
        parts.append(f"waiting={event.waiting['type']}")
    return "  ".join(parts)
