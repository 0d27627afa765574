"""The load processes: started apart from what measures, ordered over pipes."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

import orjson

from compose.embedded.command import with_our_packages
from jobs.bench.load.refusal import Refused

ANSWER_BYTES = 1 << 28
Json = dict[str, Any]


class Clients:
    """Some load processes that do the same together."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._running: list[asyncio.subprocess.Process] = []

    def __len__(self) -> int:
        return self._count

    @property
    def pids(self) -> list[int]:
        """The processes that live."""
        return [process.pid for process in self._running if process.returncode is None]

    async def start(self) -> None:
        """Start them all."""
        for number in range(self._count):
            self._running.append(
                await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "jobs.bench.load", f"c{number}"),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    env=with_our_packages(),
                    limit=ANSWER_BYTES,
                    start_new_session=True,
                )
            )

    async def order(self, act: str, call: str, each: Sequence[Json]) -> list[Json]:
        """Let each process do its part; their results. Raises Refused when one could not."""
        return await asyncio.gather(
            *(
                _order(process, {"act": act, "call": call, "with": words})
                for process, words in zip(self._running, each, strict=True)
            )
        )

    async def all(self, act: str, call: str, **words: Any) -> list[Json]:
        """Let every process do the same."""
        return await self.order(act, call, [words] * self._count)

    async def stop(self) -> None:
        """End them."""
        for process in self._running:
            if process.returncode is None:
                process.kill()
            await process.wait()
        self._running = []


async def _order(process: asyncio.subprocess.Process, order: Json) -> Json:
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise Refused("a load process has no pipes")
    stdin.write(orjson.dumps(order) + b"\n")
    await stdin.drain()
    line = await stdout.readline()
    if not line:
        raise Refused(f"a load process ended with status {await process.wait()}")
    answer: Json = orjson.loads(line)
    if "error" in answer:
        raise Refused(f"{order['act']} could not {order['call']}: {answer['error']}")
    result: Json = answer["result"]
    return result
