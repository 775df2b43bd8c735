"""What an amendment may change of a working order: one row a rule, each with the sentence that refuses it."""

from collections.abc import Callable

from penstock.algos import check
from penstock.domain.errors import BadInput
from penstock.domain.instructions import TimeInForce
from penstock.domain.order_rules import named
from penstock.domain.orders import OrderTerms

LASTING = frozenset({TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD})

Forbidden = Callable[[OrderTerms, OrderTerms, bool], bool]

RULES: tuple[tuple[Forbidden, str], ...] = (
    (
        lambda old, new, native: old.tif is not new.tif and new.tif not in LASTING,
        "a working order cannot become {new.tif}: cancel it and send another",
    ),
    (
        lambda old, new, native: old.tif is not new.tif and old.tif not in LASTING,
        "an order that is {old.tif} stays so: cancel it and send another",
    ),
    (
        lambda old, new, native: native and (old.tif, old.instructions) != (new.tif, new.instructions),
        "the venue itself works this order: only its quantity and limit price can be amended",
    ),
    (
        lambda old, new, native: old.parameters != new.parameters and not named(old),
        "a {old.order_type} order has no algorithm whose parameters could change",
    ),
    (
        lambda old, new, native: old.instructions.reduce_only != new.instructions.reduce_only,
        "reduce_only cannot be amended: cancel the order and send another",
    ),
    (
        lambda old, new, native: old.instructions.located != new.instructions.located,
        "located cannot be amended: cancel the order and send another",
    ),
)


def forbidden_change(old: OrderTerms, new: OrderTerms, native: bool) -> str:
    """Why terms cannot become these, as a sentence; empty if they can. `native`: the venue itself works the order."""
    for forbidden, sentence in RULES:
        if forbidden(old, new, native):
            return sentence.format(old=old, new=new)
    if named(new):
        assert new.algorithm is not None
        try:
            check(new.algorithm, new.parameters)
        except (BadInput, ValueError) as error:
            return str(error)
    return ""
