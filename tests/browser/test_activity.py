"""The activity page, as an admin reads it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from tests.browser.conftest import Visits
from tests.browser.visitor import LIMIT_MS, until


async def test_an_admin_sees_who_was_active_when_and_how_much(visit: Visits, picture: Callable[[str], Path]) -> None:
    anna = await visit(followed=True)
    told: list[dict[str, Any]] = []
    anna.page.on(
        "request",
        lambda request: told.append(request.post_data_json) if request.url.endswith("/api/activity") else None,
    )
    await anna.sign_up("Anna")
    await anna.new_board("Retro")
    await anna.draw("rectangle", (300, 250), (500, 400))
    await anna.saved()
    workspace = (await anna.call("GET", "/api/workspaces"))["items"][-1]["workspace_id"]
    page = anna.page

    async def told_types() -> set[str]:
        return {event["type"] for batch in told for event in batch["events"]}

    async def shown() -> None:
        await anna.open(f"/w/{workspace}")
        await page.get_by_role("link", name="Activity").click()
        await expect(page.locator(".figure").first).to_be_visible(timeout=6000)

    for _ in range(20):
        try:
            await shown()
        except AssertionError:
            continue  # counted beside everything else: a moment later
        break
    people = page.get_by_role("table", name="Who was active most")
    await expect(people.get_by_role("row").filter(has_text="Anna")).to_be_visible(timeout=LIMIT_MS)
    await until(told_types, lambda types: {"activity.page_viewed", "activity.timing_measured"} <= types, 30)
    await expect(page.get_by_test_id("line-people")).to_be_visible()
    await expect(page.get_by_test_id("heat")).to_be_visible()
    await page.get_by_text("The same in numbers").first.click()
    await expect(page.get_by_role("table", name="The same in numbers").get_by_role("row").nth(1)).to_be_visible()
    await page.get_by_text("The same in numbers").first.click()
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await anna.still()
        await page.screenshot(path=picture(f"activity-desk-{scheme}"), full_page=True)
    await page.set_viewport_size({"width": 390, "height": 844})
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await page.evaluate(wider)
    await page.screenshot(path=picture("activity-phone-dark"), full_page=True)
    await page.emulate_media(color_scheme="light")

    await page.get_by_label("Where").select_option(label="Retro")

    await expect(page).to_have_url(re.compile("board="))
    await expect(people.get_by_role("row").filter(has_text="Anna")).to_be_visible(timeout=LIMIT_MS)
