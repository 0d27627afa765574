"""Flame graphs of real processes, by the real profiler."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.bench.flames import Flames, profiler

BUSY = """
def burning_brightly():
    while True:
        sum(range(1000))
print("burns", flush=True)
burning_brightly()
"""


@pytest.fixture
def busy() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process.pid
    process.kill()
    process.communicate()


@pytest.fixture
def flames(tmp_path: Path) -> Flames:
    spy = profiler()
    assert spy is not None
    return Flames(tmp_path / "drawn", spy, "work")


@pytest.mark.skipif(os.geteuid() != 0, reason="systems let only root look into processes that are not one's children")
async def test_what_burns_is_in_the_graph_and_what_is_no_python_has_none(busy: int, flames: Flames) -> None:
    other = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        async with flames.drawn({"edge": [busy], "kafka": [other.pid]}):
            await asyncio.sleep(2)
    finally:
        other.kill()
        await other.wait()

    assert [path.name for path in flames.directory.iterdir()] == ["work-edge.svg"]
    assert "burning_brightly" in (flames.directory / "work-edge.svg").read_text()


async def test_a_profiler_that_fails_says_why(busy: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "py-spy"
    broken.write_text("#!/bin/sh\necho not permitted >&2\nexit 1\n")
    broken.chmod(0o700)

    async with Flames(tmp_path, str(broken)).drawn({"edge": [busy]}):
        pass

    assert capsys.readouterr().err == "no flame graph of edge: not permitted\n"
