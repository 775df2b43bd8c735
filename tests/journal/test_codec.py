"""Every kind of event survives its bytes, whatever its fields hold."""

from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.domain.events import AnyEvent, Event
from penstock.domain.instrument import Instrument
from penstock.domain.instruments import Equity
from penstock.journal.codec import decode, encode

KINDS = get_args(AnyEvent)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**53), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    str: st.text(max_size=12),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    NoneType: st.none(),
    Any: st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=8)),
    Instrument: st.just(Equity(symbol="ACME", tick_size=Decimal("0.010"), lot_size=Decimal("1E+1"))),
}


def any_value(kind: Any) -> st.SearchStrategy[Any]:
    """Whatever a field of this type may hold."""
    if kind in PLAIN:
        return PLAIN[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if any(isinstance(each, type) and issubclass(each, Instrument) for each in inner):
            return PLAIN[Instrument]
        return st.one_of(*map(any_value, inner))
    if origin is tuple:
        many = len(inner) == 2 and inner[1] is Ellipsis
        return st.lists(any_value(inner[0]), max_size=2).map(tuple) if many else st.tuples(*map(any_value, inner))
    if origin is dict:
        return st.dictionaries(any_value(inner[0]), any_value(inner[1]), max_size=2)
    if origin is list:
        return st.lists(any_value(inner[0]), max_size=2)
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    assert issubclass(kind, msgspec.Struct), kind
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: any_value(hints[field.name]) for field in msgspec.structs.fields(kind)})


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_is_the_same_after_its_bytes(kind: type[Event]) -> None:
    @settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
    @given(any_value(kind))
    def same(event: AnyEvent) -> None:
        body = encode(event)
        assert decode(body) == event
        assert encode(decode(body)) == body  # digits that equality does not see are kept as well
        assert b"\n" not in body

    same()


def test_every_event_has_a_name_of_its_own_on_record() -> None:
    assert len({kind.__struct_config__.tag for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"kind":"Nothing","ts":1}', b'{"kind":"OrderEnded"}', b"\xff"])
def test_bytes_that_are_no_event_are_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(body)
