"""The edge as processes: several behind one port, a killed one, and an orderly end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import aiohttp
import orjson
import pytest

from edge.http.tests.waiting import until
from tests.edge.client import Api, connected, rectangle, register
from tests.product import Process, Product, free_port, wait_ready

pytestmark = pytest.mark.integration


async def children(process: Process) -> set[int]:
    """The worker processes of an edge."""
    listing = await asyncio.create_subprocess_exec(
        "ps", "-ww", "-o", "pid=,args=", "--ppid", str(process.process.pid), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await listing.communicate()
    return {int(line.split()[0]) for line in output.decode().splitlines() if "spawn_main" in line}


async def test_workers_share_a_port_and_a_killed_one_comes_back(product: Product) -> None:
    port, operations = free_port(), (free_port(), free_port())
    process = await product.spawn(
        "edge-workers",
        "run",
        "edge",
        "--workers",
        "2",
        DOSKA_PORT=str(port),
        DOSKA_OPERATIONS_PORT=str(operations[0]),
        DOSKA_WORKER_OPERATIONS_PORTS=str(operations[1]),
        DOSKA_LIMIT_REGISTRATIONS_PER_MINUTE="0",
    )
    try:
        for number in operations:
            await wait_ready(f"http://127.0.0.1:{number}/readyz", process)
        workers = await children(process)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
            api = Api(f"http://127.0.0.1:{port}", http)
            person = await register(api)

            os.kill(min(workers), signal.SIGKILL)

            async def replaced() -> bool:
                now = await children(process)
                return len(now) == 2 and min(workers) not in now

            await until(replaced, 60)
            for number in operations:
                await wait_ready(f"http://127.0.0.1:{number}/readyz", process)
            answers = [await person.api.get("/api/me") for _ in range(20)]

        assert len(workers) == 2
        assert {answer.status for answer in answers} == {200}
        last = await children(process)
    finally:
        code = await process.stop()

    assert code == 0
    assert not [worker for worker in last if _lives(worker)]


async def test_an_edge_that_ends_sends_its_sockets_away_and_answers_what_it_took(product: Product) -> None:
    edge = await product.edge()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        api = Api(edge.base_url, http)
        person = await register(api)
        board_id = await person.board()
        file = orjson.dumps({"elements": [rectangle() for _ in range(300)]})
        taken = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            # Asked for by the edge: it has the request.
            taken.set()
            yield file

        async with connected(api, person.token) as socket:
            await socket.join(board_id)
            headers = {"Content-Type": "application/json"}
            asked = asyncio.create_task(
                person.api.post("/api/boards/import", data=body(), headers=headers, expect100=True)
            )
            await taken.wait()
            drawn = [await socket.draw(board_id, rectangle(), wait=False) for _ in range(20)]
            for identifier in drawn[:1]:
                await socket.kind("ack", id=identifier)
            stopping = asyncio.create_task(edge.process.stop())

            assert await socket.closed() == 1012
        answer = await asked
        code = await stopping

    assert answer.status == 201, answer
    assert code == 0
    acknowledged = {frame["id"] for frame in socket.frames if frame["kind"] == "ack"}
    assert acknowledged == set(drawn)


async def test_a_port_in_use_is_said_in_one_sentence(product: Product) -> None:
    taken = product.base_url.rpartition(":")[2]

    process = await product.spawn("edge-taken", "run", "edge", DOSKA_PORT=taken, DOSKA_OPERATIONS_PORT="0")
    code = await asyncio.wait_for(process.process.wait(), 60)

    assert code != 0
    assert "DOSKA_PORT" in process.tail()
    assert "Traceback" not in process.tail()


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True
