"""The audit of a workspace, as its admin reads it."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import Visits
from tests.browser.visitor import LIMIT_MS


async def test_an_admin_reads_filters_and_saves_the_audit(visit: Visits, picture: Callable[[str], Path]) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    await anna.new_board("Retro")
    await anna.open("/")
    page = anna.page
    await page.get_by_role("button", name="Settings and sign out").click()
    await page.get_by_role("menuitem", name="Audit").click()

    rows = page.locator(".audit-table tbody tr")
    await expect(rows.filter(has_text="Board renamed").first).to_contain_text("Retro", timeout=LIMIT_MS)
    await expect(rows.first).to_contain_text("Anna")
    await expect(rows.first).to_contain_text("127.0.0.1")
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await anna.still()
        await page.screenshot(path=picture(f"audit-desk-{scheme}"))
    await page.set_viewport_size({"width": 390, "height": 844})
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await page.evaluate(wider)
    await page.screenshot(path=picture("audit-phone-dark"))
    await page.emulate_media(color_scheme="light")
    await anna.still()
    await page.screenshot(path=picture("audit-phone-light"))
    await page.get_by_label("Who").select_option(label="Anna")
    await expect(rows.filter(has_text="Board renamed")).to_have_count(1, timeout=LIMIT_MS)

    await page.get_by_label("What happened", exact=True).select_option("boards.board_created")
    await expect(rows).to_have_count(1, timeout=LIMIT_MS)
    await expect(rows.first).to_contain_text("Board made")
    async with page.expect_download() as saving:
        await page.get_by_role("button", name="Save as a file").click()
    saved = await saving.value
    assert saved.suggested_filename.endswith(".ndjson")
    kept = [json.loads(line) for line in (await asyncio.to_thread(Path(await saved.path()).read_text)).splitlines()]
    assert [entry["type"] for entry in kept] == ["boards.board_created"]

    await page.get_by_label("From", exact=True).fill("2099-01-01")
    await expect(page.get_by_text("Nothing of the kind has happened.")).to_be_visible(timeout=LIMIT_MS)


async def test_the_audit_speaks_russian(visit: Visits) -> None:
    ivan = await visit(locale="ru-RU")
    await ivan.sign_up("Иван")
    await ivan.open("/audit")

    await expect(ivan.page.locator(".audit-table")).to_contain_text("Пространство создано", timeout=LIMIT_MS)
