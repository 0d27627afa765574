"""An edge that dies, tokens that end, boards that are large: what a person notices of it."""

import os
import re

import pytest
from playwright.async_api import WebSocket, expect

from tests.browser.conftest import Visits
from tests.browser.sketch import sketch
from tests.browser.visitor import Visitor, show_the_same, until
from tests.product import Edge, Product, wait_ready

pytestmark = pytest.mark.skipif("DOSKA_TEST_URL" in os.environ, reason="needs edges of its own")

NO_EDGE = re.compile(r"ERR_CONNECTION_REFUSED|WebSocket connection to .* failed|Failed to load resource")
MANY = 3000
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def place(number: int) -> str:
    """The index of an element in the board's order: a key of three digits in base 62."""
    return f"c{DIGITS[number // 3844]}{DIGITS[number // 62 % 62]}{DIGITS[number % 62]}"


def forgive_the_edge(*visitors: Visitor) -> None:
    """The browser itself complains about an edge that was killed on purpose."""
    for visitor in visitors:
        visitor.complaints[:] = [text for text in visitor.complaints if not NO_EDGE.search(text)]


async def start_again(product: Product, edge: Edge) -> None:
    """Another process in the place of one that died, at the same address."""
    await edge.process.process.wait()
    edge.process = await product.spawn("edge", "run", "edge", **edge.environment)
    await wait_ready(f"{edge.base_url}/readyz", edge.process)


async def test_an_edge_dies_and_what_is_drawn_meanwhile_is_kept_and_sent(
    product: Product, client_built: None, visit: Visits
) -> None:
    edge = await product.edge()
    anna, boris = await visit(at=edge.base_url), await visit(at=edge.base_url)
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Shaken")
    await boris.come_by(await anna.make_link("editor"), "Boris")
    await anna.draw("rectangle", (380, 260), (560, 380))

    edge.process.kill9()
    await expect(anna.page.locator("[data-status=offline]")).to_be_visible(timeout=30_000)
    await anna.tool("ellipse")
    await anna.drag((700, 300), (820, 400))
    await expect(anna.page.locator("[data-status=offline]")).to_contain_text("1")
    await start_again(product, edge)

    await anna.saved()
    await until(boris.count, lambda count: count == 2, seconds=60)
    await show_the_same(board_id, anna, boris)
    forgive_the_edge(anna, boris)


async def test_people_stay_though_their_tokens_live_but_seconds(
    product: Product, client_built: None, visit: Visits
) -> None:
    edge = await product.edge(DOSKA_ACCESS_TOKEN_SECONDS="8")
    anna, boris = await visit(at=edge.base_url), await visit(at=edge.base_url)
    hellos: dict[str, int] = {"anna": 0, "boris": 0}
    sockets: dict[str, int] = {"anna": 0, "boris": 0}

    def watch(name: str, socket: WebSocket) -> None:
        sockets[name] += 1

        def count(frame: str | bytes) -> None:
            hellos[name] += '"kind":"hello"' in str(frame)

        socket.on("framesent", count)

    anna.page.on("websocket", lambda socket: watch("anna", socket))
    boris.page.on("websocket", lambda socket: watch("boris", socket))
    await anna.sign_up("Anna")
    await anna.new_board("Minutes")
    await boris.come_by(await anna.make_link("editor"), "Boris")

    async def repeated() -> int:
        return min(hellos.values())

    await until(repeated, lambda least: least >= 4, seconds=60)
    await boris.draw("ellipse", (700, 300), (820, 400))
    await until(anna.count, lambda count: count == 1)
    await anna.draw("rectangle", (380, 260), (560, 380))

    # New tokens went over the sockets that were there.
    assert sockets == {"anna": 1, "boris": 1}


async def test_a_large_board_opens_whole_and_can_be_drawn_on(visit: Visits) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Atlas")
    shape = sketch()[2]
    elements = [
        shape | {"id": f"shape-{number}", "index": place(number), "x": number % 60 * 200, "y": number // 60 * 150}
        for number in range(MANY)
    ]
    for start in range(0, MANY, 1000):
        await anna.call("POST", f"/api/boards/{board_id}/elements", {"elements": elements[start : start + 1000]})

    await anna.page.reload()
    await until(anna.count, lambda count: count == MANY, seconds=60)
    await anna.draw("ellipse", (700, 300), (820, 400))

    assert len(await show_the_same(board_id, anna)) == MANY + 1
