"""kill -9 of each process and each part, under load: nothing acknowledged is lost, no gap is silent."""

import asyncio
import contextlib

import aiohttp
import pytest

from compose.embedded.stack import Stack
from jobs.chaos.editor import Editor
from jobs.chaos.history import History, Seen, merge
from jobs.chaos.observer import Observer
from tests.edge.client import Api, Json, register
from tests.product import Product

pytestmark = [pytest.mark.chaos, pytest.mark.integration, pytest.mark.timeout(420)]

ENOUGH = 100  # edits before the fault, and as many after it
QUIET_SECONDS = 90.0


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
        history, addresses = History(), [door.base_url for door in doors]
        editors = [
            Editor(http, addresses, f"{number}-{board_id}", person.token, board_id, history)
            for number, person in enumerate(people)
            for board_id in boards
        ]
        observers = [
            Observer(http, addresses, people[0].token, Seen(board_id), history) for board_id in boards for _ in range(2)
        ]
        running = [asyncio.create_task(editor.run()) for editor in editors]
        watching = [asyncio.create_task(observer.run()) for observer in observers]

        await acknowledged(editors, ENOUGH)
        before = sum(editor.acks for editor in editors)
        match victim:
            case "edge":
                await kill_edge(world)
                addresses[:] = [edge.base_url for edge in world.edges]
            case "consumers":
                await kill_consumers(world)
            case _:
                await kill_part(parts, victim)
        await acknowledged(editors, before + ENOUGH)
        for editor in editors:
            editor.stopping = True
        await asyncio.wait_for(asyncio.gather(*running), QUIET_SECONDS)

        try:
            for board_id in boards:
                await agree(Api(addresses[0], http).as_token(people[0].token), board_id, history, observers)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)

        assert [fault for observer in observers for fault in observer.seen.faults] == []
        assert history.refused == []


async def acknowledged(editors: list[Editor], count: int) -> None:
    """Wait until so many edits are acknowledged."""
    async with asyncio.timeout(QUIET_SECONDS):
        while sum(editor.acks for editor in editors) < count:  # noqa: ASYNC110 - of many clients
            await asyncio.sleep(0.05)


async def agree(api: Api, board_id: str, history: History, observers: list[Observer]) -> None:
    """Wait until the store and every observer hold exactly what was acknowledged."""
    acked: dict[str, Json] = {}
    merge(acked, [element for board, element in history.acked.values() if board == board_id])
    expected = {element_id: (element["version"], element["versionNonce"]) for element_id, element in acked.items()}
    deadline = asyncio.get_running_loop().time() + QUIET_SECONDS
    while True:
        stored: dict[str, tuple[int, int]] = {}
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            answer = await api.get(f"/api/boards/{board_id}/elements")
            if answer.status == 200:
                stored = {e["id"]: (e["version"], e["versionNonce"]) for e in answer.body["elements"]}
        seen = [
            {e["id"]: (e["version"], e["versionNonce"]) for e in observer.seen.held.values()}
            for observer in observers
            if observer.seen.board_id == board_id
        ]
        if stored == expected and all(held == expected for held in seen):
            return
        if asyncio.get_running_loop().time() > deadline:
            assert stored == expected, "the store lost or invented something"
            assert seen == [expected] * len(seen), "an observer lost or invented something"
        await asyncio.sleep(0.2)
