"""The README's worked example is run as it stands there."""

import asyncio
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.product import Process, free_port, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
NEEDED = ("schemas", "topics", "consumers", "jobs", "compose", "tests", "conftest.py", "pyproject.toml")
PROGRAMS = {".venv/bin/doska": (sys.executable, "-m", "jobs"), ".venv/bin/python": (sys.executable,)}


def example() -> list[list[str]]:
    """The commands under "Add a consumer"."""
    section = (ROOT / "README.md").read_text().split("## Add a consumer", 1)[1]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block is not None
    lines = [shlex.split(line) for line in block[1].strip().splitlines()]
    return [[*PROGRAMS[words[0]], *words[1:]] for words in lines]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The Python side of the tree, where the example may add its folder."""
    listed = subprocess.run(["git", "ls-files", *NEEDED], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(step: list[str], where: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return subprocess.run(step, cwd=where, env=environment, capture_output=True, text=True, timeout=200, check=False)


async def test_the_example_of_a_new_consumer_works(copy: Path, prepared_environment: dict[str, str]) -> None:
    *steps, last = example()
    port = free_port()
    environment = {**os.environ, **prepared_environment, "DOSKA_OPERATIONS_PORT": str(port)}

    for step in steps:
        done = await asyncio.to_thread(run, step, copy, environment)
        assert done.returncode == 0, (step, done.stdout, done.stderr)
    log = copy / "consumer.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*last, cwd=copy, env=environment, stdout=output, stderr=output)
    await wait_ready(f"http://127.0.0.1:{port}/readyz", Process("the example", process, log))
    process.send_signal(signal.SIGTERM)

    assert await asyncio.wait_for(process.wait(), 60) == 0, log.read_text()
