"""The page of one's boards, the account, and the two languages."""

import json
from pathlib import Path

from playwright.async_api import Locator, expect

from tests.browser.conftest import Visits
from tests.browser.visitor import LIMIT_MS, PASSWORD, Visitor, until

DARK_GROUND = "rgb(19, 26, 23)"


def card(visitor: Visitor, title: str) -> Locator:
    """The card of a board in the list."""
    return visitor.page.locator(".board-card", has_text=title)


async def choose(visitor: Visitor, title: str, item: str) -> None:
    """Choose from the menu of a board's card."""
    await card(visitor, title).hover()
    await card(visitor, title).locator(".icon-button").click()
    await visitor.page.locator(".menu").get_by_text(item, exact=True).click()


async def view(visitor: Visitor, name: str) -> None:
    """Look at the boards, the archive or the trash."""
    await visitor.page.locator(".boards-main .segment", has_text=name).click()


async def test_boards_are_renamed_found_copied_put_away_and_brought_back(visit: Visits) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    await expect(anna.page.locator(".empty h2")).to_be_visible()
    await anna.new_board("Retro")
    await anna.page.locator(".bar-home").click()
    await expect(card(anna, "Retro")).to_be_visible(timeout=LIMIT_MS)

    await choose(anna, "Retro", "Rename")
    await anna.page.locator("dialog input").fill("Retro of May")
    await anna.page.locator("dialog button[type=submit]").click()
    await choose(anna, "Retro of May", "Duplicate")
    await expect(card(anna, "Retro of May (copy)")).to_be_visible(timeout=LIMIT_MS)
    await anna.page.locator(".search input").fill("COPY")
    await expect(anna.page.locator(".board-card")).to_have_count(1)
    await anna.page.locator(".search input").fill("")
    await expect(anna.page.locator(".board-card")).to_have_count(2)
    await choose(anna, "(copy)", "Archive")
    await expect(anna.page.locator(".board-card")).to_have_count(1)
    await view(anna, "Archive")
    await choose(anna, "(copy)", "Move to trash")
    await anna.page.locator("dialog .button.is-danger").click()
    await expect(anna.page.locator(".empty h2")).to_be_visible()
    await view(anna, "Trash")
    await expect(card(anna, "(copy)")).to_contain_text("30 days left")
    await choose(anna, "(copy)", "Restore")
    await expect(anna.page.locator(".empty h2")).to_be_visible()
    # Out of the trash it is in the archive again.
    await view(anna, "Archive")

    await expect(card(anna, "(copy)")).to_be_visible()


async def test_a_file_is_imported_and_saved_again(visit: Visits, tmp_path: Path) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    element = {"id": "r1", "type": "rectangle", "x": 10, "y": 20, "width": 120, "height": 80}
    file = tmp_path / "Old sketch.excalidraw"
    file.write_text(
        json.dumps({"type": "excalidraw", "version": 2, "elements": [element], "appState": {}, "files": {}})
    )

    await anna.page.locator("input[type=file]").set_input_files(file)
    await expect(card(anna, "Old sketch")).to_be_visible(timeout=LIMIT_MS)
    await card(anna, "Old sketch").locator("a").click()
    await anna.ready()
    await until(anna.count, lambda count: count == 1)
    async with anna.page.expect_download() as downloading:
        await anna.board_menu("Download .excalidraw")
    download = await downloading.value

    assert download.suggested_filename == "Old sketch.excalidraw"
    copy = tmp_path / "saved"
    await download.save_as(copy)
    saved = json.loads(copy.read_bytes())
    assert [(one["id"], one["type"], one["width"]) for one in saved["elements"]] == [("r1", "rectangle", 120)]


async def test_a_file_that_is_none_is_refused_in_words(visit: Visits, tmp_path: Path) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    file = tmp_path / "holiday.json"
    file.write_text("{not json")

    await anna.page.locator("input[type=file]").set_input_files(file)

    await expect(anna.page.locator(".toast", has_text="holiday.json")).to_be_visible(timeout=LIMIT_MS)
    anna.complaints[:] = [text for text in anna.complaints if "Failed to load resource" not in text]


async def test_a_session_ends_with_the_sign_out_and_begins_with_the_password(visit: Visits) -> None:
    anna = await visit()
    email = await anna.sign_up("Anna")
    board_id = await anna.new_board("Home")
    await anna.page.reload()
    await anna.ready()
    await anna.open("/")
    await anna.page.locator(".avatar-button").click()
    await anna.page.locator(".menu").get_by_text("Sign out", exact=True).click()
    await expect(anna.page.locator("form.auth h1")).to_have_text("Welcome back")

    await anna.open(f"/b/{board_id}")
    await anna.page.locator("input[name=email]").fill(email)
    await anna.page.locator("input[name=password]").fill("not my password")
    await anna.page.locator("form button[type=submit]").click()
    await expect(anna.page.locator(".form-fault")).to_be_visible(timeout=LIMIT_MS)
    await anna.page.locator("input[name=password]").fill(PASSWORD)
    await anna.page.locator("form button[type=submit]").click()

    # Back where one wanted to go.
    await anna.ready()
    assert anna.page.url.endswith(f"/b/{board_id}")
    anna.complaints[:] = [text for text in anna.complaints if "Failed to load resource" not in text]


async def test_the_client_speaks_russian_and_english_and_the_editor_follows(visit: Visits) -> None:
    anna = await visit(locale="ru-RU")
    await anna.open("/")
    await expect(anna.page.locator("html")).to_have_attribute("lang", "ru")
    await expect(anna.page.locator("form.auth h1")).to_have_text("Создайте аккаунт")
    await anna.page.get_by_role("button", name="English").click()
    await expect(anna.page.locator("form.auth h1")).to_have_text("Create your account")
    await anna.sign_up("Anna")
    await anna.new_board("Two tongues")

    await anna.board_menu("Русский")
    await expect(anna.page.locator(".share-button")).to_have_text("Поделиться")
    await expect(anna.page.locator("[data-testid=toolbar-rectangle]")).to_have_attribute("aria-label", "Прямоугольник")
    await anna.page.reload()
    await anna.ready()

    await expect(anna.page.locator("html")).to_have_attribute("lang", "ru")
    await expect(anna.page.locator("[data-status=saved]")).to_contain_text("Сохранено")


async def test_the_dark_theme_is_there_before_the_first_word(visit: Visits) -> None:
    anna = await visit(scheme="dark")
    await anna.open("/signin")
    await expect(anna.page.locator("html")).to_have_attribute("data-theme", "dark")

    assert await anna.page.evaluate("getComputedStyle(document.body).backgroundColor") == DARK_GROUND


async def test_every_control_has_a_name_and_the_forms_work_by_keyboard(visit: Visits) -> None:
    anna = await visit()
    await anna.open("/signup")
    await anna.page.locator("input[name=name]").focus()
    await anna.page.keyboard.type("Key Board")
    await anna.page.keyboard.press("Tab")
    await anna.page.keyboard.type(f"keys.{id(anna)}@example.org")
    await anna.page.keyboard.press("Tab")
    await anna.page.keyboard.type(PASSWORD)
    await anna.page.keyboard.press("Enter")
    await expect(anna.page.locator(".boards-main")).to_be_visible(timeout=LIMIT_MS)

    nameless = await anna.page.evaluate(
        """() => [...document.querySelectorAll('button, a, input, select')]
            .filter((one) => one.checkVisibility() && !(one.getAttribute('aria-label') || one.textContent.trim()
                || one.labels?.length || one.title))
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    await anna.page.locator(".avatar-button").focus()
    await anna.page.keyboard.press("Enter")
    await anna.page.keyboard.press("ArrowDown")
    await anna.page.keyboard.press("Escape")
    await expect(anna.page.locator(".menu")).to_have_count(0)
    await expect(anna.page.locator(".avatar-button")).to_be_focused()


async def test_a_phone_shows_a_board_without_scrolling_sideways(visit: Visits) -> None:
    anna = await visit(size={"width": 390, "height": 844})
    await anna.sign_up("Anna")
    await anna.new_board("In the pocket")

    for path in (anna.page.url.removeprefix(anna.base_url), "/", "/settings"):
        await anna.open(path)
        await anna.page.locator("#content").wait_for()
        wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await anna.page.evaluate(wider), path
