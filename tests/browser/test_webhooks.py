"""The webhooks of a workspace as its admin makes and watches them, with a real endpoint."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import expect

from consumers.webhook_export.tests.receiver import Receiver, receiving, status
from tests.browser.conftest import Visits
from tests.browser.test_accessibility import faults
from tests.browser.test_workspaces import new_workspace
from tests.browser.visitor import LIMIT_MS, until


async def test_an_admin_makes_a_webhook_tests_it_and_sends_a_delivery_again(
    visit: Visits, picture: Callable[[str], Path]
) -> None:
    async with receiving() as receiver:
        anna = await visit()
        await anna.sign_up("Anna")
        workspace_id = await new_workspace(anna, "Team")
        page = anna.page
        await page.get_by_role("link", name="Webhooks").click()

        # What cannot be is said at its field.
        await page.get_by_role("button", name="Create webhook").click()
        await expect(page.get_by_text("Write an address such as")).to_be_visible(timeout=LIMIT_MS)
        await page.get_by_label("Address").fill("https://10.0.0.1/hook")
        await page.get_by_label("Everything that happens").check()
        await page.get_by_role("button", name="Create webhook").click()
        await expect(page.get_by_text("This address may not be called")).to_be_visible(timeout=LIMIT_MS)
        anna.complaints[:] = [text for text in anna.complaints if "422" not in text]

        await page.get_by_label("Address").fill(receiver.url + "/hook")
        await page.get_by_label("Everything that happens").uncheck()
        await page.locator("summary", has_text="boards").click()
        await page.locator(".events-domain[open]").get_by_label("All of these").check()
        await page.get_by_role("button", name="Create webhook").click()
        await expect(page.get_by_role("textbox", name="Secret")).to_have_value(
            re.compile(r"whsec_.{44}"), timeout=LIMIT_MS
        )
        card = page.locator(".webhook")
        await expect(card.locator("code")).to_have_text(["boards.*"])

        receiver.answers["/hook"] = [status(500)]
        await card.get_by_role("button", name="Send a test").click()
        await expect(card.locator(".webhook-result")).to_contain_text("Test: given up, 500", timeout=LIMIT_MS)
        await card.get_by_role("button", name="Send a test").click()
        await expect(card.locator(".webhook-result")).to_contain_text("Test: arrived, 204", timeout=LIMIT_MS)

        await anna.call("POST", "/api/boards", {"title": "Retro", "workspace_id": workspace_id})
        await card.locator("summary").click()
        made = card.locator(".row", has_text="Board made")
        await expect(made).to_contain_text("arrived, 204", timeout=LIMIT_MS)
        before = len(receiver.got)
        await made.get_by_role("button", name="Send again").click()
        await until(lambda: _count(receiver), lambda count: count > before)
        await expect(made).to_contain_text("arrived, 204", timeout=LIMIT_MS)

        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            assert await faults(anna) == []
            await page.screenshot(path=picture(f"webhooks-desk-{scheme}"), full_page=True)
        await page.set_viewport_size({"width": 390, "height": 844})
        wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await page.evaluate(wider)
        await page.screenshot(path=picture("webhooks-phone-dark"), full_page=True)

        # Told once: the page does not know it any more.
        await anna.open(f"/w/{workspace_id}/webhooks")
        await expect(card).to_be_visible(timeout=LIMIT_MS)
        await expect(page.get_by_role("textbox", name="Secret")).to_have_count(0)

        # About one board alone, and then about all again.
        await card.get_by_role("button", name="Change").click()
        dialog = page.locator("dialog")
        await dialog.get_by_label("All boards, those to come too").uncheck()
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog.get_by_text("Choose at least one")).to_be_visible(timeout=LIMIT_MS)
        await dialog.get_by_label("Retro").check()
        await page.screenshot(path=picture("webhooks-boards"))
        await dialog.get_by_role("button", name="Save").click()
        await expect(card.locator(".webhook-boards")).to_have_text("Only about 1 board", timeout=LIMIT_MS)
        await card.get_by_role("button", name="Change").click()
        await expect(dialog.get_by_label("Retro")).to_be_checked(timeout=LIMIT_MS)
        await dialog.get_by_label("All boards, those to come too").check()
        await dialog.get_by_role("button", name="Save").click()
        await expect(card.locator(".webhook-boards")).to_have_count(0, timeout=LIMIT_MS)

        # It is given up while somebody looks at the page.
        receiver.answers["/hook"] = [status(410)]
        await anna.call("POST", "/api/boards", {"title": "Plan", "workspace_id": workspace_id})
        await expect(card.locator(".webhook-notice")).to_contain_text("answered that it is gone", timeout=LIMIT_MS)
        await card.get_by_role("button", name="Resume").click()
        await expect(card.locator(".webhook-notice")).to_have_count(0, timeout=LIMIT_MS)

        await until(lambda: _count(receiver), lambda count: count > before + 2)

        await card.get_by_role("button", name="Delete").click()
        await page.locator("dialog").get_by_role("button", name="Delete").click()
        await expect(card).to_have_count(0, timeout=LIMIT_MS)


async def _count(receiver: Receiver) -> int:
    return len(receiver.got)
