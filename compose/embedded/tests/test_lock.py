import subprocess
import sys
from pathlib import Path

import pytest

from compose.embedded.errors import AlreadyRunning
from compose.embedded.lock import Lock, holder


def test_the_second_owner_is_told_what_the_first_one_noted(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    first.take()
    first.note("http://localhost:8080 (process 7)")

    with pytest.raises(AlreadyRunning) as caught:
        second.take()

    assert caught.value.note == "http://localhost:8080 (process 7)"
    first.note("shorter")
    with pytest.raises(AlreadyRunning, match="shorter"):
        second.take()
    first.release()


def test_taking_twice_is_harmless_and_release_lets_others_in(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    first.take()
    first.take()
    first.release()

    second.take()
    second.release()


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    program = f"""
import os
from pathlib import Path
from compose.embedded.lock import Lock
Lock(Path({str(tmp_path / "lock")!r})).take()
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program], check=False)

    lock = Lock(tmp_path / "lock")
    lock.take()
    lock.release()


def test_the_holder_is_seen_while_it_lives_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert holder(path) is None
    lock = Lock(path)
    lock.take()
    lock.note("http://localhost:8080")

    assert holder(path) == "http://localhost:8080"

    lock.release()
    assert holder(path) is None
