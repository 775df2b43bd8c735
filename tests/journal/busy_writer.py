"""A program that commits as fast as it can and prints the number of every event it has been promised. To be killed."""

import asyncio
import sys

from desk_day import cancel

from penstock.journal import GroupCommit, open_journal


async def work(location: str) -> None:
    group = GroupCommit(open_journal(location))
    while True:
        await group.room()
        waiter = group.submit([cancel(group.seq + 1), cancel(group.seq + 2)])
        waiter.add_done_callback(lambda done: print(done.result(), flush=True))
        await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
