"""Every plant that this run asks about is planted, two at a time, while the tests wait for what is said of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from compose.embedded.stack import PARTS, Stack
from tests.checkout import check_out
from tests.planted.planting import Tree, Verdict, environment_of
from tests.stack import prepare

# Valkey starts at once: whoever needs one has its own.
LENT = ("kafka", "postgres", "seaweedfs")


@pytest.fixture(scope="module")
async def verdicts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mapping[str, "asyncio.Task[Verdict]"]]:
    """By the name of the plant, what is said of it."""
    asking = [item for item in request.session.items if "verdicts" in getattr(item, "fixturenames", ())]
    with pytest.MonkeyPatch.context() as environment:
        for part in PARTS.values():
            environment.delenv(part().variable, raising=False)
        parts = Stack(tmp_path_factory.mktemp("parts"), ports="free", parts=LENT)
        await parts.start()
        lent = environment_of(parts.environment())
        tasks: dict[str, asyncio.Task[Verdict]] = {}
        try:
            await prepare(parts.environment(), tmp_path_factory.mktemp("data"))
            # What the kernel's tests say to the log is heard by all of them: never two at once.
            on_the_log, beside = [Tree(tmp_path_factory.mktemp("tree"), lent) for _ in range(2)]
            for tree in (on_the_log, beside):
                # A repository of its own: patches are applied here and nowhere else.
                await asyncio.to_thread(check_out, tree.folder)
            for plant in [item.callspec.params["plant"] for item in asking]:
                tree = on_the_log if plant.red.startswith("tests/kernel/") else beside
                tasks[plant.name] = asyncio.create_task(tree.judge(plant))
            yield tasks
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
            await parts.stop()
