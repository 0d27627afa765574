"""The real parts of one test session: Kafka, PostgreSQL, Valkey, S3, empty at first, then with topics and tables.

`DOSKA_TEST_STACK=docker` takes them from containers instead; a part whose address is in the environment
(DOSKA_KAFKA_BOOTSTRAP, …) is taken as it is.
"""

import os
import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from schemas.keyring import Keyring
from topics.runtime.settings import Settings

# Receivers of webhooks are servers of the test on this machine.
HOOKS = {
    "DOSKA_WEBHOOK_ALLOW_HTTP": "true",
    "DOSKA_WEBHOOK_ALLOW_PRIVATE": "127.0.0.0/8",
    "DOSKA_WEBHOOK_PORTS": "",
}
Some = TypeVar("Some", bound=Settings)


class Parts(Protocol):
    """Running parts, wherever they come from."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def environment(self) -> dict[str, str]: ...


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for the parts is an integration test, said or not: the fast checks start none."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.integration)


def settings_from(environment: Mapping[str, str], kind: type[Some]) -> Some:
    """Settings of some kind as a process with that environment would read them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        return kind()


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Parts]:
    """The parts on free ports, for the whole session."""
    parts: Parts
    if os.environ.get("DOSKA_TEST_STACK") == "docker":
        from tests.containers import Containers

        parts = Containers()
    else:
        from compose.embedded.stack import Stack

        parts = Stack(tmp_path_factory.mktemp("stack"), ports="free")
    await parts.start()
    try:
        yield parts
    finally:
        await parts.stop()


@pytest.fixture(scope="session")
def stack_environment(stack: Parts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables by which a process reaches the parts; nothing is provisioned in them yet."""
    data_dir: Path = tmp_path_factory.mktemp("doska")
    Keyring.create(data_dir / "keyring.json")
    external = {name: value for name, value in os.environ.items() if name.startswith("DOSKA_")}
    ours = {"DOSKA_DATA_DIR": str(data_dir), "DOSKA_LOG_LEVEL": "warning"}
    return {**external, **stack.environment(), **ours, **HOOKS}


async def provision(environment: Mapping[str, str]) -> None:
    """`doska topics apply` and `doska migrate` on the parts of this environment."""
    from consumers.discovery import manifests
    from jobs.migrate import migrate
    from topics.bus.admin import apply_topics

    settings = settings_from(environment, Settings)
    await apply_topics(settings, list(manifests().values()))
    await migrate(settings)


async def prepare(environment: Mapping[str, str], data_dir: Path) -> dict[str, str]:
    """What any process of the product can run on: provisioned parts, a data directory, a keyring."""
    Keyring.create(data_dir / "keyring.json")
    prepared = {**environment, "DOSKA_DATA_DIR": str(data_dir), "DOSKA_LOG_LEVEL": "warning", **HOOKS}
    await provision(prepared)
    return prepared


@pytest.fixture(scope="session")
async def prepared_environment(stack_environment: dict[str, str]) -> dict[str, str]:
    """The same after provisioning: what any process of the product can run on."""
    await provision(stack_environment)
    return stack_environment


@pytest.fixture(scope="session")
def settings(prepared_environment: dict[str, str]) -> Settings:
    """Settings of a process on the prepared parts."""
    return settings_from(prepared_environment, Settings)


@pytest.fixture(scope="session")
async def separate_tables(prepared_environment: dict[str, str]) -> Settings:
    """The same parts with another database, for tests that write or empty tables whose consumer may be running."""
    from jobs.migrate import migrate

    shared = prepared_environment["DOSKA_POSTGRES_DSN"]
    name = f"separate_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(shared)
    await connection.execute(f"create database {name}")
    await connection.close()
    dsn = urlunsplit(urlsplit(shared)._replace(path=f"/{name}"))
    settings = settings_from({**prepared_environment, "DOSKA_POSTGRES_DSN": dsn}, Settings)
    await migrate(settings)
    return settings
