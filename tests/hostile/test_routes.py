"""Every route of the product, found in its own document, against hostile requests of somebody who is signed in."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import pytest

from schemas.problems import STATUS
from tests.edge.client import Api, register
from tests.hostile.attacks import Row, actions, attacks
from tests.hostile.belongings import belongings, ends_what_it_names, ends_who_asks
from tests.hostile.forms import forms
from tests.hostile.refusals import traces
from tests.hostile.seeds import seeds
from tests.hostile.wire import Heard, Said, exchange
from tests.product import Product

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
Json = dict[str, Any]
AT_ONCE: Final = 8
LONGEST_REFUSAL: Final = 64 * 1024
OF_PYTHON: Final = (b"Traceback (most", b'File "/', b"object at 0x", b"<class '", b"asyncpg", b"aiohttp.")


def fault_of(heard: Heard, documented: Mapping[str, Any] | None) -> str | None:
    """What is wrong with an answer, in a word; a hostile request may be refused, and some are fine."""
    if any(trace in heard.body for trace in OF_PYTHON):
        return "shows a trace"
    if heard.status == 0:
        return "hung up"
    return None if heard.status < 400 else next(wrong_with(heard, documented), None)


def wrong_with(heard: Heard, documented: Mapping[str, Any] | None) -> Iterator[str]:
    """What is wrong with a refusal."""
    problem = heard.problem
    if not problem or STATUS.get(str(problem["code"])) != heard.status:
        yield "is no problem of ours"
        return
    if len(heard.body) > LONGEST_REFUSAL:
        yield "is a long refusal"
    if problem["code"] == "internal":
        yield "is a mistake of the server"
    if problem["code"] == "schema_invalid" and not problem["errors"]:
        yield "says not where"
    if heard.status in (429, 503, 504) and "retry-after" not in heard.headers:
        yield "says not when"
    if documented is not None and heard.status != 400 and str(heard.status) not in documented:
        yield "is not in the document"


async def faults(base_url: str, requests: Iterable[tuple[Said, Mapping[str, Any] | None]]) -> list[str]:
    """Say all of it, some at a time, and return what was wrong with the answers."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(said: Said, documented: Mapping[str, Any] | None) -> str | None:
        async with turns:
            try:
                heard = await exchange(base_url, said)
            except TimeoutError:
                return f"no answer: {said}"
        fault = fault_of(heard, documented)
        return None if fault is None else f"{heard.status} {fault}: {said} -> {heard.body[:300]!r}"

    return [fault for fault in await asyncio.gather(*(one(*each) for each in requests)) if fault is not None]


@pytest.mark.parametrize("seed", seeds())
async def test_every_route_answers_hostile_requests_with_clean_refusals(product: Product, api: Api, seed: int) -> None:
    document = (await api.get("/openapi.json")).body
    log = product.edges[0].process.log
    before = log.stat().st_size
    person, other = await register(api, "Mallory"), await register(api, "Ada")
    kept = await belongings(person, other)
    rows = [
        Row(path, method.upper(), what) for path, found in document["paths"].items() for method, what in found.items()
    ]

    found: list[str] = []
    said = 0
    for row in rows:
        actor = await register(api, "Once") if ends_who_asks(row.method, row.path) else person
        named = await belongings(actor, other) if ends_what_it_names(row.method, row.path) else kept
        requests = list(attacks(row, named, actor.token, seed))
        said += len(requests)
        found += await faults(api.base_url, [(each, promised(row, each)) for each in requests])

    assert said > 8 * len(rows)
    assert found == [], "\n".join(found)
    assert traces(log.read_bytes()[before:]) == []


def promised(row: Row, said: Said) -> Mapping[str, Any] | None:
    """The answers that the document promises; None where a request may lead elsewhere than to its row."""
    leads_elsewhere = said.about.startswith(("another", "header")) or not row.path.startswith("/api")
    return None if leads_elsewhere else row.operation["responses"]


@pytest.mark.parametrize("seed", seeds())
async def test_every_action_by_its_type_and_every_form_is_answered_cleanly(
    product: Product, api: Api, seed: int
) -> None:
    log = product.edges[0].process.log
    before = log.stat().st_size
    person, other = await register(api, "Mallory"), await register(api, "Ada")
    said = (*forms(person.token), *actions(await belongings(person, other), person.token, seed))

    found = await faults(api.base_url, [(each, None) for each in said])

    assert found == [], "\n".join(found)
    assert traces(log.read_bytes()[before:]) == []
