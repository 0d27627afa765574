"""kill -9 of each process and each part, under load: nothing acknowledged is lost, no gap is silent."""

import asyncio
import contextlib

import aiohttp
import pytest

from compose.embedded.stack import Stack
from tests.chaos.clients import Editor, Observer
from tests.edge.client import Api, register
from tests.product import Product

pytestmark = [pytest.mark.chaos, pytest.mark.integration, pytest.mark.timeout(300)]

BEFORE_SECONDS = 2.0
QUIET_SECONDS = 60.0


async def kill_part(parts: Stack, name: str) -> None:
    """Kill a part, leave it dead for a moment, bring it back."""
    await parts.kill9(name)
    await asyncio.sleep(1)
    await parts.restart(name)


async def kill_edge(product: Product) -> None:
    """Kill an edge and start another at another address."""
    victim = product.edges.pop()
    victim.process.kill9()
    await victim.process.process.wait()
    await product.edge()


async def kill_consumers(product: Product) -> None:
    """Kill every consumer at once and start them again."""
    assert product.consumers is not None
    product.consumers.kill9()
    await product.consumers.process.wait()
    await product.start_consumers()


@pytest.mark.parametrize("victim", ["edge", "consumers", "kafka", "postgres", "valkey", "seaweedfs"])
async def test_after_a_kill_every_acknowledged_edit_is_there_and_everybody_agrees(
    parts: Stack, world: Product, victim: str
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)))
        doors = [Api(edge.base_url, http) for edge in world.edges]
        people = [await register(doors[0], f"Editor {number}") for number in range(3)]
        boards = [await people[0].board(victim), await people[0].board(victim)]
        for board_id in boards:
            for person in people[1:]:
                await people[0].grant(board_id, person, "editor")
        editors = [Editor(doors, person.token, board_id) for person in people for board_id in boards]
        observers = [Observer(doors, people[0].token, board_id) for board_id in boards for _ in range(2)]
        running = [asyncio.create_task(editor.run()) for editor in editors]
        watching = [asyncio.create_task(observer.run()) for observer in observers]

        await asyncio.sleep(BEFORE_SECONDS)
        before = sum(editor.acks for editor in editors)
        match victim:
            case "edge":
                await kill_edge(world)
                doors[:] = [Api(edge.base_url, http) for edge in world.edges]
            case "consumers":
                await kill_consumers(world)
            case _:
                await kill_part(parts, victim)
        await asyncio.sleep(BEFORE_SECONDS)
        for editor in editors:
            editor.stopping = True
        await asyncio.wait_for(asyncio.gather(*running), QUIET_SECONDS)

        try:
            for board_id in boards:
                await agree(doors[0].as_token(people[0].token), board_id, editors, observers)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)

        assert before > 100, "the load was too small to prove anything"
        assert sum(editor.acks for editor in editors) > before, "nothing was acknowledged after the fault"
        assert [fault for observer in observers for fault in observer.faults] == []


async def agree(api: Api, board_id: str, editors: list[Editor], observers: list[Observer]) -> None:
    """Wait until the store and every observer hold exactly what was acknowledged."""
    expected = {
        element_id: (element["version"], element["versionNonce"])
        for editor in editors
        if editor.board_id == board_id
        for element_id, element in editor.acked.items()
    }
    deadline = asyncio.get_running_loop().time() + QUIET_SECONDS
    while True:
        stored: dict[str, tuple[int, int]] = {}
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            answer = await api.get(f"/api/boards/{board_id}/elements")
            if answer.status == 200:
                stored = {e["id"]: (e["version"], e["versionNonce"]) for e in answer.body["elements"]}
        seen = [
            {e["id"]: (e["version"], e["versionNonce"]) for e in observer.held.values()}
            for observer in observers
            if observer.board_id == board_id
        ]
        if stored == expected and all(held == expected for held in seen):
            return
        if asyncio.get_running_loop().time() > deadline:
            assert stored == expected, "the store lost or invented something"
            assert seen == [expected] * len(seen), "an observer lost or invented something"
        await asyncio.sleep(0.2)
