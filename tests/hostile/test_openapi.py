"""Schemathesis reads `/openapi.json` as anybody's tools do and tries what it says: every answer must be one that it promises.

`DOSKA_HOSTILE_EXAMPLES=50` tries so many of each operation, and its boundary cases.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.edge.client import Api, Person, register
from tests.hostile.belongings import belongings, ends_what_it_names, ends_who_asks
from tests.hostile.refusals import traces
from tests.hostile.seeds import seeds
from tests.product import Product

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]
Json = dict[str, Any]
MORE: Final = os.environ.get("DOSKA_HOSTILE_EXAMPLES", "")
EXAMPLES: Final = int(MORE or 2)
PHASES: Final = "examples,coverage,fuzzing" if MORE else "examples,fuzzing"
SETTINGS: Final = """
seed = {seed}
# One: on Python 3.11 two threads that compile at once break each other (`AST constructor recursion depth mismatch`).
workers = 1
continue-on-failure = true
request-timeout = 60
max-redirects = 0
suppress-health-check = ["all"]
warnings = false

[cache]
enabled = false

[auth]
auto-signup = false

[headers]
Authorization = {authorization}

[generation]
database = "none"
no-shrink = true
max-examples = {examples}

[phases.coverage]
unexpected-methods = []

[checks]
enabled = false

# On a machine under load a write may be refused for a moment; where that is not promised, the next check says so.
[checks.not_a_server_error]
enabled = true
expected-statuses = ["2xx", "3xx", "4xx", "503", "504"]

[checks.status_code_conformance]
enabled = true

[checks.content_type_conformance]
enabled = true

[checks.response_schema_conformance]
enabled = true

[parameters]
{parameters}
"""
# It cannot make elements out of their schema, and all actions at once take it ten times as long as one of them;
# `test_routes` and `test_forms` say what is hostile there.
TOO_MUCH: Final = """
[[operations]]
include-name = "POST /api/boards/{board_id}/elements"
enabled = false

[[operations]]
include-name = "POST /api/actions/{type}"
enabled = false
"""
OPERATION: Final = """
[[operations]]
include-name = {name}
headers = {{ Authorization = {authorization} }}
parameters = {{ {parameters} }}
"""


def parameters(named: Mapping[str, str]) -> Iterator[str]:
    """What paths name, in TOML."""
    for name, value in named.items():
        yield f"{json.dumps(f'path.{name}')} = {json.dumps(value)}"


def bearer(person: Person) -> str:
    """Whose header it is, in TOML."""
    return json.dumps(f"Bearer {person.token}")


async def settings(api: Api, seed: int) -> str:
    """Whom Schemathesis plays, and with what: things that there are, and those of somebody else where a row ends them."""
    document = (await api.get("/openapi.json")).body
    person, other = await register(api, "Mallory"), await register(api, "Ada")
    written = SETTINGS.format(
        seed=seed,
        examples=EXAMPLES,
        authorization=bearer(person),
        parameters="\n".join(parameters(await belongings(person, other))),
    )
    for path, methods in document["paths"].items():
        for method in methods:
            row = (method.upper(), path)
            leaves, takes = ends_who_asks(*row), ends_what_it_names(*row)
            if leaves or takes:
                written += OPERATION.format(
                    name=json.dumps(" ".join(row)),
                    authorization=bearer(await register(api, "Once") if leaves else person),
                    parameters=", ".join(parameters(await belongings(person, other))) if takes else "",
                )
    return written + TOO_MUCH


@pytest.mark.parametrize("seed", seeds())
async def test_every_answer_is_one_that_the_document_promises(
    product: Product, api: Api, tmp_path: Path, seed: int
) -> None:
    log = product.edges[0].process.log
    before = log.stat().st_size
    config = tmp_path / "schemathesis.toml"
    config.write_text(await settings(api, seed))

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run", f"{api.base_url}/openapi.json"),
        *("--url", api.base_url, "--phases", PHASES, "--no-color"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
    )
    try:
        told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert process.returncode == 0, told.decode(errors="replace")
    assert traces(log.read_bytes()[before:]) == []
