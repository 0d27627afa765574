"""The product itself on a closed Kafka: what the manifests and the catalog say is enough, for every process and every verb."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from compose.embedded.kafka_access import Access
from compose.embedded.stack import Stack
from consumers.discovery import manifests
from tests.edge.client import Api, connected, rectangle, register
from tests.product import Product, free_port, wait_ready
from tests.stack import prepare, settings_from
from topics.bus.acl_requests import apply_acl
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

APART = [name for name, each in manifests().items() if each.own_process or name == "board_store"]
TOGETHER = [name for name in manifests() if name not in APART]
USERS = ["admin", "doska-edge", "doska-jobs", "doska-consumers", *(f"doska-{name}" for name in APART)]
ACCESS = Access("admin", {each: f"{each}-secret" for each in USERS})


@pytest.fixture
async def closed_product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    """Each process with the user that is meant for it."""
    stack = Stack(tmp_path_factory.mktemp("closed"), ports="free", kafka_access=ACCESS)
    await stack.start()
    environment = await prepare(stack.environment(), tmp_path_factory.mktemp("data"))
    await apply_acl(settings_from(environment, Settings), list(manifests().values()))
    product = Product({**environment, **ACCESS.environment("doska-edge")}, tmp_path_factory.mktemp("logs"))
    consumers = []
    try:
        for words, user in (
            (["consumers", *TOGETHER], "doska-consumers"),
            *((["consumer", name], f"doska-{name}") for name in APART),
        ):
            port = str(free_port())
            process = await product.spawn(user, "run", *words, **ACCESS.environment(user), DOSKA_OPERATIONS_PORT=port)
            consumers.append(process)
            await wait_ready(f"http://127.0.0.1:{port}/readyz", process)
        product.base_url = (await product.edge()).base_url
        yield product
    finally:
        await product.stop()
        for process in consumers:
            await process.stop()
        await stack.stop()


async def test_a_board_lives_and_an_operator_looks_at_it(closed_product: Product) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        api, element = Api(closed_product.base_url, http), rectangle()
        ada, grace = await register(api, "Ada"), await register(api, "Grace")
        board_id = await ada.board()
        await ada.grant(board_id, grace, "viewer")
        async with connected(api, ada.token) as one, connected(api, grace.token) as two:
            await one.join(board_id)
            await two.join(board_id)
            pointer = {"pointer": {"x": 1, "y": 2, "tool": "pointer"}, "button": "up"}
            await one.send(kind="move", room=f"board:{board_id}", data=pointer)
            await one.draw(board_id, element)

            await two.event(board_id, lambda event: event["client_id"] == "c-1")
            await two.kind("presence")
        stored = await grace.api.get(f"/api/boards/{board_id}/elements")

    assert [each["id"] for each in stored.body["elements"]] == [element["id"]]
    jobs = ACCESS.environment("doska-jobs")
    for words in (
        ("topics", "plan"),
        ("topics", "acl", "plan"),
        ("topics", "describe"),
        ("consumers", "lag"),
        ("users", "admin", ada.email),
        ("audit", "verify"),
    ):
        verb = await closed_product.spawn("-".join(words), *words, **jobs)
        assert await verb.process.wait() == 0, verb.tail()
