"""Many stream clients in one process: each subscribes to the fills of one account, and notes when it was told.

A frame is read by hand, and its text looked at for a fill and nothing else: what is measured is the server.
"""

import asyncio
import json
import struct
import sys
from base64 import b64encode
from secrets import token_bytes
from time import perf_counter

import uvloop

PREFIX = "/api/v1/order-management"


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def subscribed(port: int, key: str, **asked: object) -> Stream:
    """A connection to the stream that has asked for something."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    nonce = b64encode(token_bytes(16)).decode()
    writer.write(
        f"GET {PREFIX}/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {nonce}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in head, head
    text = json.dumps({"do": "subscribe", **asked}).encode()
    assert len(text) < 126
    writer.write(bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text)
    return reader, writer


async def listen(port: int, key: str, fills: int, heard: list[list[float]], ready: asyncio.Semaphore) -> None:
    reader, writer = await subscribed(port, key, topics=["fills"], accounts=["told"])
    while b'"type":"snapshot"' not in await frame(reader):
        pass
    ready.release()
    for number in range(fills):
        while b'"event":"fill"' not in await frame(reader):
            pass
        heard[number].append(perf_counter())
    writer.close()


async def frame(reader: asyncio.StreamReader) -> bytes:
    """The next frame's content."""
    head = await reader.readexactly(2)
    length = head[1] & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", await reader.readexactly(8))
    return await reader.readexactly(length)


async def main(port: int, key: str, clients: int, fills: int) -> None:
    heard: list[list[float]] = [[] for _ in range(fills)]
    ready = asyncio.Semaphore(0)
    tasks = []
    for number in range(clients):
        tasks.append(asyncio.create_task(listen(port, key, fills, heard, ready)))
        if number % 50 == 49:
            await asyncio.sleep(0.05)
    for _ in range(clients):
        await ready.acquire()
    print("ready", flush=True)
    await asyncio.gather(*tasks)
    print(json.dumps(heard), flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
