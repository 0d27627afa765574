"""A new board from a template: the built-in ones with their previews, and one of the workspace."""

from collections.abc import Callable
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import Visits
from tests.browser.visitor import until


async def test_a_board_begins_with_a_template(visit: Visits, picture: Callable[[str], Path]) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Our way")
    await anna.draw("rectangle", (380, 260), (600, 390))
    await anna.call("PUT", f"/api/boards/{board_id}/template", {"template": True})
    await anna.open("/")
    await anna.page.locator(".boards-actions").get_by_text("From a template").click()
    templates = anna.page.locator(".template")
    await expect(templates).to_have_count(6)
    await expect(templates.locator("img")).to_have_count(6, timeout=30_000)
    await anna.still()
    await anna.page.screenshot(path=picture("templates"))

    await anna.page.locator("[data-template=retro]").click()
    await anna.page.wait_for_url("**/b/*")
    await anna.ready()
    await until(anna.count, lambda count: count > 10)
    await expect(anna.page.locator(".board-name")).to_have_text("Retrospective")
    await anna.page.screenshot(path=picture("template-retro"))

    await anna.open("/")
    await anna.page.locator(".boards-actions").get_by_text("From a template").click()
    await anna.page.locator(f'[data-template="{board_id}"]').click()
    await anna.page.wait_for_url("**/b/*")
    await anna.ready()
    await until(anna.count, lambda count: count == 1)
    assert not anna.page.url.endswith(board_id)


async def test_a_board_leaves_as_a_picture_of_a_chosen_size_and_ground(visit: Visits, tmp_path: Path) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    await anna.new_board("Picture")
    await anna.draw("rectangle", (380, 260), (600, 390))

    async def saved(button: str, name: str) -> bytes:
        async with anna.page.expect_download() as asked:
            await anna.page.locator(".ImageExportModal").get_by_role("button", name=button).click()
        await (await asked.value).save_as(tmp_path / name)
        return (tmp_path / name).read_bytes()

    await anna.board_menu("Export as image…")
    dialog = anna.page.locator(".ImageExportModal")
    await expect(dialog).to_be_visible()
    small = await saved("Export to PNG", "small.png")
    await dialog.locator("input[name=exportScale]").nth(2).check(force=True)
    large = await saved("Export to PNG", "large.png")
    with_ground = await saved("Export to SVG", "ground.svg")
    await dialog.locator("#exportBackgroundSwitch").uncheck(force=True)
    without = await saved("Export to SVG", "none.svg")

    def width(png: bytes) -> int:
        assert png.startswith(b"\x89PNG")
        return int.from_bytes(png[16:20], "big")

    assert width(large) == 3 * width(small)
    assert b'fill="#ffffff"' in with_ground
    assert b'fill="#ffffff"' not in without
