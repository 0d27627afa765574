import os
import subprocess
import sys
from pathlib import Path

import pytest

from compose.embedded import records


def test_a_recorded_process_is_a_survivor_while_it_lives(tmp_path: Path) -> None:
    record = tmp_path / "part.pid"
    records.write(record, os.getpid(), "python")

    left = records.survivor(record)

    assert left is not None
    assert left.pid == os.getpid()


def test_an_ended_process_is_none(tmp_path: Path) -> None:
    record = tmp_path / "part.pid"
    ended = subprocess.Popen(["true"])
    records.write(record, ended.pid, "true")
    ended.wait()

    assert records.survivor(record) is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a birth is not known")
def test_another_process_with_the_same_pid_is_none(tmp_path: Path) -> None:
    record = tmp_path / "part.pid"
    records.write(record, os.getpid(), "python")
    record.write_text(record.read_text().replace(f"{records.born(os.getpid())}", "an earlier boot:17"))

    assert records.survivor(record) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', "null"])
def test_half_a_record_is_no_record(tmp_path: Path, content: str) -> None:
    record = tmp_path / "part.pid"
    record.write_text(content)

    assert records.survivor(record) is None


def test_no_record_is_no_survivor(tmp_path: Path) -> None:
    assert records.survivor(tmp_path / "part.pid") is None


@pytest.mark.skipif(sys.platform != "linux", reason="zombies are seen through /proc")
def test_a_zombie_is_not_alive() -> None:
    ended = subprocess.Popen(["true"])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)

    assert records.born(ended.pid) is None
    ended.wait()
