"""The Python client, async and sync, and what the README shows of it."""

import asyncio
import re
from decimal import Decimal
from pathlib import Path

import pytest
from serving import Server

from penstock.api.client import ApiProblem, AsyncClient, Client
from penstock.api.permissions import Role
from penstock.api.users import Grant

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
ACCOUNT = {"account": "client"}


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    return server.key("client", Role.TRADER, Grant(account="client", trade=True))


async def test_a_returned_order_is_live(server: Server, key: str) -> None:
    async with AsyncClient(server.url, key=key) as desk:
        order = await desk.submit("ACME", "buy", 30, **ACCOUNT)
        await order.done(30)
        assert (order.status, order.filled_quantity, order.remaining_quantity) == ("filled", 30, 0)
        assert order.average_price is not None
        assert sum(fill["last_qty"] for fill in order.fills) == 30
        fills = await desk.fills(order.order_id)
        assert sum(fill["quantity"] * fill["price"] for fill in fills) / 30 == order.average_price

        resting = await desk.submit("ACME", "sell", "40", price="250.25", **ACCOUNT)
        assert await desk.order(resting.order_id) is resting
        await resting.modify(quantity=50, price=Decimal("250.5"))
        await resting.cancel()
        await resting.done(30)
        assert (resting.status, resting.quantity) == ("canceled", 50)
        assert (await resting.report())["symbol"] == "ACME"


async def test_an_order_may_be_told_of_before_it_is_answered(server: Server, key: str) -> None:
    """Fills come by the stream, the answer by the request: whichever is first, nothing is lost or counted twice."""
    async with AsyncClient(server.url, key=key) as desk:
        orders = await asyncio.gather(*(desk.submit("GLOBEX", "buy", 2, **ACCOUNT) for _ in range(20)))
        await asyncio.gather(*(order.done(60) for order in orders))
        assert {(order.status, order.filled_quantity) for order in orders} == {("filled", Decimal(2))}


async def test_a_refusal_is_an_exception_with_a_code(server: Server, key: str) -> None:
    async with AsyncClient(server.url, key=key) as desk:
        with pytest.raises(ApiProblem) as refusal:
            await desk.submit("ACME", "buy", "0.5", **ACCOUNT)
        assert (refusal.value.status, refusal.value.code) == (422, "bad_input")
        assert refusal.value.errors[0]["pointer"] == "/quantity"
    async with AsyncClient(server.url, key="psk_nobody") as nobody:
        with pytest.raises(ApiProblem, match="not_authenticated"):
            await nobody.orders()
        with pytest.raises(ApiProblem, match="not_authenticated"):
            await nobody.submit("ACME", "buy", 1)
        with pytest.raises(ApiProblem, match="not_authenticated"):
            await anext(nobody.stream("orders"))
    with pytest.raises(ValueError, match="give a key"):
        AsyncClient(server.url)


async def test_a_client_id_makes_asking_again_harmless(server: Server, key: str) -> None:
    async with AsyncClient(server.url, key=key) as desk:
        first = await desk.submit("ACME", "buy", 5, price=150, client_order_id="mine-1", **ACCOUNT)
        again = await desk.submit("ACME", "buy", 5, price=150, client_order_id="mine-1", **ACCOUNT)
        assert first.order_id == again.order_id
        assert first.view["client_order_id"] == "mine-1"


def test_the_readmes_example_runs(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.admin()
    server.parts.service.users.set_password("admin", "a password for the readme")
    code = next(block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "Client(" in block)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    code = code.replace("http://127.0.0.1:8000", server.url).replace(
        "correct horse battery", "a password for the readme"
    )
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    printed = capsys.readouterr().out
    assert "filled 100" in printed
    assert "'fees_usd'" in printed


def test_programs_without_asyncio_have_the_same(server: Server, key: str) -> None:
    with Client(server.url, key=key) as desk:
        order = desk.submit("ACME", "buy", 5, **ACCOUNT).done(30)
        assert (order.status, order.is_over, order.filled_quantity) == ("filled", True, 5)
        assert desk.slices(order.order_id)
        assert desk.market_data("ACME")["symbol"] == "ACME"
        assert desk.pre_trade("ACME", "buy", 1000)["estimate"]
        assert {position["symbol"] for position in desk.positions("client")} >= {"ACME"}
        messages = desk.stream("orders", since=0)
        assert next(messages)["type"] == "subscribed"
        assert next(messages)["type"] == "event"
