import os
import socket
import time
from pathlib import Path

import pytest

from compose.embedded import addresses, ports, unprivileged, wheels
from compose.embedded.errors import StackError
from edge.settings import EdgeSettings
from jobs.doctor import installation, machine, parts
from jobs.doctor.examination import examine
from jobs.doctor.finding import Finding, bad, line, ok
from schemas.keyring import Keyring


def wrong(findings: list[Finding]) -> list[str]:
    return [finding.text for finding in findings if finding.verdict == "bad"]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EdgeSettings:
    for name in [name for name in os.environ if name.startswith("DOSKA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DOSKA_DATA_DIR", str(tmp_path))
    return EdgeSettings()


def test_an_old_python_is_wrong() -> None:
    assert machine.python((3, 10, 4)) == bad("Python 3.10.4 is too old: Doska needs 3.11 or newer.")
    assert machine.python((3, 13, 0)).verdict == "ok"


def test_a_nearly_full_disk_is_told_before_it_is_full(tmp_path: Path) -> None:
    assert machine.disk(tmp_path, 10**8).verdict == "bad"
    assert machine.disk(tmp_path, 10**9).verdict == "note"
    assert machine.disk(tmp_path, 10**11).verdict == "ok"


def test_a_program_that_does_not_run_here_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "valkey-server"
    broken.write_text("#!/bin/sh\necho 'GLIBC_9 not found' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(wheels, "valkey_server", lambda: broken)

    assert wrong(machine.programs()) == ["Valkey does not run on this machine: GLIBC_9 not found"]


def test_root_without_the_user_nobody_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    def nobody() -> None:
        raise StackError("no user 'nobody'")

    monkeypatch.setattr(unprivileged, "choose", nobody)

    assert wrong(machine.user()) == ["no user 'nobody'"]


def test_a_keyring_that_others_may_read_is_wrong(settings: EdgeSettings) -> None:
    path = settings.keyring_file
    assert installation.keyring(path)[0].verdict == "note"
    Keyring.create(path)
    assert wrong(installation.keyring(path)) == []

    path.chmod(0o644)

    assert wrong(installation.keyring(path)) == [f"{path} may be read by others (644): run chmod 600 {path}"]


def test_a_broken_keyring_says_what_is_lost(settings: EdgeSettings) -> None:
    settings.keyring_file.write_text("{}")

    assert "sessions, links and passwords are lost" in wrong(installation.keyring(settings.keyring_file))[0]


def test_taken_ports_are_named_with_what_they_are_for(settings: EdgeSettings) -> None:
    port = ports.fixed(["kafka"], settings.data_dir / "ports.json")["kafka"]

    with socket.create_server(("127.0.0.1", port)):
        found = wrong(installation.free_ports(settings))

    assert any(f"{port} (kafka)" in text for text in found)


def test_a_clock_that_was_set_back_is_seen_by_files_from_the_future(settings: EdgeSettings) -> None:
    log = settings.data_dir / "logs" / "kafka.log"
    log.parent.mkdir()
    log.write_text("")
    assert wrong(installation.clock(settings.data_dir)) == []

    os.utime(log, (time.time() + 3600, time.time() + 3600))

    assert "it was set back" in wrong(installation.clock(settings.data_dir))[0]


async def test_a_setting_that_is_not_usable_is_named(settings: EdgeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSKA_PORT", "many")

    assert any(text.startswith("DOSKA_PORT:") for text in wrong(await examine()))


def test_an_embedded_part_is_not_ones_own(settings: EdgeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    variable, url = "DOSKA_REDIS_URL", "redis://127.0.0.1:1/0"
    addresses.write(settings.data_dir, {variable: {variable: url}})
    assert not parts.is_own(variable, settings)

    monkeypatch.setenv(variable, url)
    assert not parts.is_own(variable, settings)

    monkeypatch.setenv(variable, "redis://elsewhere/0")
    assert parts.is_own(variable, settings)


async def test_parts_of_ones_own_that_nobody_answers_at_are_wrong_without_their_passwords(
    settings: EdgeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOSKA_POSTGRES_DSN", "postgresql://doska:secret@127.0.0.1:9/doska")
    monkeypatch.setenv("DOSKA_REDIS_URL", "redis://:secret@127.0.0.1:9/0")
    monkeypatch.setenv("DOSKA_S3_ENDPOINT", "http://127.0.0.1:9")

    found = wrong(await parts.examine(EdgeSettings(), running=False))

    assert [text.split(" ")[0] for text in found] == ["PostgreSQL", "Redis", "S3"]
    assert not any("secret" in text for text in found)


@pytest.mark.integration
async def test_prepared_parts_have_nothing_wrong(
    prepared_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in prepared_environment.items():
        monkeypatch.setenv(name, value)

    found = await parts.examine(EdgeSettings(), running=True)

    assert wrong(found) == []
    assert len([finding for finding in found if finding.verdict == "ok"]) >= 4


@pytest.mark.integration
async def test_missing_topics_and_tables_are_named_with_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared_environment: dict[str, str]
) -> None:
    import asyncpg

    from topics.bus.catalog import catalog

    for name, value in prepared_environment.items():
        monkeypatch.setenv(name, value)
    connection = await asyncpg.connect(prepared_environment["DOSKA_POSTGRES_DSN"])
    await connection.execute("DROP DATABASE IF EXISTS empty")
    await connection.execute("CREATE DATABASE empty")
    await connection.close()
    dsn = prepared_environment["DOSKA_POSTGRES_DSN"].rpartition("/")[0] + "/empty"
    monkeypatch.setenv("DOSKA_POSTGRES_DSN", dsn)
    one_more = {**catalog()}
    some = next(iter(one_more.values()))
    from topics.bus import admin

    monkeypatch.setattr(
        admin, "catalog", lambda: {**one_more, "new.topic": some.model_copy(update={"name": "new.topic"})}
    )

    found = " ".join(wrong(await parts.examine(EdgeSettings(), running=True)))

    assert "run doska migrate" in found
    assert "new.topic" in found
    assert "run doska topics apply" in found


def test_a_line_begins_with_its_verdict() -> None:
    assert line(ok("fine")) == "  ok    fine"
    assert line(bad("broken")) == "  bad   broken"
