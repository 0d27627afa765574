"""Three Kafka nodes, two edges, two replicas of the consumers, and relays on every wire of one machine of the two.

The machine `near` reaches Kafka, Valkey and PostgreSQL through relays that a test holds; `far` reaches them directly.
"""

import asyncio
import contextlib
import os
import re
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from compose.embedded.kafka_nodes import detour_port, name_of
from compose.embedded.stack import Stack
from tests.product import Edge, Process, Product, free_port, wait_ready
from tests.relay import Mode, Relay, relayed
from tests.stack import prepare, settings_from
from topics.bus.cluster import cluster
from topics.runtime.settings import Settings

NODES: Final = tuple(map(name_of, (1, 2, 3)))
# What people see of a board hangs on these; the others would only take time.
CONSUMERS: Final = ("room_fanout", "board_store", "board_decider", "identity_decider", "workspace_decider")
# Where they find the work of a board.
WORK: Final = {"room_fanout": "boards.ops", "board_store": "boards.ops", "board_decider": "boards.actions"}
LAG: Final = re.compile(r'^doska_lag_records\{consumer="(\w+)",partition="(\d+)",topic="([\w.]+)"\}', re.MULTILINE)
LIMIT_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Wire:
    """The way of one machine to one part, which may be several addresses."""

    relays: Sequence[Relay]

    async def set(self, mode: Mode, **how: Any) -> None:
        """See `Relay.set`."""
        await asyncio.gather(*(each.set(mode, **how) for each in self.relays))

    def forget(self) -> None:
        """See `Relay.forget`."""
        for each in self.relays:
            each.forget()


@dataclass(slots=True)
class Replica:
    """A process of consumers, and where it says how it is."""

    process: Process
    address: str

    @property
    def ready(self) -> str:
        """Where it says whether it is ready."""
        return f"{self.address}/readyz"

    @property
    def metrics(self) -> str:
        """Where it says what it does."""
        return f"{self.address}/metrics"


@dataclass(slots=True)
class World:
    """Everything; `wires` are those of the machine `near`, by the part that they lead to."""

    parts: Stack
    product: Product
    wires: Mapping[str, Wire]
    near_settings: Mapping[str, str]
    settings: Settings
    far: Edge
    near: Edge
    replicas: dict[str, Replica] = field(default_factory=dict)

    @property
    def doors(self) -> list[str]:
        """Both edges, the one first whom no relay can hurt."""
        return [self.far.base_url, self.near.base_url]

    async def start_replica(self, name: str, **settings: str) -> Replica:
        """Run the consumers once more; the name is that of the static member too."""
        port = free_port()
        told = {"DOSKA_REPLICA": name, "DOSKA_OPERATIONS_PORT": str(port), **settings}
        process = await self.product.spawn(f"consumers-{name}", "run", "consumers", *CONSUMERS, **told)
        replica = self.replicas[name] = Replica(process, f"http://127.0.0.1:{port}")
        await wait_ready(replica.ready, process)
        return replica

    async def kill_replica(self, name: str) -> None:
        """Kill a replica of the consumers."""
        process = self.replicas[name].process
        process.kill9()
        await process.process.wait()

    async def shared_out(self) -> Mapping[str, frozenset[int]]:
        """Wait until the replica `near` reads a share of every consumer's partitions; by consumer, which."""
        async with asyncio.timeout(2 * LIMIT_SECONDS):
            while True:
                found = await _lags(self.replicas["near"].metrics)
                shares = {name: frozenset(found.get((name, topic), ())) for name, topic in WORK.items()}
                if all(shares.values()):
                    return shares
                await asyncio.sleep(0.2)

    async def lose_nodes(self, *names: str) -> None:
        """Kill nodes of Kafka."""
        await asyncio.gather(*(self.parts.kill9(name) for name in names))

    def freeze(self, name: str) -> None:
        """Let a node stand still, with its connections open."""
        os.kill(self._pid(name), signal.SIGSTOP)

    def wake(self, name: str) -> None:
        """Let it go on."""
        os.kill(self._pid(name), signal.SIGCONT)

    def _pid(self, name: str) -> int:
        pid = self.parts.part(name).pid
        assert pid is not None
        return pid

    async def bring_back(self, *names: str) -> None:
        """Start nodes again, and wait until every copy of every partition is as good as the others."""
        await asyncio.gather(*(self.parts.restart(name) for name in names))
        await self.whole()

    async def whole(self) -> None:
        """Wait until no partition misses a copy."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while await self._missing():  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(0.2)

    async def _missing(self) -> int:
        # A new client each time: one that stood on a dead node would go on asking it.
        async with cluster(self.settings) as kafka:
            return await kafka.missing_copies()


async def _lags(url: str) -> Mapping[tuple[str, str], set[int]]:
    """By consumer and topic, the partitions whose lag a process tells: those that it reads."""
    found = defaultdict[tuple[str, str], set[int]](set)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http, http.get(url) as answer:
        for consumer, partition, topic in LAG.findall(await answer.text()):
            found[consumer, topic].add(int(partition))
    return found


async def reasons(url: str) -> Mapping[str, Any]:
    """What /readyz says: `ready`, `reasons`, and of an edge `impaired`."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http, http.get(url) as answer:
        said: Mapping[str, Any] = await answer.json()
        return said


async def says(url: str, *names: str, key: str = "reasons") -> Mapping[str, Any]:
    """Wait until /readyz gives a reason under each of these names."""
    said: Mapping[str, Any] = {}
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while not said.get(key, {}).keys() >= set(names):
                await asyncio.sleep(0.1)
                said = await reasons(url)
    except TimeoutError:
        raise AssertionError(f"{url} does not say that {names} are away: {said}") from None
    return said


async def is_well(url: str) -> None:
    """Wait until /readyz has nothing to say."""
    said: Mapping[str, Any] = {"ready": False}
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while not said["ready"] or said.get("impaired"):
                await asyncio.sleep(0.1)
                said = await reasons(url)
    except TimeoutError:
        raise AssertionError(f"{url} is not well again: {said}") from None


@asynccontextmanager
async def open_world(directory: Path) -> AsyncIterator[World]:
    """All of it, started and in the end removed."""
    async with AsyncExitStack() as stack:
        detours = [await stack.enter_async_context(relayed("kafka://127.0.0.1:1")) for _ in NODES]
        parts = Stack(
            directory / "parts", ports="free", kafka_nodes=len(NODES), kafka_detours=[each.port for each in detours]
        )
        await parts.start()
        stack.push_async_callback(_end, parts)
        for name, relay in zip(NODES, detours, strict=True):
            relay.lead_to(f"kafka://127.0.0.1:{parts.part(name).place.ports[detour_port(name)]}")
        (directory / "data").mkdir()
        (directory / "logs").mkdir()
        environment = await prepare(parts.environment(), directory / "data")
        valkey, postgres = [
            await stack.enter_async_context(relayed(environment[name]))
            for name in ("DOSKA_REDIS_URL", "DOSKA_POSTGRES_DSN")
        ]
        near = {
            "DOSKA_KAFKA_BOOTSTRAP": ",".join(f"127.0.0.1:{each.port}" for each in detours),
            "DOSKA_REDIS_URL": through(environment["DOSKA_REDIS_URL"], valkey),
            "DOSKA_POSTGRES_DSN": through(environment["DOSKA_POSTGRES_DSN"], postgres),
        }
        product = Product(environment, directory / "logs")
        stack.push_async_callback(product.stop)
        wires = {"kafka": Wire(detours), "valkey": Wire([valkey]), "postgres": Wire([postgres])}
        settings = settings_from(environment, Settings)
        far, by = await product.edge(), await product.edge(**near)
        world = World(parts, product, wires, near, settings, far, by)
        stack.push_async_callback(_stop, world.replicas.values())
        await asyncio.gather(world.start_replica("far"), world.start_replica("near", **near))
        yield world
        for wire in wires.values():
            await wire.set("open")


def through(url: str, relay: Relay) -> str:
    """The same address by way of a relay."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{relay.port}"))


async def _stop(replicas: Iterable[Replica]) -> None:
    await asyncio.gather(*(each.process.stop() for each in replicas))


async def _end(parts: Stack) -> None:
    # Nobody reads their data again, and three that are asked to stop at once wait for each other.
    with contextlib.suppress(KeyError):
        await asyncio.gather(*(parts.kill9(name) for name in NODES))
    await parts.stop()
