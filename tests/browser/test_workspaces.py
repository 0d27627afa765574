"""Workspaces as their people live through them: made, invited to, led, left."""

from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Locator, expect

from tests.browser.conftest import Visits
from tests.browser.test_sharing import forgive_refusals
from tests.browser.visitor import LIMIT_MS, Visitor, until

PHONE = {"width": 390, "height": 844}


async def switch(visitor: Visitor, item: str) -> None:
    """Choose from the switch of workspaces in the head of the page."""
    await visitor.page.locator(".workspace-switch").click()
    await visitor.page.locator(".menu").get_by_text(item, exact=True).click()


async def new_workspace(visitor: Visitor, name: str) -> str:
    """Make a workspace by the switch; returns its id."""
    await switch(visitor, "New workspace…")
    await visitor.page.locator("dialog input").fill(name)
    await visitor.page.keyboard.press("Enter")
    await visitor.page.wait_for_url("**/w/*", timeout=LIMIT_MS)
    await expect(visitor.page.locator("h1")).to_have_text(name)
    return visitor.page.url.rsplit("/", 1)[1]


async def people(visitor: Visitor) -> None:
    """Go to the people of the workspace that is shown."""
    await visitor.page.get_by_role("link", name="People").click()
    await expect(visitor.page.locator(".row").first).to_be_visible(timeout=LIMIT_MS)


async def invite(visitor: Visitor, role: str = "user", email: str = "") -> str:
    """Make an invite by the form; returns its path with the token."""
    form = visitor.page.locator(".invite-form")
    await form.locator("input").fill(email)
    await form.locator("select").select_option(role)
    await form.locator("button[type=submit]").click()
    url = await visitor.page.locator(".made-link input").input_value(timeout=LIMIT_MS)
    return "/i#" + url.split("/i#", 1)[1]


async def accept(visitor: Visitor, path: str) -> None:
    """Follow the link of an invite and accept it."""
    await visitor.open("/settings")
    await visitor.open(path)
    await visitor.page.get_by_role("button", name="Accept the invite").click()


def row(visitor: Visitor, text: str) -> Locator:
    """The row of a person or an invite."""
    return visitor.page.locator(".row", has_text=text)


async def sideways(visitor: Visitor) -> bool:
    """Whether the page is wider than its window."""
    return bool(
        await visitor.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


async def test_a_workspace_is_made_and_its_boards_are_by_themselves(visit: Visits) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    await anna.new_board("Mine alone")
    await anna.open("/")
    workspace_id = await new_workspace(anna, "Team Rocket")
    await expect(anna.page.locator(".empty h2")).to_be_visible(timeout=LIMIT_MS)

    board_id = await anna.new_board("Of the team")
    assert (await anna.call("GET", f"/api/boards/{board_id}"))["workspace_id"] == workspace_id
    await anna.open(f"/w/{workspace_id}")
    await expect(anna.page.locator(".board-title")).to_have_text(["Of the team"], timeout=LIMIT_MS)
    await switch(anna, "Personal")
    await expect(anna.page.locator(".board-title")).to_have_text(["Mine alone"], timeout=LIMIT_MS)
    await switch(anna, "All my boards")

    await expect(anna.page.locator(".board-title")).to_have_text(["Of the team", "Mine alone"], timeout=LIMIT_MS)


async def test_an_invited_person_comes_in_and_changes_of_role_and_removal_reach_the_open_board(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    workspace_id = await new_workspace(anna, "Team")
    board_id = await anna.new_board("Ours")
    await anna.open(f"/w/{workspace_id}/members")
    link = await invite(anna, role="admin")

    # Without an account first: the way leads over the registration and back to the invite.
    await boris.open(link)
    await boris.page.get_by_role("link", name="Create account").click(timeout=LIMIT_MS)
    await boris.page.locator("input[name=name]").fill("Boris")
    await boris.page.locator("input[name=email]").fill(f"boris.{workspace_id}@example.org")
    await boris.page.locator("input[name=password]").fill("correct horse battery")
    await boris.page.keyboard.press("Enter")
    await boris.page.get_by_role("button", name="Accept the invite").click(timeout=LIMIT_MS)
    await boris.page.wait_for_url(f"**/w/{workspace_id}", timeout=LIMIT_MS)
    # An admin of the workspace is an owner of its boards.
    await boris.open(f"/b/{board_id}")
    await boris.ready()
    await boris.draw("rectangle", (380, 260), (560, 380))
    await anna.call("PUT", f"/api/boards/{board_id}/grants/{boris.user_id}", {"role": "viewer"})

    await anna.page.reload()
    await row(anna, "Boris").locator("select").select_option("user")
    await expect(anna.page.locator(".toast", has_text="Boris is now: User")).to_be_visible(timeout=LIMIT_MS)
    await expect(boris.page.locator("[data-badge=viewer]")).to_be_visible(timeout=LIMIT_MS)
    await expect(boris.page.locator(".toast", has_text="You can only view this board now")).to_be_visible(
        timeout=LIMIT_MS
    )
    await row(anna, "Boris").locator("select").select_option("admin")
    await expect(boris.page.locator("[data-badge=viewer]")).to_have_count(0, timeout=LIMIT_MS)
    await anna.call("DELETE", f"/api/boards/{board_id}/grants/{boris.user_id}")
    await row(anna, "Boris").get_by_role("button", name="Remove Boris").click()
    await anna.page.locator("dialog .button.is-danger").click()

    await expect(boris.page.locator(".notice h1")).to_have_text("Your access has ended", timeout=LIMIT_MS)
    await expect(row(anna, "Boris")).to_have_count(0, timeout=LIMIT_MS)
    await boris.open(f"/w/{workspace_id}")
    await expect(boris.page.locator(".notice h1")).to_have_text("This workspace is not here", timeout=LIMIT_MS)
    forgive_refusals(anna, boris)


async def test_an_invite_works_once_and_only_for_whom_it_is_meant(visit: Visits) -> None:
    anna, boris, vera = await visit(), await visit(), await visit()
    await anna.sign_up("Anna")
    address = await boris.sign_up("Boris")
    await vera.sign_up("Vera")
    workspace_id = await new_workspace(anna, "Team")
    await people(anna)
    meant, open_one = await invite(anna, email=address), await invite(anna)
    await expect(row(anna, address)).to_be_visible(timeout=LIMIT_MS)

    await accept(vera, meant)
    await expect(vera.page.locator(".notice h1")).to_have_text("This invite is for somebody else", timeout=LIMIT_MS)
    await accept(boris, meant)
    await boris.page.wait_for_url(f"**/w/{workspace_id}", timeout=LIMIT_MS)
    await accept(vera, meant)
    await expect(vera.page.locator(".notice h1")).to_have_text("This invite no longer works", timeout=LIMIT_MS)
    await accept(boris, open_one)
    await expect(boris.page.locator(".notice h1")).to_have_text("You are in already", timeout=LIMIT_MS)
    await row(anna, "Whoever has the link").get_by_role("button", name="Revoke").click()
    await expect(row(anna, "Whoever has the link")).to_have_count(0, timeout=LIMIT_MS)
    await accept(vera, open_one)
    await expect(vera.page.locator(".notice h1")).to_have_text("This invite no longer works", timeout=LIMIT_MS)
    await vera.open("/settings")
    await vera.open("/i#nonsense")
    await vera.page.get_by_role("button", name="Accept the invite").click()

    await expect(vera.page.locator(".notice h1")).to_have_text("This invite is not complete", timeout=LIMIT_MS)
    forgive_refusals(vera, boris)


async def test_the_last_admin_stays_and_is_told_why(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    await boris.sign_up("Boris")
    workspace_id = await new_workspace(anna, "Team")
    await people(anna)
    await accept(boris, await invite(anna, role="manager"))
    await boris.page.wait_for_url(f"**/w/{workspace_id}", timeout=LIMIT_MS)
    await anna.page.reload()

    await row(anna, "Anna").locator("select").select_option("user")
    await expect(anna.page.locator(".toast", has_text="A workspace needs an admin")).to_be_visible(timeout=LIMIT_MS)
    await expect(row(anna, "Anna").locator("select")).to_have_value("admin")
    await row(anna, "Anna").get_by_role("button", name="Leave").click()
    await anna.page.locator("dialog .button.is-danger").click()
    await expect(anna.page.locator(".toast", has_text="A workspace needs an admin")).to_be_visible(timeout=LIMIT_MS)
    # A manager invites, but changes nobody.
    await people(boris)
    await expect(row(boris, "Anna").locator("select")).to_have_count(0)
    await expect(boris.page.locator(".invite-form option")).to_have_text(["Manager", "Agent", "User"])
    await row(boris, "Boris").get_by_role("button", name="Leave").click()
    await boris.page.locator("dialog .button.is-danger").click()

    await expect(boris.page.locator(".boards-main h1")).to_have_text("My boards", timeout=LIMIT_MS)
    await until(lambda: boris.call("GET", "/api/workspaces"), lambda page: len(page["items"]) == 1)
    forgive_refusals(anna)


async def test_the_people_of_a_workspace_are_shown_well(visit: Visits, picture: Callable[[str], Path]) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    await boris.sign_up("Boris")
    workspace_id = await new_workspace(anna, "Design & Research")
    await people(anna)
    await accept(boris, await invite(anna, role="manager"))
    await boris.page.wait_for_url(f"**/w/{workspace_id}", timeout=LIMIT_MS)
    await anna.page.reload()
    await invite(anna, role="agent", email="gustav.gustavsson@a-long-company-name.example.org")
    await expect(row(anna, "gustav")).to_be_visible(timeout=LIMIT_MS)

    for scheme in ("light", "dark"):
        await anna.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for device, size in (("desk", {"width": 1280, "height": 800}), ("phone", PHONE)):
            await anna.page.set_viewport_size({"width": size["width"], "height": size["height"]})
            await anna.still()
            await anna.page.screenshot(path=picture(f"members-{device}-{scheme}"), full_page=True)
            assert not await sideways(anna), device
