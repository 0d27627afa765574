"""Actions that somebody decides: boards made and renamed, half by requests, half by sockets."""

import asyncio
import time
from dataclasses import asdict, dataclass

from jobs.bench.bench import LEAD_SECONDS, Bench
from jobs.bench.load.times import Times
from jobs.bench.run import Run

ORDER = 9
TITLE = "decided action, 200/s, p50 / p95 / p99 ms: by REST; by socket"
ONE_CORE = True


@dataclass(frozen=True, slots=True)
class Size:
    """How many people, and how many actions a second of all together."""

    accounts: int = 100
    rate: float = 200


async def measure(bench: Bench, size: Size = Size()) -> Run:
    """Times from asking to the answer; afterwards every board must be there once."""
    run, stage = Run(asdict(size), bench.seconds), bench.stage
    tokens = await asyncio.gather(*(stage.account() for _ in range(size.accounts)))
    clients = len(bench.clients)
    opening = [{"url": bench.deployment.url, "tokens": tokens[n::clients]} for n in range(clients)]
    await bench.clients.order("deciding", "open", opening)
    share = size.rate / 2 / clients
    words = {
        "begin_ns": time.monotonic_ns() + round(LEAD_SECONDS * 1e9),
        "warmup": bench.warmup,
        "seconds": bench.seconds,
    }
    deciding = asyncio.ensure_future(
        bench.clients.all("deciding", "decide", **words, rest_rate=share, socket_rate=share)
    )
    await asyncio.sleep(LEAD_SECONDS + bench.warmup)
    async with bench.measured(run):
        await asyncio.sleep(bench.seconds)
    parts = await deciding
    await bench.clients.all("deciding", "close")
    times = {"rest": Times(), "socket": Times()}
    for part in parts:
        run.include_faults(part)
        run.sent += part["sent"]
        run.acked += part["answered"]
        for name, whole in times.items():
            whole.include(Times.read(part[name]))
        run.late.include(Times.read(part["late"]))
    for whole in times.values():
        run.ack.include(whole)
    run.figures = {name: whole.numbers() for name, whole in times.items()}
    run.figures["refused"] = [text for part in parts for text in part["refused"]]
    return run


def told(run: Run) -> str:
    """For the table."""
    ways = (run.figures["rest"], run.figures["socket"])
    return "; ".join(" / ".join(f"{way[share]:.0f}" for share in ("p50", "p95", "p99")) for way in ways)
