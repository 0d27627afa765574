import asyncio
import json

import pytest

from compose.audit import Verdict, of_client, of_python, read_npm, read_pip_audit, why_silent
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


def npm(vulnerabilities: dict[str, object]) -> str:
    return json.dumps({"vulnerabilities": vulnerabilities, "metadata": {"dependencies": {"total": 7}}})


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


def test_an_index_that_knows_nothing_of_what_is_known_to_be_bad_tells_no_advisories() -> None:
    bad = why_silent(json.dumps({"dependencies": [BAD]}))
    fine, unknown = (why_silent(json.dumps({"dependencies": [each]})) for each in (SAFE, UNKNOWN))

    assert bad == ""
    assert fine == "PyPI tells no advisories here"
    assert "does not know" in unknown
    assert why_silent("") == "pip-audit could not ask PyPI"


def test_whatever_the_network_lets_one_ask_python_gets_a_verdict() -> None:
    verdict = of_python()

    assert verdict.why_not or verdict.looked_at


async def test_no_network_is_said() -> None:
    nobody = "http://127.0.0.1:9/"

    assert await asyncio.to_thread(of_client, SOURCES, f"--registry={nobody}") == read_npm("")
