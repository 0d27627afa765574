"""Processes and brokers that die."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from compose.embedded.stack import Stack
from tests.kernel.engines import Engine
from tests.kernel.harness import LIMIT_SECONDS, Stage, until
from topics.bus.manifest import Manifest

pytestmark = pytest.mark.integration


@asynccontextmanager
async def victim(
    stage: Stage, own_stack: Stack, engine: Engine, manifest: Manifest, effects: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.kernel.victim",
        engine.name,
        manifest.model_dump_json(),
        str(effects),
        env={**os.environ, **own_stack.environment()},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


async def test_what_was_not_committed_when_it_was_killed_is_delivered_again(
    stage: Stage, own_stack: Stack, engine: Engine, tmp_path: Path
) -> None:
    manifest, effects = await stage.manifest(engine), tmp_path / "effects"
    async with victim(stage, own_stack, engine, manifest, effects) as process:
        first = await stage.say("one")
        await until(lambda: stage.passed(manifest.name, first[0]))
        hung = await stage.say("hang", "after")
        await until(lambda: "hang" in lines(effects))
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert not await stage.passed(manifest.name, hung[0])

    async with stage.running(engine, manifest) as again:
        await until(lambda: again.handled == ["hang", "after"])
        await until(lambda: stage.passed(manifest.name, hung[1]))


async def test_sigterm_leaves_everything_committed_and_ends_with_success(
    stage: Stage, own_stack: Stack, engine: Engine, tmp_path: Path
) -> None:
    manifest, effects = await stage.manifest(engine), tmp_path / "effects"
    async with victim(stage, own_stack, engine, manifest, effects) as process:
        placed = await stage.say("one", "two")
        await until(lambda: lines(effects) == ["one", "two"])
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), LIMIT_SECONDS) == 0

    assert await stage.passed(manifest.name, placed[1])


async def test_a_consumer_outlives_its_broker(stage: Stage, own_stack: Stack, engine: Engine) -> None:
    manifest = await stage.manifest(engine)
    async with stage.running(engine, manifest) as consumer:
        await stage.say("before")
        await until(lambda: consumer.handled == ["before"])

        await own_stack.kill9("kafka")
        await own_stack.restart("kafka")
        placed = await stage.say("after")

        await until(lambda: "after" in consumer.handled)
        await until(lambda: stage.passed(manifest.name, placed[0]))
    assert consumer.handled[-1] == "after"
