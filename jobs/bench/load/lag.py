"""How far the store of elements is behind the acknowledgements, asked through the public contract."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from urllib.parse import quote

from jobs.bench.load.member import Member
from jobs.bench.load.times import Times
from jobs.bench.load.web import Web

EVERY_SECONDS = 0.7


async def probe(url: str, tokens: Callable[[Member], str], members: Sequence[Member], lags: Times) -> None:
    """Until cancelled: take an op acknowledged just now and wait until a read of the elements contains it."""
    webs: dict[str, Web] = {}
    try:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            acked = [(member, member.last_ack) for member in members if member.last_ack is not None]
            if not acked:
                continue
            # The last ones of a few: somebody who stopped drawing tells nothing.
            member, (position, at) = max(random.sample(acked, min(5, len(acked))), key=lambda each: each[1][1])
            token = tokens(member)
            web = webs.setdefault(token, Web(url, token))
            asked = time.monotonic_ns()
            answer = await web.request("GET", f"/api/boards/{member.board}/elements?min_position={quote(position)}")
            # Refused after its longest wait: at least as far behind as that.
            if answer.status in (200, 503):
                lags.add((time.monotonic_ns() - asked + (asked - at)) // 1000)
    finally:
        for web in webs.values():
            web.close()
