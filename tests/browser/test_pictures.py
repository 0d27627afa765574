"""Pictures on a board: put there by one person, seen by the other, refused with a reason."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import TimeoutError as PlaywrightTimeout
from playwright.async_api import expect

from tests.browser.conftest import Visits
from tests.browser.visitor import LIMIT_MS, Visitor, show_the_same, until
from tests.edge.samples import png, svg

# What a person does who drags a file onto the canvas.
DROP = """
([name, type, text]) => {
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, { type }));
    const place = { clientX: 640, clientY: 400, bubbles: true, cancelable: true, dataTransfer: data };
    document.querySelector('.excalidraw canvas.interactive').dispatchEvent(new DragEvent('drop', place));
}
"""
# How much of what is seen is of a colour.
COLOURED = """
([red, green, blue]) => {
    const canvas = document.querySelector('.excalidraw canvas.static');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) {
        found += data[at] === red && data[at + 1] === green && data[at + 2] === blue ? 1 : 0;
    }
    return found;
}
"""
# What the page has asked the store and the edge for, with how each was answered (0: not told to scripts).
ASKED = """
() => performance.getEntriesByType('resource').filter((each) => /files|elements/.test(each.name))
    .map((each) => [each.name.split('?')[0], each.responseStatus, Math.round(each.startTime)])
"""
TEAL = [0, 128, 128]
# Pictures are decoded when the test says so, as they are late on a slow machine.
SLOW_DECODING = """
(() => {
    const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src');
    const held = [];
    let isSlow = true;
    Object.defineProperty(HTMLImageElement.prototype, 'src', {
        ...source,
        set(value) {
            const decode = () => source.set.call(this, value);
            if (isSlow && String(value).startsWith('data:image/png')) held.push(decode);
            else decode();
        },
    });
    window.picturesHeld = () => held.length;
    window.decodePictures = () => { isSlow = false; held.forEach((decode) => decode()); };
})()
"""
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture
def store(prepared_environment: dict[str, str]) -> str:
    """Where files lie: the one other place that pages speak to."""
    return prepared_environment["DOSKA_S3_ENDPOINT"]


async def drop(visitor: Visitor, name: str, content: bytes, mime: str = "image/png") -> None:
    """Drag a file onto the middle of the canvas."""
    await visitor.page.evaluate(DROP, [name, mime, base64.b64encode(content).decode()])


async def shows(visitor: Visitor, pixels: int, where: str) -> None:
    """Wait until so much of the canvas is teal; fails with what the page asked for and has instead."""
    try:
        await visitor.page.wait_for_function(f"() => ({COLOURED})({TEAL}) > {pixels}", timeout=LIMIT_MS)
    except PlaywrightTimeout:
        seen = await visitor.page.evaluate(f"() => ({COLOURED})({TEAL})")
        asked = await visitor.page.evaluate(ASKED)
        raise AssertionError(f"{where}: {seen} teal pixels of {pixels}; asked for {asked}") from None


async def test_a_picture_that_one_person_drops_is_seen_by_the_other_after_a_reload_and_in_the_past(
    visit: Visits, store: str, picture: Callable[[str], Path]
) -> None:
    anna, boris = await visit(beside=(store,)), await visit(beside=(store,))
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Birds")
    await boris.come_by(await anna.make_link("editor"), "Boris")

    await drop(anna, "teal bird.png", png(400, 300, "teal"))

    await until(boris.count, lambda count: count == 1, 30)
    [held] = await show_the_same(board_id, anna, boris)
    assert (held["type"], len(held["fileId"])) == ("image", 36)
    assert "data:" not in str(held)
    for visitor in (anna, boris):
        await shows(visitor, 50_000, "live")
        await expect(visitor.page.locator(".picture-status")).to_have_count(0)
    await boris.page.screenshot(path=picture("picture-boris"))
    await boris.page.reload()
    await boris.ready()
    await shows(boris, 50_000, "after a reload")

    # A state of the past has its pictures too.
    await anna.board_menu("History")
    await expect(anna.page.locator(".history .board-main[aria-busy=false]")).to_be_visible(timeout=LIMIT_MS)
    await shows(anna, 20_000, "in the past")


async def test_a_picture_is_drawn_also_where_it_was_moved_by_another_while_it_was_decoded(
    visit: Visits, store: str
) -> None:
    anna, boris = await visit(beside=(store,)), await visit(beside=(store,))
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Birds")
    await drop(anna, "teal bird.png", png(400, 300, "teal"))
    [before] = await until(lambda: anna.elements(board_id), lambda held: len(held) == 1)
    await anna.saved()
    await boris.context.add_init_script(SLOW_DECODING)
    await boris.come_by(await anna.make_link("editor"), "Boris")
    await boris.page.wait_for_function("() => window.picturesHeld() > 0", timeout=LIMIT_MS)

    await anna.tool("selection")
    await anna.drag((640, 400), (700, 440))
    await until(lambda: anna.elements(board_id), lambda held: held[0]["x"] > before["x"])
    await show_the_same(board_id, anna, boris)
    await boris.page.evaluate(TWO_FRAMES)
    await boris.page.evaluate("() => window.decodePictures()")

    await shows(boris, 50_000, "once it was decoded")


async def test_a_picture_that_is_refused_says_why_and_leaves_nothing(
    visit: Visits, store: str, picture: Callable[[str], Path]
) -> None:
    anna = await visit(beside=(store,), expected=("422",))
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Traps")

    await drop(anna, "trap.svg", svg("<foreignObject/>"), "image/svg+xml")

    said = anna.page.locator(".toast").filter(has_text="is not what its name says")
    await expect(said).to_be_visible(timeout=LIMIT_MS)
    await anna.page.screenshot(path=picture("picture-refused"))
    await until(anna.count, lambda count: count == 0)
    assert await anna.elements(board_id) == []
