"""Every text that people write is shown as it is: none becomes a part of somebody's page."""

from typing import Final
from urllib.parse import quote

from playwright.async_api import expect

from tests.browser.conftest import Visits
from tests.browser.test_comments import PIN
from tests.browser.visitor import LIMIT_MS, Visitor

PLANTED: Final = "[src*=planted], [onerror], [href^='javascript:' i]"


def hostile(where: str) -> str:
    """A name, a title, a comment: markup for a page that believes it. A picture that is asked for ends on the console."""
    return f"'\"><img src=/planted onerror=planted()>{where}"


async def shows(visitor: Visitor, *places: str) -> None:
    """The page shows these texts in their own words, and nothing on it was made of them."""
    for where in places:
        await expect(visitor.page.locator("body")).to_contain_text(hostile(where), timeout=LIMIT_MS)
    await expect(visitor.page.locator(PLANTED)).to_have_count(0)


async def test_no_text_of_anybody_becomes_a_part_of_a_page(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    page = anna.page
    await anna.sign_up("Anna")
    await anna.call("PATCH", "/api/me", {"name": hostile("person")})
    workspace_id = (await anna.call("POST", "/api/workspaces", {"name": hostile("workspace")}))["workspace_id"]
    home = f"/w/{workspace_id}"
    drawn = [
        {"type": "text", "id": "text", "x": 200, "y": 200, "text": hostile("drawn")},
        {"type": "frame", "id": "frame", "x": 100, "y": 100, "width": 500, "height": 300, "name": hostile("frame")},
    ]
    file = {"type": "excalidraw", "elements": drawn, "appState": {"name": hostile("title")}}
    board_id = (await anna.call("POST", f"/api/boards/import?workspace_id={workspace_id}", file))["board_id"]
    board = f"/api/boards/{board_id}"
    version = await anna.call("POST", f"{board}/versions", {"name": hostile("version")})
    await anna.call("POST", f"{board}/comments", {"anchor": {"x": 300, "y": 300}, "text": hostile("comment")})
    await anna.call("PUT", f"{board}/template", {"template": True})
    link = await anna.call("POST", f"{board}/links", {"role": "editor"})

    await boris.come_by(f"/l#{link['token']}", hostile("guest"))
    await anna.open(f"/b/{board_id}")
    await anna.ready()
    await boris.page.mouse.move(500, 500, steps=3)
    await shows(anna, "title", "guest")
    await page.locator(PIN).click()
    await shows(anna, "comment", "person")
    await page.keyboard.press("Escape")
    await page.locator(".share-button").click()
    await shows(anna, "person")
    await shows(boris, "title")

    await anna.open(f"/b/{board_id}?at={quote(version['position'])}")
    await shows(anna, "title", "version", "person")
    for path, places in {
        "/": ("title",),
        home: ("title", "workspace"),
        f"{home}/members": ("person", "workspace"),
        f"{home}/audit": ("title", "person"),
        f"{home}/activity": ("title",),
    }.items():
        await anna.open(path)
        await shows(anna, *places)
    await anna.open(home)
    await page.locator(".boards-actions").get_by_text("From a template").click()
    await expect(page.locator(f'[data-template="{board_id}"]')).to_contain_text(hostile("title"), timeout=LIMIT_MS)
    await shows(anna)
