"""One's own account: the profile, the address, the sessions and the end of it."""

from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Locator, ViewportSize, expect

from tests.browser.conftest import DESK, Visits
from tests.browser.test_sharing import forgive_refusals
from tests.browser.visitor import LIMIT_MS, PASSWORD, Visitor

PHONE: ViewportSize = {"width": 390, "height": 844}


def card(visitor: Visitor, title: str) -> Locator:
    """A card of the account page."""
    return visitor.page.locator(".card").filter(has=visitor.page.get_by_role("heading", name=title))


async def sign_in(visitor: Visitor, email: str, password: str = PASSWORD) -> None:
    """Sign in by the form."""
    await visitor.open("/signin")
    await visitor.page.locator("input[name=email]").fill(email)
    await visitor.page.locator("input[name=password]").fill(password)
    await visitor.page.locator("form button[type=submit]").click()
    await expect(visitor.page.locator(".boards-main")).to_be_visible(timeout=LIMIT_MS)


async def test_a_profile_is_kept_and_a_password_that_is_wrong_is_said_at_its_field(
    visit: Visits, picture: Callable[[str], Path]
) -> None:
    anna = await visit()
    email = await anna.sign_up("Anna")
    await anna.open("/settings")
    profile = card(anna, "Profile")
    await profile.get_by_label("Your name").fill("Anna Petrova")
    await profile.get_by_label("star").check(force=True)
    await profile.get_by_label("Time zone").select_option("Asia/Tokyo")
    await profile.get_by_role("button", name="Save").click()
    await expect(anna.page.locator(".toast", has_text="Saved")).to_be_visible(timeout=LIMIT_MS)
    await anna.page.reload()
    await expect(anna.page.locator(".avatar-button")).to_have_text("★", timeout=LIMIT_MS)
    await expect(card(anna, "Profile").get_by_label("Time zone")).to_have_value("Asia/Tokyo")

    # Asked for, never taken for given.
    consent = card(anna, "What leaves this place").get_by_role("checkbox")
    await expect(consent).not_to_be_checked()
    await consent.click()
    await expect(consent).to_be_checked(timeout=LIMIT_MS)
    await anna.page.reload()
    await expect(consent).to_be_checked(timeout=LIMIT_MS)
    assert (await anna.call("GET", "/api/me"))["consents"] == ["analytics"]
    await consent.click()
    await expect(consent).not_to_be_checked(timeout=LIMIT_MS)
    assert not (await anna.call("GET", "/api/me")).get("consents")

    address = card(anna, "E-mail")
    await address.get_by_label("New e-mail").fill(f"new.{email}")
    await address.get_by_label("Present password").fill("not this one")
    await address.get_by_role("button", name="Change e-mail").click()
    await expect(address.locator(".field.is-faulty")).to_contain_text("not your present password", timeout=LIMIT_MS)
    await address.get_by_label("Present password").fill(PASSWORD)
    await address.get_by_role("button", name="Change e-mail").click()
    await expect(address).to_contain_text(f"You sign in as new.{email}", timeout=LIMIT_MS)

    for scheme in ("light", "dark"):
        await anna.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for device, size in (("desk", DESK), ("phone", PHONE)):
            await anna.page.set_viewport_size(size)
            await anna.still()
            await anna.page.screenshot(path=picture(f"account-{device}-{scheme}"), full_page=True)
    await anna.page.get_by_role("button", name="Delete account").click()
    dialog = anna.page.locator("dialog[open]")
    await dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    await dialog.get_by_role("button", name="Delete for ever").click()
    await expect(anna.page.locator("form.auth h1")).to_have_text("Welcome back", timeout=LIMIT_MS)
    await anna.page.locator("input[name=email]").fill(f"new.{email}")
    await anna.page.locator("input[name=password]").fill(PASSWORD)
    await anna.page.locator("form button[type=submit]").click()

    await expect(anna.page.locator(".form-fault")).to_be_visible(timeout=LIMIT_MS)
    forgive_refusals(anna)


async def test_sessions_are_closed_from_another_browser_also_on_an_open_board(visit: Visits) -> None:
    desk, phone, cafe = await visit(), await visit(size=PHONE), await visit()
    email = await desk.sign_up("Anna")
    board_id = await desk.new_board("Open everywhere")
    await sign_in(phone, email)
    await sign_in(cafe, email)
    await phone.open(f"/b/{board_id}")
    await phone.ready()
    await cafe.open("/settings")

    await desk.open("/settings")
    sessions = card(desk, "Where you are signed in")
    await expect(sessions.locator(".row")).to_have_count(3, timeout=LIMIT_MS)
    await expect(sessions.locator(".row", has_text="this browser").get_by_role("button")).to_have_count(0)
    await sessions.get_by_role("button", name="Sign out all 2 others").click()
    await expect(phone.page.locator(".notice h1")).to_have_text("You have been signed out", timeout=LIMIT_MS)
    await expect(sessions.locator(".row")).to_have_count(1, timeout=LIMIT_MS)
    await card(cafe, "Where you are signed in").get_by_role("button", name="Sign out").first.click()
    await expect(cafe.page.locator("form.auth h1")).to_have_text("Welcome back", timeout=LIMIT_MS)
    await expect(cafe.page.locator(".toast", has_text="You have been signed out")).to_be_visible()

    # Signed in again, one is where one was.
    await phone.page.get_by_role("button", name="Sign in").click()
    await phone.page.locator("input[name=email]").fill(email)
    await phone.page.locator("input[name=password]").fill(PASSWORD)
    await phone.page.locator("form button[type=submit]").click()
    await phone.ready()
    await desk.page.reload()
    await sessions.get_by_role("button", name="Sign out Chrome").click()
    await expect(phone.page.locator(".notice h1")).to_have_text("You have been signed out", timeout=LIMIT_MS)
    forgive_refusals(phone, cafe, desk)
