"""The past of a board: seen, compared, brought back before everybody's eyes, branched."""

from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.conftest import Visits
from tests.browser.visitor import LIMIT_MS, Visitor, until

SLIDER = "input[type=range]"


async def shown(page: Page) -> int:
    """How many elements the canvas of the past shows."""
    return int(await page.locator(".history .board-main").get_attribute("data-elements") or 0)


async def look_back(visitor: Visitor) -> None:
    """Open the history by the menu of the board, and wait until its latest moment is there."""
    await visitor.board_menu("History")
    await settled(visitor.page)


async def settled(page: Page) -> None:
    """Wait until a moment of the past is on the canvas and in the address."""
    await expect(page.locator(".history .board-main[aria-busy=false]")).to_be_visible(timeout=LIMIT_MS)
    await expect(page.locator(".history canvas").first).to_be_visible(timeout=LIMIT_MS)


async def save(page: Page, name: str) -> None:
    """Save a version by the form."""
    await page.get_by_label("Name of the version").fill(name)
    await page.get_by_role("button", name="Save a version").click()
    await expect(page.locator(f"[data-version='{name}']")).to_be_visible(timeout=LIMIT_MS)


async def test_the_life_of_a_board_is_walked_compared_and_brought_back_live(
    visit: Visits, picture: Callable[[str], Path]
) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Plan of the quarter")
    await boris.come_by(await anna.make_link("editor"), "Boris")
    await anna.draw("rectangle", (330, 240), (520, 340))
    await anna.draw("ellipse", (600, 260), (760, 380))
    await until(boris.count, lambda count: count == 2)
    await look_back(anna)
    await until(lambda: shown(anna.page), lambda count: count == 2)
    await save(anna.page, "Before")

    await boris.draw("diamond", (330, 420), (480, 560))
    await boris.draw("rectangle", (640, 440), (800, 560))
    await until(boris.count, lambda count: count == 4)
    await anna.page.get_by_role("button", name="Back to now").click()
    await anna.ready()
    await until(anna.count, lambda count: count == 4)
    await look_back(anna)
    await until(lambda: shown(anna.page), lambda count: count == 4)
    now = anna.page.url

    # One step back with the keys: the last of what Boris drew is not there yet.
    slider = anna.page.locator(SLIDER)
    await slider.focus()
    for _ in range(40):
        if await shown(anna.page) < 4:
            break
        await anna.page.keyboard.press("ArrowLeft")
        await settled(anna.page)
    assert 0 < await shown(anna.page) < 4
    then, count = anna.page.url, await shown(anna.page)
    await anna.page.screenshot(path=picture("history-slider"))

    # The address alone opens that moment, for anybody who may see the board.
    await boris.page.goto(then)
    await settled(boris.page)
    await until(lambda: shown(boris.page), lambda seen: seen == count)
    await boris.page.get_by_role("button", name="Back to now").click()
    await boris.ready()

    await anna.page.goto(now)
    await settled(anna.page)
    await until(lambda: shown(anna.page), lambda seen: seen == 4)
    before = anna.page.locator("[data-version='Before']")
    await before.get_by_role("button", name="Compare with what is shown").click()
    await expect(anna.page.locator(".legend [data-kind=added]")).to_have_attribute("data-count", "2")
    await expect(anna.page.locator(".legend [data-kind=removed]")).to_have_attribute("data-count", "0")
    await expect(before.locator("img")).to_be_visible(timeout=LIMIT_MS)
    await anna.page.screenshot(path=picture("history-compare"))
    await before.get_by_role("button", name="Show Before").click()
    await until(lambda: shown(anna.page), lambda seen: seen == 2)

    await anna.page.get_by_role("button", name="Restore this").click()
    await anna.page.locator("dialog[open]").get_by_role("button", name="Restore this").click()
    await until(boris.count, lambda seen: seen == 2)
    await anna.ready()
    await until(anna.count, lambda seen: seen == 2)
    held = (await anna.call("GET", f"/api/boards/{board_id}/elements"))["elements"]
    assert sorted(element["type"] for element in held) == ["ellipse", "rectangle"]


async def test_a_branch_begins_at_the_moment_shown_and_playing_ends_at_the_present(visit: Visits) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    source = await anna.new_board("Plan")
    await anna.draw("rectangle", (330, 240), (520, 340))
    await look_back(anna)
    await until(lambda: shown(anna.page), lambda count: count == 1)

    await anna.page.get_by_text("60×").click()
    await anna.page.get_by_role("button", name="Play").click()
    await expect(anna.page.get_by_role("button", name="Play")).to_be_visible(timeout=LIMIT_MS)
    await until(lambda: shown(anna.page), lambda count: count == 1)

    await anna.page.get_by_role("button", name="Branch from here").click()
    await anna.page.wait_for_url(lambda url: "/b/" in url and source not in url, timeout=LIMIT_MS)
    await anna.ready()
    await until(anna.count, lambda count: count == 1)
    await anna.board_menu("Where this board branched off")
    await settled(anna.page)
    assert source in anna.page.url
    await until(lambda: shown(anna.page), lambda count: count == 1)


async def test_the_past_fits_a_phone_in_the_dark_and_in_russian(visit: Visits, picture: Callable[[str], Path]) -> None:
    anna = await visit(locale="ru-RU", scheme="dark", size={"width": 390, "height": 780})
    await anna.sign_up("Анна")
    board_id = await anna.new_board("План")
    await anna.draw("rectangle", (120, 300), (260, 420))

    await anna.open(f"/b/{board_id}?at=now")
    await settled(anna.page)
    await until(lambda: shown(anna.page), lambda count: count == 1)

    assert await anna.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await anna.page.screenshot(path=picture("history-phone"))
    await anna.page.get_by_role("button", name="Версии, люди и изменения").click()
    await expect(anna.page.get_by_role("button", name="Сохранить версию")).to_be_visible()
    await anna.page.screenshot(path=picture("history-phone-panel"))
