"""One load process: orders come as lines of JSON on standard input, answers go as lines to standard output.

`{"act": "rooms", "call": "open", "with": {…}}` calls a method of `Act` in the module of that name; the answer is
`{"result": …}` or `{"error": "…"}`. One act lives until another one is asked for.
"""

import asyncio
import gc
import importlib
import sys
from typing import Any

import orjson
import uvloop


async def serve(name: str) -> None:
    """Do what is ordered until the input ends."""
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader(limit=1 << 28)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    current, act = "", None
    while line := await orders.readline():
        order = orjson.loads(line)
        if order["act"] != current or order["call"] == "open":
            current = order["act"]
            act = importlib.import_module(f"jobs.bench.load.{current}").Act(name)
            gc.collect()
            # A pause of the collector would stand in the times; cycles are few and the process is short-lived.
            gc.disable()
        try:
            answer: dict[str, Any] = {"result": await getattr(act, order["call"])(**order["with"])}
        except Exception as error:  # noqa: BLE001 - whatever it is, the one who asked tells it
            answer = {"error": _told(error)}
        sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
        sys.stdout.buffer.flush()


def _told(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}" if str(error) else repr(error)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(sys.argv[1]))
