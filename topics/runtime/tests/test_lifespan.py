import asyncio

import pytest

from topics.runtime.lifespan import end, unless_stopped


async def test_a_task_that_swallows_its_cancellation_is_cancelled_again() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 3:
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)

    await asyncio.wait_for(end(task), 30)

    assert task.cancelled()
    assert swallowed == 3


async def test_work_is_given_up_when_it_is_time_to_stop() -> None:
    stopping = asyncio.Event()
    stopping.set()

    assert await unless_stopped(asyncio.Event().wait(), stopping) is False


async def test_work_that_fails_says_so() -> None:
    async def fail() -> None:
        raise LookupError("a bug")

    with pytest.raises(LookupError):
        await unless_stopped(fail(), asyncio.Event())
