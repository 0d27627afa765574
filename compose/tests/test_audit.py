import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus

import pytest

from compose.audit import Verdict, of_client, of_python, read_npm, read_pip_audit
from compose.webclient import SOURCES

SAFE = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
UNKNOWN = {"name": "ours", "skip_reason": "Dependency not found on PyPI and could not be audited: ours (1.0)"}
BAD = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [{"id": "PYSEC-2014-8", "aliases": ["CVE-2014-1402"], "fix_versions": ["2.7.2"], "description": "…"}],
}
ADVISORY = {
    "source": 1,
    "name": "vite",
    "title": "reads files outside of its root",
    "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
    "severity": "high",
    "range": "<5.0.1",
}
Serves = Callable[[int, bytes], Awaitable[str]]


def npm(vulnerabilities: dict[str, object]) -> str:
    return json.dumps({"vulnerabilities": vulnerabilities, "metadata": {"dependencies": {"total": 7}}})


@pytest.fixture
async def serves() -> AsyncIterator[Serves]:
    """A place that answers everything alike."""
    servers: list[asyncio.Server] = []

    async def start(status: int, body: bytes) -> str:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


def test_what_is_known_is_told_with_what_mends_it() -> None:
    verdict = read_pip_audit(json.dumps({"dependencies": [SAFE, BAD]}))

    assert verdict == Verdict(("jinja2 2.4.1: PYSEC-2014-8, mended in 2.7.2",), 2)
    assert list(verdict.lines("Python")) == ["audit: Python: jinja2 2.4.1: PYSEC-2014-8, mended in 2.7.2"]


@pytest.mark.parametrize("by", ["PYSEC-2014-8", "CVE-2014-1402"])
def test_what_is_excused_is_not_told(by: str) -> None:
    assert read_pip_audit(json.dumps({"dependencies": [BAD]}), [by]).found == ()


def test_a_package_that_nobody_knows_is_not_called_fine() -> None:
    some, none = (read_pip_audit(json.dumps({"dependencies": each})) for each in ([SAFE, UNKNOWN], [UNKNOWN]))

    assert list(some.lines("Python")) == [
        "audit: Python: NOT AUDITED: PyPI does not know 1 of 2 packages",
        "audit: Python: 1 packages, nothing is known against them",
    ]
    assert list(none.lines("Python")) == ["audit: Python: NOT AUDITED: PyPI does not know 1 of 1 packages"]


def test_what_npm_found_is_told_once_by_the_package_that_has_it() -> None:
    verdict = read_npm(npm({"vite": {"via": [ADVISORY]}, "vitest": {"via": ["vite"]}}))

    assert verdict == Verdict(("vite <5.0.1: reads files outside of its root (GHSA-aaaa-bbbb-cccc)",), 7)
    assert read_npm(npm({"vite": {"via": [ADVISORY]}}), ["GHSA-aaaa-bbbb-cccc"]) == Verdict((), 7)


@pytest.mark.parametrize("said", ["", "Traceback", "[]", "{}", '{"error": {"code": "ENOAUDIT"}}', '{"message": "no"}'])
def test_what_could_not_be_asked_is_said_and_fails_nothing(said: str) -> None:
    for verdict in (read_pip_audit(said), read_npm(said)):
        assert (verdict.found, verdict.looked_at) == ((), 0)
        [line] = verdict.lines("x")
        assert "NOT AUDITED" in line


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"Not Found"), (200, b"<html>"), (200, b'{"info": {}}'), (503, b"")]
)
async def test_an_index_without_advisories_is_asked_for_one_package_alone(
    serves: Serves, status: int, body: bytes
) -> None:
    verdict = await asyncio.to_thread(of_python, probe=await serves(status, body))

    assert verdict.looked_at == 0
    assert verdict.why_not.startswith("PyPI tells no advisories here")


async def test_no_network_is_said() -> None:
    nobody = "http://127.0.0.1:9/"

    assert await asyncio.to_thread(of_python, probe=nobody) == Verdict(why_not="PyPI cannot be reached")
    assert await asyncio.to_thread(of_client, SOURCES, f"--registry={nobody}") == read_npm("")
