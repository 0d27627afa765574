"""The examples of the card are run: a receiver that copies them verifies what we sign, and refuses what we did not."""

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from compose.nodejs import find
from schemas.keyring import Keyring
from schemas.webhooks.signing import headers, secret

CARD = Path(__file__).parent.parent / "README.md"
RING = Keyring("k1", {"k1": b"1" * 32})
HOOK = "01980c5e-0021-7a10-8f2e-3c4d5e6f7081"
NEW, OLD, FOREIGN = (secret(RING, HOOK, version, "k1") for version in (2, 1, 7))
BODY = '{"title": "Ретро"}'.encode()


def example(language: str) -> str:
    [code] = re.findall(rf"```{language}\n(.*?)```", CARD.read_text(encoding="utf-8"), re.DOTALL)
    return str(code)


def cases() -> list[tuple[str, dict[str, str], bytes, bool]]:
    now = int(time.time())
    both = headers([NEW, OLD], "d1", now, BODY)
    return [
        (NEW, both, BODY, True),
        (OLD, both, BODY, True),
        (FOREIGN, both, BODY, False),
        (NEW, both, BODY + b" ", False),
        (NEW, {**both, "webhook-id": "d2"}, BODY, False),
        (NEW, {**both, "webhook-timestamp": str(now + 1)}, BODY, False),
        (NEW, {**both, "webhook-signature": "v1,"}, BODY, False),
        (NEW, headers([NEW], "d1", now - 301, BODY), BODY, False),
    ]


@pytest.mark.parametrize("number", range(len(cases())))
def test_the_python_example_verifies(number: int) -> None:
    told: dict[str, Any] = {}
    exec(example("python"), told)
    secret_, head, body, good = cases()[number]

    assert told["verified"](secret_, head, body) is good


async def test_the_node_example_verifies() -> None:
    given = [[secret_, head, body.decode(), good] for secret_, head, body, good in cases()]
    ask = f"""
const cases = {json.dumps(given)};
console.log(JSON.stringify(cases.map(([s, h, b]) => verified(s, h, Buffer.from(b)))));
"""
    process = await asyncio.create_subprocess_exec(
        str(find().node), "-e", example("js") + ask, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()

    assert json.loads(printed) == [good for *_, good in given]
