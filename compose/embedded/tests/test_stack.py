import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from compose.embedded import records, unprivileged
from compose.embedded import stack as stack_module
from compose.embedded.errors import AlreadyRunning, DiskFull, PortInUse
from compose.embedded.stack import PARTS, Stack
from compose.embedded.tests.clients import read, write

pytestmark = pytest.mark.integration

LIMIT_SECONDS = 30.0
PARENT = """
    import asyncio, json, sys
    from pathlib import Path
    from compose.embedded.stack import Stack

    async def main():
        stack = Stack(Path(sys.argv[1]), ports="fixed")
        await stack.start()
        print(json.dumps(stack.environment()), flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")


@pytest.fixture(autouse=True)
def nothing_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    for make in PARTS.values():
        monkeypatch.delenv(make().variable, raising=False)


async def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {LIMIT_SECONDS} s: {what}"
        await asyncio.sleep(0.05)


def working_below(directory: Path) -> list[bytes]:
    """The processes whose directory is inside this one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").resolve().is_relative_to(directory) and records.born(int(entry.name)) is not None:
                found.append((entry / "cmdline").read_bytes())
        except OSError:
            continue
    return found


async def test_every_part_serves_its_client_and_keeps_data_over_a_restart_on_the_same_ports(tmp_path: Path) -> None:
    stack = Stack(tmp_path, ports="fixed")
    await stack.start()
    before = stack.environment()
    for part in PARTS:
        await write(part, before, "first")
    await stack.stop()

    again = Stack(tmp_path, ports="fixed")
    await again.start()
    try:
        assert again.environment() == before
        for part in PARTS:
            await write(part, before, "second")
            assert await read(part, before) == ["first", "second"], part
    finally:
        await again.stop()
    assert working_below(tmp_path) == []


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_killed_with_9_comes_back_with_its_data(tmp_path: Path, part: str) -> None:
    stack = Stack(tmp_path, parts=[part])
    await stack.start()
    try:
        await write(part, stack.environment(), "kept")

        await stack.kill9(part)
        assert stack.part(part).pid is None
        await stack.restart(part)

        assert await read(part, stack.environment()) == ["kept"]
    finally:
        await stack.stop()


async def test_a_watched_part_that_dies_is_started_again(tmp_path: Path) -> None:
    stack = Stack(tmp_path, parts=["valkey"])
    await stack.start()
    watch = asyncio.create_task(stack.watch())
    first = stack.part("valkey").pid

    os.kill(first, signal.SIGKILL)

    await until(lambda: stack.part("valkey").pid not in (first, None), "a new valkey")
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)
    await stack.stop()


async def test_two_instances_run_side_by_side(tmp_path: Path) -> None:
    one, two = Stack(tmp_path / "one"), Stack(tmp_path / "two")
    await asyncio.gather(one.start(), two.start())
    try:
        for part in PARTS:
            await write(part, one.environment(), "one")
            await write(part, two.environment(), "two")

            assert await read(part, one.environment()) == ["one"]
            assert await read(part, two.environment()) == ["two"]
    finally:
        await asyncio.gather(one.stop(), two.stop())


def _stranger(uid: int = 0, gid: int = 0) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], user=uid or None, group=gid or None)


def _parent(data_dir: Path) -> subprocess.Popen[str]:
    """A process that starts a stack, says its settings, and waits to be killed."""
    command = [sys.executable, "-c", textwrap.dedent(PARENT), str(data_dir)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@LINUX
async def test_a_parent_killed_with_9_leaves_no_process_and_the_next_start_has_the_data(tmp_path: Path) -> None:
    parent = _parent(tmp_path)
    assert parent.stdout is not None
    environment = json.loads(await asyncio.to_thread(parent.stdout.readline))
    for part in PARTS:
        await write(part, environment, "kept")
    assert len(working_below(tmp_path)) >= len(PARTS)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    stack = Stack(tmp_path, ports="fixed")
    await stack.start()
    try:
        assert stack.environment() == environment
        for part in PARTS:
            assert await read(part, environment) == ["kept"], part
    finally:
        await stack.stop()
    await until(lambda: working_below(tmp_path) == [], "no process is left")


@LINUX
async def test_a_parent_killed_with_9_leaves_no_process_even_if_nobody_starts_again(tmp_path: Path) -> None:
    parent = _parent(tmp_path)
    assert parent.stdout is not None
    await asyncio.to_thread(parent.stdout.readline)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    await until(lambda: working_below(tmp_path) == [], "no process is left")


async def test_a_process_that_outlived_its_killed_parent_is_stopped_by_the_next_start(tmp_path: Path) -> None:
    stack = Stack(tmp_path, ports="fixed", parts=["valkey"])
    await stack.start()
    left = stack.part("valkey").pid
    # As after a kill -9 of the parent on a system that does not end its children.
    stack.lock.release()

    again = Stack(tmp_path, ports="fixed", parts=["valkey"])
    await again.start()
    try:
        assert records.born(left) is None
        assert again.part("valkey").pid != left
    finally:
        await again.stop()
        await stack.stop()


async def test_a_later_process_with_a_recorded_pid_is_left_alone(tmp_path: Path) -> None:
    stranger = _stranger()
    (tmp_path / "parts").mkdir()
    record = tmp_path / "parts" / "valkey.pid"
    record.write_text(f'{{"pid": {stranger.pid}, "born": "another boot:1", "program": "valkey-server"}}')
    stack = Stack(tmp_path, parts=["valkey"])

    await stack.start()
    await stack.stop()

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@LINUX
async def test_a_stale_pid_file_of_postgres_that_names_a_living_stranger_does_not_stop_it(tmp_path: Path) -> None:
    stack = Stack(tmp_path, parts=["postgres"])
    await stack.start()
    await stack.kill9("postgres")
    user = unprivileged.choose()
    # The same user as the server: a process that PostgreSQL may signal is one that it takes for another server.
    stranger = _stranger(user.uid, user.gid)
    file = tmp_path / "parts" / "postgres" / "cluster" / "postmaster.pid"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([str(stranger.pid), *lines[1:], ""]))

    try:
        await stack.restart("postgres")
    finally:
        await stack.stop()
        stranger.kill()
        stranger.wait()


async def test_a_part_whose_setting_is_given_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSKA_REDIS_URL", "redis://elsewhere.example:6379/0")
    steps = []
    stack = Stack(tmp_path, parts=["valkey"])

    await stack.start(steps.append)
    await stack.stop()

    assert stack.names() == []
    assert stack.environment() == {}
    assert [(step.part, step.state, step.note) for step in steps] == [("valkey", "external", "DOSKA_REDIS_URL")]


async def test_a_port_in_use_is_one_clear_sentence_and_nothing_stays_started(tmp_path: Path) -> None:
    stack = Stack(tmp_path, ports="fixed", parts=["valkey", "postgres"])
    await stack.start()
    port = int(stack.environment()["DOSKA_REDIS_URL"].rpartition(":")[2].partition("/")[0])
    await stack.stop()

    with socket.create_server(("127.0.0.1", port)), pytest.raises(PortInUse) as caught:
        await Stack(tmp_path, ports="fixed", parts=["valkey", "postgres"]).start()

    assert f"Port {port} on 127.0.0.1, which valkey needs, is in use" in str(caught.value)
    assert str(tmp_path / "ports.json") in str(caught.value)
    assert working_below(tmp_path) == []


async def test_a_second_start_on_the_same_directory_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    stack = Stack(tmp_path, parts=["valkey"])
    await stack.start()
    try:
        with pytest.raises(AlreadyRunning, match=f"pid {os.getpid()}"):
            await Stack(tmp_path, parts=["valkey"]).start()
    finally:
        await stack.stop()


async def test_a_full_disk_is_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_module, "NEEDED_BYTES", 10**18)

    with pytest.raises(DiskFull, match=r"MB are free on the disk of .*: make room, or set DOSKA_DATA_DIR"):
        await Stack(tmp_path).start()


async def test_secrets_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    stack = Stack(tmp_path, parts=["valkey", "seaweedfs"])
    await stack.start()
    await stack.stop()

    places = ("credentials.json", "parts/valkey/valkey.conf", "parts/seaweedfs/s3.json")
    assert {place: stat.S_IMODE((tmp_path / place).stat().st_mode) for place in places} == dict.fromkeys(places, 0o600)


async def test_wrong_passwords_are_refused(tmp_path: Path) -> None:
    import asyncpg
    import redis.asyncio

    stack = Stack(tmp_path, parts=["valkey", "postgres"])
    await stack.start()
    environment = stack.environment()
    secrets = stack.part("postgres").place.credentials
    try:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(environment["DOSKA_POSTGRES_DSN"].replace(secrets.postgres_password, "guess"))
        async with redis.asyncio.Redis.from_url(
            environment["DOSKA_REDIS_URL"].replace(secrets.valkey_password, "guess")
        ) as client:
            with pytest.raises(redis.exceptions.AuthenticationError):
                await client.ping()
    finally:
        await stack.stop()
