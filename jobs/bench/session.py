"""All works that were asked for, one after the other, each so many times; the median run is the result."""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from jobs.bench import accounting
from jobs.bench.bench import Bench
from jobs.bench.clients import Clients
from jobs.bench.deployment import Deployment, elsewhere, own
from jobs.bench.load.refusal import Refused
from jobs.bench.plan import Plan
from jobs.bench.run import Run
from jobs.bench.table import details
from jobs.bench.works_found import Work

# Between two works: what the last one left to be written is written.
REST_SECONDS = 1.0
FILES = 65_536


async def run(plan: Plan) -> dict[Work, list[Run]]:
    """Every run of every work; one that breaks off is told as such, and the next begins. Raises OSError."""
    results: dict[Work, list[Run]] = {}
    _raise_files()
    if (task := asyncio.current_task()) is not None:
        # Told to end, it still stops what it started and removes its directory, as after a Ctrl-C.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with _deployment(plan) as deployment:
        clients = Clients(plan.clients)
        await clients.start()
        try:
            bench = Bench(deployment, clients, plan.seconds, plan.warmup, compress=plan.compress, sockets=plan.sockets)
            for work in plan.works:
                _place(plan, work, deployment, clients)
                bench = replace(bench, flames=plan.flames and replace(plan.flames, work=work.name))
                for _ in range(plan.runs):
                    _tell(f"{work.name} …")
                    try:
                        measured = await work.measure(bench)
                    except (Refused, OSError) as error:
                        measured = Run({}, broken=f"it broke off: {error}")
                        await clients.stop()
                        await clients.start()
                        _place(plan, work, deployment, clients)
                    results.setdefault(work, []).append(measured)
                    _tell(details(work, measured))
                    await asyncio.sleep(REST_SECONDS)
        finally:
            await clients.stop()
    return results


def median(runs: Sequence[Run]) -> Run:
    """The run in the middle by its slowest deliveries; one that does not count makes that the result."""
    wrong = [each for each in runs if not each.counts]
    if wrong:
        return wrong[0]
    ranked = sorted(runs, key=_rank)
    return ranked[(len(ranked) - 1) // 2]


def _rank(measured: Run) -> float:
    rank = measured.figures.get("rank")
    if rank is not None:
        return float(rank)
    return (measured.seen if len(measured.seen) else measured.ack).percentile(99)


def _raise_files() -> None:
    """Let each process that is started from here hold as many sockets as it is allowed to; root allows itself more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (max(most, FILES), most):
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return


def _place(plan: Plan, work: Work, deployment: Deployment, clients: Clients) -> None:
    """The product on one core and the load on the others, or everything everywhere."""
    cores = os.sched_getaffinity(0)
    one = work.one_core if plan.one_core is None else plan.one_core
    ours, others = ({min(cores)}, cores - {min(cores)}) if one and len(cores) > 1 else (cores, cores)
    accounting.pin([pid for pids in deployment.processes().values() for pid in pids], ours)
    accounting.pin(clients.pids, others)
    if plan.prefer:
        accounting.prefer([*(pid for pids in deployment.processes().values() for pid in pids), *clients.pids])


@asynccontextmanager
async def _deployment(plan: Plan) -> AsyncIterator[Deployment]:
    if plan.against:
        yield elsewhere(plan.against)
        return
    _tell("starting the product …")
    async with own(workers=plan.workers) as deployment:
        yield deployment


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
