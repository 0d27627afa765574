"""Running Lua by its hash, also on a server that has lost it."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

EPOCH = Path(__file__).with_name("epoch.lua")
# For an answer of Redis. Clients of rooms have no `socket_timeout` of their own: with one, redis-py sends through
# `asyncio.wait_for`, which on Python 3.11 now and then swallows a cancellation.
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Script:
    """Lua source and the name by which the server keeps it."""

    text: str
    sha: str


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a script."""

    keys: Sequence[str]
    arguments: Sequence[str | bytes | int]


def read_script(file: Path) -> Script:
    """A script that finds the functions of `epoch.lua` in front of it."""
    source = EPOCH.read_text() + file.read_text()
    return Script(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())


async def run(redis: Redis, script: Script, calls: Sequence[Call]) -> list[Any]:
    """Run the calls in order in one write, and give their answers.

    When the server has lost the script it is loaded and *all* calls are run again: scripts must bear repetition.

    Raises:
        redis.exceptions.RedisError, OSError, TimeoutError: an unknown part of the calls has been run.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        answers = await _write(redis, script, calls)
        if any(isinstance(answer, NoScriptError) for answer in answers):
            await redis.script_load(script.text)
            answers = await _write(redis, script, calls)
    for answer in answers:
        if isinstance(answer, ResponseError):
            raise answer
    return answers


async def _write(redis: Redis, script: Script, calls: Sequence[Call]) -> list[Any]:
    pipeline = redis.pipeline(transaction=False)
    for call in calls:
        pipeline.evalsha(script.sha, len(call.keys), *call.keys, *call.arguments)
    return await pipeline.execute(raise_on_error=False)
