"""One story that all consumers go through side by side, and what is seen of each on the way.

Every example of every type is in the log; then poison; then every example again while the process is killed; then it is
asked to stop; then poison until each has had more than its limit. The tests ask what was seen of each consumer.
"""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from consumers.discovery import manifests
from tests.conformance.bus import Bus, examples
from tests.conformance.tables import Effects, effects
from tests.product import Process, Product, free_port, wait_ready
from topics.bus.manifest import Manifest
from topics.bus.publish import Publisher
from topics.runtime.settings import Settings

WAIT_SECONDS = 120
POISON = b"{nope"
KEY = b"poison"
Letters = Sequence[Mapping[str, str]]


@dataclass
class Seen:
    """What was seen of one consumer."""

    manifest: Manifest
    first: Effects = field(default_factory=dict)
    again: Effects = field(default_factory=dict)
    letters: Letters = ()
    poisoned: Letters = ()
    lag: Mapping[str, float] = field(default_factory=dict)
    stopped: float = 0.0
    exit_code: int | None = None
    behind_at_exit: Sequence[str] = ()
    halted: str = ""
    buried: int = 0
    behind_when_halted: Sequence[str] = ()

    @property
    def no_lag(self) -> Mapping[str, float]:
        """What its lag comes to, by topic; a topic of its own for what was postponed is one of them."""
        retries = self.manifest.retries
        return dict.fromkeys([*self.manifest.reads, *([retries] if retries is not None else [])], 0.0)


@dataclass
class Troupe:
    """The processes of some consumers: those that share one, and one for each that wants its own."""

    product: Product
    seen: Mapping[str, Seen]
    processes: list[tuple[Process, list[str], str]] = field(default_factory=list)

    async def start(self, *, wait: bool = True) -> None:
        """Start them, and wait until they are ready."""
        alone = [[name] for name, each in self.seen.items() if each.manifest.own_process]
        together = [name for name, each in self.seen.items() if not each.manifest.own_process]
        for names in [*alone, together] if together else alone:
            port = str(free_port())
            verb = ("consumer",) if names in alone else ("consumers",)
            process = await self.product.spawn("conformance", "run", *verb, *names, DOSKA_OPERATIONS_PORT=port)
            self.processes.append((process, names, f"http://127.0.0.1:{port}"))
        if wait:
            await asyncio.gather(*(wait_ready(f"{url}/readyz", process) for process, _, url in self.processes))

    async def kill9(self) -> None:
        """Kill them where they are."""
        for process, _, _ in self.processes:
            process.kill9()
            await process.process.wait()
        self.processes.clear()

    async def stop(self) -> None:
        """Ask them to stop, and note how they end."""
        codes = await asyncio.gather(*(process.stop() for process, _, _ in self.processes))
        for (_, names, _), code in zip(self.processes, codes, strict=True):
            for name in names:
                self.seen[name].exit_code = code
        self.processes.clear()


async def told(names: Collection[str], settings: Settings, product: Product) -> Mapping[str, Seen]:
    """Run the story for some consumers on parts of their own."""
    known = manifests()
    seen = {name: Seen(known[name]) for name in sorted(names)}
    troupe, bus = Troupe(product, seen), Bus(settings)
    await bus.start()
    try:
        async with Publisher(settings, "tests") as publisher:
            await _read(troupe, bus, settings, publisher)
            await _flood(troupe, bus, publisher)
    finally:
        await troupe.stop()
        await bus.stop()
    return seen


async def _read(troupe: Troupe, bus: Bus, settings: Settings, publisher: Publisher) -> None:
    seen = troupe.seen
    read = [each.manifest for each in seen.values()]
    records = examples({topic for each in read for topic in each.reads})
    await troupe.start()
    for envelope, data in records:
        await publisher.publish(envelope, data)
    await bus.caught_up(read)
    for name, found in (await effects(settings, seen)).items():
        seen[name].first = found
        seen[name].letters = await bus.dead_letters(seen[name].manifest)
    for topic in {topic for each in read for topic in each.reads}:
        await (await publisher.send(topic, KEY, POISON, []))
    await bus.caught_up(read)
    for each in seen.values():
        each.poisoned = await bus.dead_letters(each.manifest)
    for number, (envelope, data) in enumerate(records):
        await publisher.publish(envelope, data)
        if number == len(records) // 2:
            await troupe.kill9()
    await troupe.start()
    await bus.caught_up(read)
    for name, found in (await effects(settings, seen)).items():
        seen[name].again = found
    await _measure(troupe)
    await troupe.stop()
    for each in seen.values():
        each.behind_at_exit = await bus.behind(each.manifest)


async def _measure(troupe: Troupe) -> None:
    """Wait until the lag of each is told for each of its topics and is nothing; keep what was told last."""
    deadline = time.monotonic() + WAIT_SECONDS
    for _, names, url in troupe.processes:
        while True:
            families = {each.name: each for each in text_string_to_metric_families(await _text(f"{url}/metrics"))}
            for name in names:
                told = [each for each in families["doska_lag_records"].samples if each.labels["consumer"] == name]
                troupe.seen[name].lag = {
                    topic: sum(each.value for each in told if each.labels["topic"] == topic)
                    for topic in {each.labels["topic"] for each in told}
                }
            if all(troupe.seen[name].lag == troupe.seen[name].no_lag for name in names) or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.2)


async def _flood(troupe: Troupe, bus: Bus, publisher: Publisher) -> None:
    """More poison in a row than anybody takes for an accident."""
    seen = troupe.seen
    before = {name: len(await bus.dead_letters(each.manifest)) for name, each in seen.items()}
    most = max(each.manifest.on_failure.dead_letter_limit.consecutive for each in seen.values())
    for topic in {topic for each in seen.values() for topic in each.manifest.reads}:
        for _ in range(most + 2):
            await (await publisher.send(topic, KEY, POISON, []))
    await troupe.start(wait=False)
    deadline = time.monotonic() + WAIT_SECONDS
    for process, names, url in troupe.processes:
        while time.monotonic() < deadline:
            assert process.process.returncode is None, process.tail()
            reasons = await _reasons(f"{url}/readyz")
            for name in names:
                seen[name].halted = reasons.get(name, "")
            if all(seen[name].halted.startswith("halted") for name in names):
                break
            await asyncio.sleep(0.2)
    for name, each in seen.items():
        each.buried = len(await bus.dead_letters(each.manifest)) - before[name]
        each.behind_when_halted = await bus.behind(each.manifest)


async def _text(url: str) -> str:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return await answer.text()


async def _reasons(url: str) -> Mapping[str, str]:
    try:
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            reasons: Mapping[str, str] = (await answer.json())["reasons"]
            return reasons
    except aiohttp.ClientError:
        return {}  # it does not listen yet
