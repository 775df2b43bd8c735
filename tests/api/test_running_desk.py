"""An order checked the short way is the order that is checked the long way, and what is refused is refused by both."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import Server

from penstock.api.running import Wanted
from penstock.app.server.running_desk import LiveDesk
from penstock.domain.errors import BadInput
from penstock.domain.instructions import Instructions, OrderType, TimeInForce
from penstock.domain.orders import Side

NUMBERS = st.sampled_from([Decimal(n) for n in ("1", "100", "0.5", "-1", "0", "150", "150.25", "150.255")])

wanted = st.builds(
    Wanted,
    symbol=st.sampled_from(["ACME", "GLOBEX", "NOPE"]),
    side=st.sampled_from(list(Side)),
    quantity=NUMBERS,
    order_type=st.sampled_from([None, OrderType.MARKET, OrderType.LIMIT, OrderType.STOP]),
    algorithm=st.sampled_from([None, "market", "limit", "twap", "none such"]),
    limit_price=st.one_of(st.none(), NUMBERS),
    tif=st.sampled_from([TimeInForce.DAY, TimeInForce.IOC]),
    venues=st.sampled_from([(), ("NYX",), ("okx",)]),
    client_order_id=st.sampled_from([None, "a/1", "a/2"]),
    parameters=st.sampled_from([{}, {}, {"duration_minutes": 3}]),
    instructions=st.sampled_from([Instructions(), Instructions(stop_px=Decimal(150))]),
    account=st.sampled_from(["main", "other"]),
)


def outcome(work: Any, order: Wanted) -> Any:
    try:
        return work(order, "P007")
    except BadInput as error:
        return str(error)


@pytest.fixture(scope="module")
def desk(server: Server) -> LiveDesk:
    running = server.parts.service.desk
    assert isinstance(running, LiveDesk)
    return running


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(orders=st.lists(wanted, min_size=1, max_size=4))
def test_the_short_way_and_the_long_way_agree(desk: LiveDesk, orders: list[Wanted]) -> None:
    for order in orders:
        assert outcome(desk.terms, order) == outcome(desk._checked, order)
        other = msgspec.structs.replace(order, quantity=Decimal(3))
        assert outcome(desk.terms, other) == outcome(desk._checked, other)
