"""The Python client: `AsyncClient` and `Client`, thin over the REST API and its stream, with orders that stay live.

async with AsyncClient("http://127.0.0.1:8000", key="psk_…") as desk:
order = await desk.submit("ACME", "buy", 100)
await order.done()
print(order.status, order.filled_quantity, order.average_price)
"""

from penstock.api.client.aio import AsyncClient
from penstock.api.client.connection import ApiProblem
from penstock.api.client.live_order import LiveOrder
from penstock.api.client.sync import Client, SyncOrder

__all__ = ["ApiProblem", "AsyncClient", "Client", "LiveOrder", "SyncOrder"]
