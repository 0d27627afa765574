"""Several processes at one work: started again when dead, ended together, never orphans."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAM = """
import functools, os, signal, sys, time
from pathlib import Path
from edge.workers import run_workers

def work(folder, index):
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    (Path(folder) / f"{index}.pid").write_text(str(os.getpid()))
    while not ended:
        time.sleep(0.01)
    (Path(folder) / f"{index}.drained").write_text("yes")

if __name__ == "__main__":
    run_workers(functools.partial(work, sys.argv[1]), 2, 5.0)
"""


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, str(program), str(tmp_path)], env=environment) as process:
        yield process
        process.kill()


def until(what: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pid(folder: Path, index: int) -> int:
    file = folder / f"{index}.pid"
    until(lambda: file.exists() and file.read_text())
    return int(file.read_text())


def gone(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_a_dead_worker_is_started_again(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    first, other = pid(tmp_path, 0), pid(tmp_path, 1)

    os.kill(first, signal.SIGKILL)

    until(lambda: pid(tmp_path, 0) != first)
    assert pid(tmp_path, 1) == other
    assert not gone(other)


def test_all_are_drained_when_the_parent_is_asked_to_end(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    workers = [pid(tmp_path, 0), pid(tmp_path, 1)]

    parent.terminate()

    assert parent.wait(20) == 0
    assert all(gone(worker) for worker in workers)
    assert all((tmp_path / f"{index}.drained").exists() for index in (0, 1))


def test_all_end_with_a_parent_that_was_killed(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    workers = [pid(tmp_path, 0), pid(tmp_path, 1)]

    parent.kill()

    until(lambda: all(gone(worker) for worker in workers))
