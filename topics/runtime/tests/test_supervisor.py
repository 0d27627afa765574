import asyncio
from contextlib import AsyncExitStack

import pytest

from topics.errors import Halt
from topics.runtime import supervisor
from topics.runtime.health import Health
from topics.runtime.supervisor import supervise_all

LIMIT_SECONDS = 30


class Script:
    """A service that does what its script says, run after run: an exception, or work until stopped."""

    def __init__(self, name: str, *runs: Exception | None) -> None:
        self.name = name
        self.runs = list(runs)
        self.built = 0
        self.closed = 0
        self.ended = asyncio.Event()
        self.working = asyncio.Event()

    async def build(self, stack: AsyncExitStack) -> "Script":
        self.built += 1
        stack.callback(self._close)
        return self

    async def run(self, stopping: asyncio.Event) -> None:
        error = self.runs.pop(0)
        if error is not None:
            raise error
        self.working.set()
        await stopping.wait()

    def _close(self) -> None:
        self.closed += 1
        self.ended.set()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "BACKOFF_SECONDS", (0.001, 0.002))


async def run(health: Health, stopping: asyncio.Event, *scripts: Script) -> asyncio.Task[None]:
    return asyncio.create_task(supervise_all({each.name: each.build for each in scripts}, stopping, health))


async def test_halt_stops_its_own_service_and_the_neighbour_goes_on() -> None:
    halting, neighbour = Script("halting", Halt("the disk is full")), Script("neighbour", None)
    health, stopping = Health(), asyncio.Event()
    task = await run(health, stopping, halting, neighbour)

    await asyncio.wait_for(neighbour.working.wait(), LIMIT_SECONDS)

    assert health.not_ready()["halting"] == "halted: the disk is full"
    assert halting.built == halting.closed == 1
    assert not task.done()
    stopping.set()
    await asyncio.wait_for(task, LIMIT_SECONDS)
    assert neighbour.closed == 1


async def test_a_service_that_fails_is_built_anew_until_it_works() -> None:
    shaky = Script("shaky", OSError("no route"), OSError("no route"), None)
    stopping = asyncio.Event()
    task = await run(Health(), stopping, shaky)

    await asyncio.wait_for(shaky.working.wait(), LIMIT_SECONDS)

    assert (shaky.built, shaky.closed) == (3, 2)
    stopping.set()
    await asyncio.wait_for(task, LIMIT_SECONDS)


async def test_stopping_ends_the_wait_for_the_next_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "BACKOFF_SECONDS", (3600.0,))
    failing, health, stopping = Script("failing", OSError("no route")), Health(), asyncio.Event()
    task = await run(health, stopping, failing)
    await asyncio.wait_for(failing.ended.wait(), LIMIT_SECONDS)

    stopping.set()

    await asyncio.wait_for(task, LIMIT_SECONDS)
    assert "failed" in health.not_ready()["failing"]
