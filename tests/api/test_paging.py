"""Lists of orders are led on by a cursor: nothing twice, nothing missed, and looking changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from serving import Caller, Server

from penstock.api.permissions import Role
from penstock.api.users import Grant


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: what others do on the shared one has orders spelled out."""
    running = Server(tmp_path_factory.mktemp("paging") / "desk.db").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def trader(server: Server) -> Caller:
    return server.caller("pager", Role.TRADER, Grant(account="pages", trade=True))


def page(who: Caller, cursor: str | None, **asked: Any) -> tuple[list[str], str | None]:
    query = {"limit": 4, "account_id": "pages", **asked} | ({} if cursor is None else {"cursor": cursor})
    found = who.done("GET", "/orders", params=query)
    return [order["order_id"] for order in found["orders"]], found["next_cursor"]


def all_pages(who: Caller, cursor: str | None = None, **asked: Any) -> list[str]:
    listed, cursor = page(who, cursor, **asked)
    while cursor is not None:
        more, cursor = page(who, cursor, **asked)
        listed += more
    return listed


def test_pages_have_every_order_once_the_newest_first_and_leave_orders_as_they_are(
    server: Server, trader: Caller
) -> None:
    state = server.parts.driver.state
    given = [trader.order(account_id="pages", venues=["NYX"])["order_id"] for _ in range(10)]
    given.append(trader.order(account_id="pages", algo_type="TWAP", price=None)["order_id"])
    assert all(state.whole_of(order_id) for order_id in given[:10])  # sent whole, each one record
    assert all_pages(trader) == given[::-1]
    assert trader.done("GET", f"/orders/{given[0]}")["status"] == "new"
    with trader.stream(topics=["orders"], accounts=["pages"]) as stream:
        assert {each["order_id"] for each in stream.next("snapshot")["data"]} == set(given)
    assert all(state.whole_of(order_id) for order_id in given[:10])

    first, cursor = page(trader, None)
    late = trader.order(account_id="pages", venues=["NYX"])["order_id"]
    assert [*first, *all_pages(trader, cursor)] == given[::-1]
    assert all_pages(trader) == [late, *given[::-1]]

    trader.done("DELETE", f"/orders/{given[3]}")
    trader.until(f"/orders/{given[3]}", lambda order: order["status"] == "canceled")
    assert all_pages(trader, status="canceled") == [given[3]]
    assert all_pages(trader, status="open") == [each for each in [late, *given[::-1]] if each != given[3]]
    assert all_pages(trader, symbol="GLOBEX") == []


@pytest.mark.parametrize("cursor", ["nonsense", "LTU=", "Lw==", "NS8="])
def test_a_cursor_that_was_never_given_is_refused(trader: Caller, cursor: str) -> None:
    assert trader.refused("GET", "/orders", params={"cursor": cursor})[0] == 422
