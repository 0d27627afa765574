"""The pages as tools for people with disabilities see them: roles, names, contrast, the order of headings."""

import asyncio
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from tests.browser.conftest import Visits
from tests.browser.test_workspaces import invite, new_workspace, people
from tests.browser.visitor import LIMIT_MS, Visitor

AXE = Path(__file__).parents[2] / "edge/web/node_modules/axe-core/axe.min.js"
RUN = "async (where) => (await axe.run({include: where.split(', ')}, {resultTypes: ['violations']})).violations"


async def faults(visitor: Visitor, where: str = "body") -> list[Any]:
    """What axe finds wrong in a part of the page: the rule, and the elements."""
    await visitor.page.evaluate(await asyncio.to_thread(AXE.read_text))
    await visitor.still()
    found = await visitor.page.evaluate(RUN, where)
    return [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]


async def test_the_pages_of_people_and_rights_have_no_fault_that_a_tool_finds(visit: Visits) -> None:
    anna = await visit()
    await anna.open("/signin")
    await anna.page.locator("form.auth").wait_for()
    assert await faults(anna, "main") == []
    await anna.sign_up("Anna")
    workspace_id = await new_workspace(anna, "Team")
    await people(anna)
    await invite(anna)
    await expect(anna.page.locator(".row", has_text="Whoever has the link")).to_be_visible(timeout=LIMIT_MS)
    board = await anna.call("POST", "/api/boards", {"title": "Board", "workspace_id": workspace_id})

    found: dict[str, list[Any]] = {}
    for scheme in ("light", "dark"):
        await anna.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        found[f"members, {scheme}"] = await faults(anna)
        for path, ready in (
            (f"/w/{workspace_id}/audit", ".audit-table tbody tr"),
            ("/settings", ".row"),
            (f"/w/{workspace_id}", ".board-card"),
            ("/i#token", ".auth button"),
        ):
            await anna.open("/")
            await anna.open(path)
            await anna.page.locator(ready).first.wait_for(timeout=LIMIT_MS)
            found[f"{path}, {scheme}"] = await faults(anna)
        await anna.open(f"/b/{board['board_id']}")
        await anna.ready()
        await anna.page.locator(".share-button").click()
        await anna.page.locator("dialog .row").first.wait_for(timeout=LIMIT_MS)
        found[f"share, {scheme}"] = await faults(anna, "dialog")
        await anna.page.keyboard.press("Escape")
        await anna.open(f"/b/{board['board_id']}?at=now")
        await anna.page.locator(".timeline input[type=range]").wait_for(timeout=LIMIT_MS)
        found[f"past, {scheme}"] = await faults(anna, ".history-side, .timeline, .past-bar")
        await anna.open(f"/w/{workspace_id}/members")
        await anna.page.locator(".row").first.wait_for(timeout=LIMIT_MS)

    assert {where: wrong for where, wrong in found.items() if wrong} == {}


async def test_a_dialog_keeps_the_focus_and_gives_it_back(visit: Visits) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    await anna.new_board("Keys")
    await anna.page.locator(".share-button").focus()
    await anna.page.keyboard.press("Enter")
    await anna.page.locator("dialog .row").first.wait_for(timeout=LIMIT_MS)

    for _ in range(20):
        await anna.page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        assert await anna.page.evaluate(inside)
    await anna.page.keyboard.press("Escape")

    await expect(anna.page.locator("dialog")).to_have_count(0)
    await expect(anna.page.locator(".share-button")).to_be_focused()
