"""Processes that kill themselves at a named step of the product, and the same work done by one that lives.

The product knows nothing of it: the step is one of its functions, and in the process that is to die that function is
wrapped. `python -m tests.victims` has loaded what consumers need and forks a process for each order that it reads, so
that the second which imports take is paid once.
"""

import asyncio
import functools
import inspect
import json
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NoReturn

import pytest

LIMIT_SECONDS = 60.0
LOADED = ("boto3", "consumers.board_archiver.app", "consumers.board_store.app", "consumers.room_fanout.app")

Work = Callable[[asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Step:
    """A call of the product; who makes it dies before it, after it, or halfway.

    `call` is `module:function` or `module:Class.method`, where it is looked up when it is called. Halfway: of what its
    last argument holds, if that is more than one, only the first half is done.
    """

    call: str
    moment: Literal["before", "halfway", "after"]


class Victim:
    """A process that works, and dies at its step once it is armed."""

    def __init__(self, armed: Path, end: "asyncio.Task[dict[str, int]]") -> None:
        self.end = end
        self._armed = armed

    def arm(self) -> None:
        """From now on its step is deadly."""
        self._armed.touch()

    async def killed(self, meanwhile: Callable[[], Awaitable[object]] | None = None) -> None:
        """Wait until it is dead, and do `meanwhile` again and again: it must not run out of work before its step."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while not self.end.done():
                if meanwhile is not None:
                    await meanwhile()
                await asyncio.wait({self.end}, timeout=0.05)
        assert self.end.result() == {"ended": -signal.SIGKILL}


class Victims:
    """Where victims come from, one at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @asynccontextmanager
    async def one(
        self, step: Step, armed: Path, work: str, environment: Mapping[str, str], **given: str
    ) -> AsyncIterator[Victim]:
        """A process that does `work` (`module:function`, called with settings, an event to stop at, and `given`).

        It is deadly from the moment on when the file `armed` is there.
        """
        order = {
            "step": asdict(step),
            "armed": str(armed),
            "work": work,
            "environment": dict(environment),
            "given": given,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        pid = (await self._told())["pid"]
        victim = Victim(armed, asyncio.create_task(self._told()))
        try:
            yield victim
        finally:
            if not victim.end.done():
                os.kill(pid, signal.SIGKILL)
            await victim.end

    async def _told(self) -> dict[str, int]:
        assert self._process.stdout is not None
        told: dict[str, int] = json.loads(await self._process.stdout.readline())
        return told


@pytest.fixture(scope="session")
async def victims() -> AsyncIterator[Victims]:
    """Processes to be killed."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=pipe, stdout=pipe)
    try:
        yield Victims(process)
    finally:
        process.terminate()
        await process.communicate()


async def consume(settings: Any, stopping: asyncio.Event, *, name: str, group: str) -> None:
    """Run a consumer as `doska run consumer` does, in a group of its own."""
    from consumers import discovery
    from topics.bus.context import open_context
    from topics.runtime.health import Health
    from topics.runtime.service import Service
    from topics.runtime.supervisor import supervise

    health = Health()

    async def build(stack: AsyncExitStack) -> Service:
        context = await open_context(discovery.manifest(name), settings, health, stack)
        return await discovery.builder(name)(replace(context, group=group))

    await supervise(name, build, stopping, health)


@asynccontextmanager
async def at_work(work: Work) -> AsyncIterator[None]:
    """The same work in this process, until what is within is done."""
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(work(stopping))
        try:
            yield
        finally:
            stopping.set()


def trap(step: Step, armed: Path) -> None:
    """Make a call deadly for this process, once `armed` is there."""
    module, _, path = step.call.partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, import_module(module))
    call = getattr(owner, name)

    def harmless() -> bool:
        return not armed.exists()

    @functools.wraps(call)
    async def deadly(*given: Any, **named: Any) -> Any:
        if harmless() or (step.moment == "halfway" and len(given[-1]) < 2):
            return await call(*given, **named)
        if step.moment == "halfway":
            await call(*given[:-1], first_half(given[-1]), **named)
        elif step.moment == "after":
            await call(*given, **named)
        die()

    @functools.wraps(call)
    def deadly_at_once(*given: Any, **named: Any) -> Any:
        if harmless():
            return call(*given, **named)
        die()

    awaited = inspect.iscoroutinefunction(call)
    assert awaited or step.moment == "before", "what is not awaited can only be died before"
    setattr(owner, name, deadly if awaited else deadly_at_once)


def first_half(many: Sequence[Any] | Mapping[Any, Any]) -> Any:
    if isinstance(many, Mapping):
        return dict(list(many.items())[: len(many) // 2])
    return many[: len(many) // 2]


def die() -> NoReturn:
    """Leave without a word to anybody, not even to asyncio."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def live(order: Mapping[str, Any]) -> None:
    """Do what was ordered, in this process, until it is killed."""
    from topics.runtime.lifespan import run_service
    from topics.runtime.logs import configure_logs
    from topics.runtime.settings import Settings

    os.environ.update(order["environment"])
    configure_logs("warning", "victim")
    trap(Step(**order["step"]), Path(order["armed"]))
    module, _, name = order["work"].partition(":")
    run_service(functools.partial(getattr(import_module(module), name), Settings(), **order["given"]))


def main() -> None:
    """Fork a process for each order, tell its number, and how it ended."""
    for name in LOADED:
        import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        import_module(order["work"].partition(":")[0])
        pid = os.fork()
        if pid == 0:
            # Standard output is for the orders' answers alone.
            os.dup2(2, 1)
            try:
                live(order)
            except BaseException:  # noqa: BLE001 - a fork must not go on with its parent's work
                traceback.print_exc()
            os._exit(1)
        tell({"pid": pid})
        _, status = os.waitpid(pid, 0)
        tell({"ended": os.waitstatus_to_exitcode(status)})


def tell(said: Mapping[str, int]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
