"""The tutorial of consumers is run word by word: its files are written, its commands run, what it shows comes."""

import asyncio
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.checkout import check_out
from tests.edge.client import Api, register
from tests.product import Product

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "consumers" / "TUTORIAL.md"
FENCED = re.compile(r"^```(\S+)[ ]?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROGRAMS = {".venv/bin/doska": (sys.executable, "-m", "jobs"), ".venv/bin/python": (sys.executable,)}
BOARDS = 2
STEP_SECONDS = 200
SHOWN_SECONDS = 120


@dataclass(frozen=True)
class Command:
    """A line of a `sh` block; `shown`, when a `text` block follows: what it must print, … for anything."""

    line: str
    shown: str | None = None

    @property
    def stays(self) -> bool:
        return " run consumer " in self.line

    def words(self) -> list[str]:
        first, *rest = shlex.split(self.line)
        if first == ".venv/bin/ruff":
            return [sys.executable, "-m", "ruff", *rest, "--no-cache"]
        return [*PROGRAMS.get(first, (first,)), *rest]

    def shows(self, output: str) -> bool:
        assert self.shown is not None
        wanted = r"\s+".join(re.escape(word).replace("…", ".*") for word in self.shown.split())
        return re.search(rf"^{wanted}$", output, re.DOTALL | re.MULTILINE) is not None


@dataclass(frozen=True)
class File:
    """A block that is a file."""

    path: str
    text: str


def steps(text: str) -> Iterator[Command | File]:
    """What the page says to do, in order."""
    blocks = [match.groups() for match in FENCED.finditer(text)]
    for number, (kind, path, body) in enumerate(blocks):
        if kind == "sh":
            *before, last = body.strip().splitlines()
            yield from map(Command, before)
            follows = blocks[number + 1] if number + 1 < len(blocks) else ("", "", "")
            yield Command(last, follows[2] if follows[0] == "text" else None)
        elif kind != "text":
            assert path, f"a block of {kind} names no file"
            yield File(path, body)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout of its own, as git has it."""
    check_out(tmp_path)
    author = ("-c", "user.name=tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false")
    for step in (("add", "-A"), (*author, "commit", "-q", "-m", "as it is")):
        subprocess.run(["git", *step], cwd=tmp_path, check=True)
    return tmp_path


@pytest.fixture
async def workspace_id(product: Product) -> AsyncIterator[str]:
    """Where boards were made before anybody thought of the consumer; one more is in the trash."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        somebody = await register(Api(product.base_url, http))
        for number in range(BOARDS):
            await somebody.board(f"Board {number}")
        thrown = await somebody.board("Not any more")
        assert (await somebody.api.call("DELETE", f"/api/boards/{thrown}")).status == 204
        listed = await somebody.api.get("/api/workspaces")
        yield listed.body["items"][0]["workspace_id"]


def run(command: Command, where: Path, environment: dict[str, str]) -> str:
    """A command to its end, again where it is to show something that takes its time."""
    deadline = time.monotonic() + SHOWN_SECONDS
    while True:
        done = subprocess.run(
            command.words(),
            cwd=where,
            env=environment,
            capture_output=True,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
        assert done.returncode == 0, (command.line, done.stdout, done.stderr)
        if command.shown is None or command.shows(done.stdout):
            return done.stdout
        assert time.monotonic() < deadline, (command.line, done.stdout)
        time.sleep(0.5)


async def test_the_tutorial_works_as_it_stands(
    copy: Path, product: Product, workspace_id: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = tmp_path_factory.mktemp("tutorial") / "log"
    environment = {**os.environ, **product.environment}
    running: list[asyncio.subprocess.Process] = []
    done = 0
    try:
        for step in steps(TUTORIAL.read_text(encoding="utf-8")):
            done += 1
            if isinstance(step, File):
                (copy / step.path).parent.mkdir(parents=True, exist_ok=True)
                (copy / step.path).write_text(step.text, encoding="utf-8")
            elif step.stays:
                with log.open("wb") as output:
                    running.append(
                        await asyncio.create_subprocess_exec(
                            *step.words(), cwd=copy, env=environment, stdout=output, stderr=output
                        )
                    )
            else:
                await asyncio.to_thread(run, step, copy, environment)
        counted = f"select boards from board_census.counts_v1 where workspace_id = '{workspace_id}'"
        await asyncio.to_thread(run, Command(f'.venv/bin/doska sql "{counted}"', f"boards {BOARDS}"), copy, environment)
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 60) == 0, log.read_text()
    assert done > 15
    assert len(running) == 1


def test_what_is_shown_may_leave_things_open() -> None:
    assert Command("", "a  …  c").shows("x\na b c\n")
    assert not Command("", "a  …  c").shows("x\na b d\n")
    assert Command("", "id boards\n…   2\n").shows("id\tboards\na\t1\nb\t2\nc\t3\n")
    assert not Command("", "id boards\n…   2\n").shows("id\tboards\na\t1\n")
