import asyncio
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from compose.embedded import ports, records
from jobs.run import BACKGROUND_NICENESS

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

# The first start on a machine builds the web client.
START_SECONDS = 300
MOST_NICE = 19
LIMIT_SECONDS = 120
PASSWORD = "correct horse battery staple"


class Up:
    """A `doska up` that a test started."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def line(self, pattern: str, seconds: float = LIMIT_SECONDS) -> str:
        """The next line of its output that matches."""
        assert self.process.stdout is not None
        async with asyncio.timeout(seconds):
            while raw := await self.process.stdout.readline():
                self.lines.append(raw.decode().rstrip())
                if re.search(pattern, self.lines[-1]):
                    return self.lines[-1]
        raise AssertionError("\n".join(["ended without it:", *self.lines]))

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; its exit code."""
        assert self.process.stdout is not None
        self.process.send_signal(number)
        async with asyncio.timeout(LIMIT_SECONDS):
            self.lines += (await self.process.stdout.read()).decode().splitlines()
            return await self.process.wait()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nothing of ours but a data directory and a port."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOSKA_")}
    return {**clean, "DOSKA_DATA_DIR": str(tmp_path / "data"), "DOSKA_PORT": str(ports.free(["edge"])["edge"])}


@pytest.fixture
async def started(environment: dict[str, str]) -> AsyncIterator[list[Up]]:
    """Those that a test has started; what still runs in the end is killed, and its children die with it."""
    every: list[Up] = []
    yield every
    for up in every:
        if up.process.returncode is None:
            up.process.kill()
            await up.process.wait()


async def start(environment: dict[str, str], started: list[Up]) -> Up:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "jobs",
        "up",
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    up = Up(process)
    started.append(up)
    return up


def left_in(data_dir: Path) -> list[str]:
    """Living processes that work inside the data directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").resolve().is_relative_to(data_dir) and records.born(int(entry.name)) is not None:
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200])
        except OSError:
            continue
    return found


async def nothing_left(data_dir: Path) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while left := left_in(data_dir):
        assert time.monotonic() < deadline, left
        await asyncio.sleep(0.1)


async def status(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


async def register(address: str) -> None:
    async with aiohttp.ClientSession(address) as session:
        person = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada"}
        async with session.post("/api/auth/register", json=person) as answer:
            assert answer.status == 201, await answer.text()


async def sign_in(address: str) -> int:
    async with aiohttp.ClientSession(address) as session:
        person = {"email": "ada@example.org", "password": PASSWORD}
        async with session.post("/api/auth/login", json=person) as answer:
            return answer.status


async def test_it_serves_at_the_address_it_prints_stops_in_order_and_keeps_everything(
    environment: dict[str, str], started: list[Up]
) -> None:
    data_dir, address = Path(environment["DOSKA_DATA_DIR"]), f"http://localhost:{environment['DOSKA_PORT']}"
    first = await start(environment, started)
    assert (await first.line("Doska is ready", START_SECONDS)).endswith(address)
    assert await status(f"{address}/") == 200
    async with asyncio.timeout(LIMIT_SECONDS):
        # On a busy machine an edge may be a moment behind its tail of rights, and says so.
        while await status(f"{address}/readyz") != 200:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.1)
    await register(address)

    # A second start is harmless.
    second = await start(environment, started)
    assert address in await second.line("already running")
    assert await second.process.wait() == 0

    edge, background = (
        int(re.findall(r'"pid": (\d+)', (data_dir / "parts" / f"{name}.pid").read_text())[0])
        for name in ("edge", "background")
    )
    nice = [os.getpriority(os.PRIO_PROCESS, pid) for pid in (edge, background)]
    assert nice[1] == min(MOST_NICE, nice[0] + BACKGROUND_NICENESS)
    sessions = [path for pid in (edge, background) if (path := Path(f"/proc/{pid}/autogroup")).exists()]
    assert [path.read_text().split()[-1] for path in sessions] in ([], ["0", str(BACKGROUND_NICENESS)])

    # An edge that is killed comes back by itself.
    os.kill(edge, signal.SIGKILL)
    await first.line(r"^edge died")
    await first.line(r"^edge ready")
    assert await sign_in(address) == 200

    # Ctrl-C: in order, nothing left, no error.
    assert await first.end(signal.SIGINT) == 0
    stopped = [line.split(" stopped")[0] for line in first.lines if " stopped in " in line]
    assert stopped[:2] == ["edge", "consumers"]
    assert stopped[-1] == "kafka"
    assert left_in(data_dir) == []

    # Everything is there after it, and after a kill -9 of the whole.
    third = await start(environment, started)
    await third.line("Doska is ready", START_SECONDS)
    assert await sign_in(address) == 200
    third.process.kill()
    await third.process.wait()
    await nothing_left(data_dir)

    fourth = await start(environment, started)
    await fourth.line("Doska is ready", START_SECONDS)
    assert await sign_in(address) == 200
    assert await fourth.end(signal.SIGTERM) == 0
    assert left_in(data_dir) == []


async def test_ctrl_c_while_it_starts_leaves_nothing(environment: dict[str, str], started: list[Up]) -> None:
    up = await start(environment, started)
    await up.line(r"^valkey ready", START_SECONDS)

    assert await up.end(signal.SIGINT) == 0
    assert left_in(Path(environment["DOSKA_DATA_DIR"])) == []


async def test_a_port_in_use_is_one_sentence_before_anything_starts(
    environment: dict[str, str], started: list[Up]
) -> None:
    with socket.create_server(("127.0.0.1", int(environment["DOSKA_PORT"]))):
        up = await start(environment, started)
        said = await up.line("doska: ")
        assert await up.process.wait() == 1

    assert said == (
        f"doska: Port {environment['DOSKA_PORT']} on 127.0.0.1, which edge needs, is in use by another program: "
        "stop it, or set DOSKA_PORT to another port."
    )
    assert up.lines == [said]


async def test_a_setting_that_is_not_usable_is_one_sentence(environment: dict[str, str], started: list[Up]) -> None:
    up = await start({**environment, "DOSKA_PORT": "many"}, started)

    assert "DOSKA_PORT" in await up.line("doska: ")
    assert await up.process.wait() == 1


async def test_a_data_directory_that_cannot_be_made_is_one_sentence(
    environment: dict[str, str], started: list[Up], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    up = await start({**environment, "DOSKA_DATA_DIR": str(tmp_path / "file" / "data")}, started)

    assert "cannot be made" in await up.line("doska: ")
    assert await up.process.wait() == 1
