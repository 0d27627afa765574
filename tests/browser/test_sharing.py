"""Links, guests, roles, and their end, as the people on the board live through it."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from playwright.async_api import expect

from tests.browser.conftest import Visits
from tests.browser.visitor import CANVAS, LIMIT_MS, PASSWORD, Visitor, show_the_same, until

EXPECTED_REFUSAL = "Failed to load resource"


def forgive_refusals(*visitors: Visitor) -> None:
    """The browser reports each answer that is an error, also one that the page asked for and shows."""
    for visitor in visitors:
        visitor.complaints[:] = [text for text in visitor.complaints if EXPECTED_REFUSAL not in text]


async def test_a_viewer_sees_everything_live_and_changes_nothing(visit: Visits) -> None:
    anna, vera = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Look, do not touch")
    await anna.draw("rectangle", (380, 260), (560, 380))

    await vera.come_by(await anna.make_link("viewer"), "Vera")
    await expect(vera.page.locator("[data-badge=viewer]")).to_be_visible()
    await expect(vera.page.locator("[data-testid=toolbar-rectangle]")).to_have_count(0)
    await expect(vera.page.locator(".share-button")).to_have_count(0)
    await expect(vera.page.locator(".board-name button")).to_have_count(0)
    await vera.page.locator(CANVAS).click(position={"x": 600, "y": 500})
    await vera.page.keyboard.press("r")
    await vera.drag((600, 400), (800, 550))
    await vera.page.keyboard.press("Control+a")
    await vera.page.keyboard.press("Delete")
    await anna.draw("ellipse", (760, 300), (900, 420))

    await until(vera.count, lambda count: count == 2)
    held = await show_the_same(board_id, anna, vera)
    assert sorted(element["type"] for element in held) == ["ellipse", "rectangle"]


async def test_a_changed_role_reaches_the_open_board(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await boris.sign_up("Boris")
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Roles")
    await anna.call("PUT", f"/api/boards/{board_id}/grants/{boris.user_id}", {"role": "editor"})
    await boris.open(f"/b/{board_id}")
    await boris.ready()
    await boris.draw("rectangle", (380, 260), (560, 380))

    await anna.page.locator(".share-button").click()
    row = anna.page.locator("dialog .row", has_text="Boris")
    await row.locator("select").select_option("viewer")
    await expect(boris.page.locator("[data-badge=viewer]")).to_be_visible(timeout=LIMIT_MS)
    await row.locator("select").select_option("editor")
    await expect(boris.page.locator("[data-badge=viewer]")).to_have_count(0, timeout=LIMIT_MS)
    await boris.draw("ellipse", (760, 300), (900, 420))
    await row.get_by_role("button", name="Remove Boris").click()

    await expect(boris.page.locator(".notice h1")).to_have_text("Your access has ended", timeout=LIMIT_MS)
    await expect(row).to_have_count(0)


async def test_a_revoked_link_puts_its_guests_out(visit: Visits) -> None:
    anna, guest = await visit(), await visit()
    await anna.sign_up("Anna")
    await anna.new_board("For a while")
    link = await anna.make_link("editor")
    await guest.come_by(link, "Guest")

    await anna.page.locator(".share-button").click()
    await anna.page.locator("dialog .row", has_text="Can edit").get_by_role("button", name="Revoke").click()

    await expect(guest.page.locator(".notice h1")).to_have_text("Your access has ended", timeout=LIMIT_MS)
    await guest.open("/")
    await guest.open(link)
    await expect(guest.page.locator(".notice h1")).to_have_text("This link no longer works", timeout=LIMIT_MS)
    forgive_refusals(guest)


async def test_a_protected_link_asks_for_its_password(visit: Visits) -> None:
    anna, guest = await visit(), await visit()
    await anna.sign_up("Anna")
    await anna.new_board("Behind a door")
    link = await anna.make_link("viewer", password="open sesame")

    await guest.open(link)
    await guest.page.locator("input[name=name]").fill("Ali")
    await guest.page.locator("form button[type=submit]").click()
    await guest.page.locator("input[type=password]").fill("open barley")
    await guest.page.locator("form button[type=submit]").click()
    await expect(guest.page.locator(".field.is-faulty")).to_contain_text("wrong")
    await guest.page.locator("input[type=password]").fill("open sesame")
    await guest.page.locator("form button[type=submit]").click()

    await guest.ready()
    forgive_refusals(guest)


async def test_a_guest_who_comes_again_is_still_himself(visit: Visits) -> None:
    anna, guest = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Again")
    link = await anna.make_link("editor")
    await guest.come_by(link, "Gustav")
    who = (await guest.call("GET", "/api/me"))["user_id"]

    await guest.page.reload()
    await guest.ready()
    await guest.open("/signin")
    await guest.open(link)
    await guest.ready()

    assert (await guest.call("GET", "/api/me"))["user_id"] == who
    await guest.page.mouse.move(500, 500, steps=3)
    await anna.sees("Gustav")
    await show_the_same(board_id, anna, guest)


async def test_an_archived_board_is_read_only_for_all_until_it_is_restored(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    await anna.new_board("Done")
    await anna.draw("rectangle", (380, 260), (560, 380))
    await boris.come_by(await anna.make_link("editor"), "Boris")

    await anna.board_menu("Archive")
    for visitor in (anna, boris):
        await expect(visitor.page.locator("[data-badge=archived]")).to_be_visible(timeout=LIMIT_MS)
        await expect(visitor.page.locator("[data-testid=toolbar-rectangle]")).to_have_count(0, timeout=LIMIT_MS)
    await anna.board_menu("Restore")

    for visitor in (anna, boris):
        await expect(visitor.page.locator("[data-badge=archived]")).to_have_count(0, timeout=LIMIT_MS)
    await boris.draw("ellipse", (760, 300), (900, 420))
    await until(anna.count, lambda count: count == 2)


async def test_a_board_in_the_trash_is_gone_for_guests_and_restored_by_its_owner(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Away")
    await boris.come_by(await anna.make_link("editor"), "Boris")

    await anna.board_menu("Move to trash")
    await anna.page.locator("dialog .button.is-danger").click()
    await expect(boris.page.locator(".notice h1")).to_have_text("This board is in the trash", timeout=LIMIT_MS)
    await expect(anna.page.locator(".boards-main")).to_be_visible(timeout=LIMIT_MS)
    await anna.open(f"/b/{board_id}")
    await anna.page.locator(".notice .button.is-main").click()

    await anna.ready()
    await anna.draw("rectangle", (380, 260), (560, 380))
    forgive_refusals(anna, boris)


async def test_a_board_that_one_may_not_see_is_not_there(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Private")
    await boris.sign_up("Boris")

    await boris.open(f"/b/{board_id}")

    await expect(boris.page.locator(".notice h1")).to_have_text("This board is not here", timeout=LIMIT_MS)
    forgive_refusals(boris)


async def test_a_board_is_given_by_e_mail_to_somebody_known_and_to_somebody_yet_to_come(
    visit: Visits, picture: Callable[[str], Path]
) -> None:
    anna, boris, vera = await visit(), await visit(), await visit()
    address = await boris.sign_up("Boris")
    await anna.sign_up("Anna")
    board_id = await anna.new_board("By e-mail")
    await anna.page.locator(".share-button").click()
    dialog = anna.page.locator("dialog[open]")
    await expect(dialog.get_by_label("E-mail")).to_be_focused()

    await anna.page.keyboard.type("nobody")
    await anna.page.keyboard.press("Enter")
    await expect(dialog.locator(".field.is-faulty")).to_contain_text("does not look like an e-mail")
    await dialog.get_by_label("E-mail").fill(address)
    await anna.page.keyboard.press("Enter")
    await expect(dialog.locator(".row", has_text="Boris")).to_contain_text(address, timeout=LIMIT_MS)
    await dialog.get_by_role("button", name="Why Boris has access").click()
    await expect(dialog.locator(".why")).to_contain_text("Can edit: given here, to this person", timeout=LIMIT_MS)
    await boris.open(f"/b/{board_id}")
    await boris.ready()
    # Nobody has this address yet: a link to pass on, and a row that waits.
    coming = f"vera.{board_id}@example.org"
    await dialog.get_by_label("E-mail").fill(coming)
    await dialog.get_by_label("They get").select_option("viewer")
    await dialog.get_by_role("button", name="Give access").click()
    link = await dialog.locator(".made-link input").input_value(timeout=LIMIT_MS)
    waiting = dialog.locator(".row", has_text=coming)
    await expect(waiting).to_contain_text("has not come yet", timeout=LIMIT_MS)
    await anna.still()
    await anna.page.screenshot(path=picture("share-dialog-desk-light"))
    await anna.page.set_viewport_size({"width": 390, "height": 844})
    await anna.still()
    await anna.page.screenshot(path=picture("share-dialog-phone-light"))
    await anna.page.emulate_media(color_scheme="dark")
    await anna.still()
    await anna.page.screenshot(path=picture("share-dialog-phone-dark"))
    await anna.page.set_viewport_size({"width": 1280, "height": 800})
    await anna.still()
    await anna.page.screenshot(path=picture("share-dialog-desk-dark"))
    await vera.open("/signup?next=" + quote("/i#" + link.split("/i#", 1)[1]))
    await vera.page.locator("input[name=name]").fill("Vera")
    await vera.page.locator("input[name=email]").fill(coming)
    await vera.page.locator("input[name=password]").fill(PASSWORD)
    await vera.page.keyboard.press("Enter")
    await vera.page.get_by_role("button", name="Accept the invite").click(timeout=LIMIT_MS)

    await vera.ready()
    await expect(vera.page.locator("[data-badge=viewer]")).to_be_visible(timeout=LIMIT_MS)
    await anna.page.keyboard.press("Escape")
    await anna.page.locator(".share-button").click()
    await expect(dialog.locator(".row", has_text="Vera").locator("select")).to_have_value("viewer", timeout=LIMIT_MS)
    forgive_refusals(anna)
