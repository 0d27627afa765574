"""Two people talk on a board, each in a browser of their own."""

from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Locator, expect

from tests.browser.conftest import Visits
from tests.browser.visitor import Json, Place, Visitor, until

PIN = ".pins .pin"


async def comment(visitor: Visitor, place: tuple[float, float], text: str) -> None:
    """Put a comment with the tool and send it by Enter."""
    await visitor.page.locator(".comment-tool").click()
    await visitor.page.mouse.click(*place)
    field = visitor.page.locator(".comment-card textarea")
    await field.fill(text)
    await field.press("Enter")
    await expect(visitor.page.locator(".saying-text", has_text=text)).to_be_visible()


async def anchor(visitor: Visitor, board_id: str) -> Json:
    """Where the only thread of a board is pinned, as the server has it."""
    [thread] = (await visitor.call("GET", f"/api/boards/{board_id}/comments"))["items"]
    return dict(thread["anchor"])


async def centre(what: Locator) -> Place:
    """The middle of something on the page."""
    box = await what.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def test_a_comment_appears_live_is_answered_and_resolved(visit: Visits, picture: Callable[[str], Path]) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Plan")
    await anna.draw("rectangle", (380, 260), (600, 390))
    boris = await visit(locale="ru-RU")
    await boris.come_by(await anna.make_link("commenter"), "Борис")

    await comment(anna, (480, 320), "Is this the right size?")
    pin = boris.page.locator(PIN)
    await expect(pin).to_have_count(1)
    await expect(boris.page.locator(".unread-dot")).to_have_attribute("data-unread", "1")
    await pin.click()
    await expect(boris.page.locator(".unread-dot")).to_have_count(0)

    # By keyboard: an @ offers who has spoken here, Enter takes the first, Enter sends.
    await boris.page.keyboard.type("@an")
    await expect(boris.page.locator("[role=option][aria-selected=true]")).to_have_text("Anna")
    await boris.page.keyboard.press("Enter")
    await boris.page.keyboard.type("да")
    await boris.page.keyboard.press("Enter")
    await expect(anna.page.locator(".saying")).to_have_count(2)
    await expect(anna.page.locator(".saying strong").last).to_have_text("Борис")
    await expect(anna.page.locator(".saying-text mark")).to_have_text("@Anna")
    await anna.page.screenshot(path=picture("comments-anna"))
    await boris.page.screenshot(path=picture("comments-boris"))

    # Whoever may draw drags the pin to where nothing is; the keys carry it on from there. A mere reader of it cannot.
    start = await centre(anna.page.locator(PIN))
    at = (await anchor(anna, board_id))["y"]
    await anna.drag(start, (start[0] - 150, start[1] + 220))
    moved = await until(lambda: anchor(anna, board_id), lambda one: "element_id" not in one)
    assert abs(moved["y"] - at - 220) < 1
    await anna.page.locator(PIN).focus()
    for key in ("Shift+ArrowDown", "ArrowRight", "Enter"):
        await anna.page.keyboard.press(key)
    await until(lambda: anchor(anna, board_id), lambda one: round(one["y"] - moved["y"]) == 50)
    await boris.page.wait_for_function(
        "([y]) => document.querySelector('.pins > li').style.getPropertyValue('--y') == y",
        arg=[(await anchor(anna, board_id))["y"]],
    )
    await expect(boris.page.locator(f"{PIN}[data-movable]")).to_have_count(0)
    await expect(anna.page.locator(".saying")).to_have_count(2)
    before = await pin.bounding_box()

    # The pin follows the view, and the element that it stands on.
    await boris.page.mouse.move(300, 600)
    await boris.page.mouse.wheel(0, 100)
    await boris.page.wait_for_function(
        "([y]) => Math.abs(document.querySelector('.pins .pin').getBoundingClientRect().y - y) > 50",
        arg=[before["y"]] if before else [0],
    )
    await anna.page.locator(".comment-card-head").get_by_text("Resolve").click()
    await expect(boris.page.locator(".pin.is-resolved")).to_have_count(1)
    await boris.page.keyboard.press("Escape")
    await expect(pin).to_have_count(0)

    # A late one reads the list; what is dealt with is a click away.
    await boris.page.reload()
    await boris.ready()
    await boris.page.locator(".comment-list-button button").click()
    await expect(boris.page.locator(".thread-row")).to_have_count(0)
    await boris.page.locator(".thread-kinds button").last.click()
    await boris.page.locator(".thread-row").click()
    await expect(boris.page.locator(".saying")).to_have_count(2)
    await boris.page.screenshot(path=picture("comments-list"))


async def test_a_comment_by_keyboard_stays_when_its_element_goes_and_viewers_only_read(visit: Visits) -> None:
    anna, vera = await visit(), await visit()
    await anna.sign_up("Anna")
    await anna.new_board("Plan")
    await anna.draw("rectangle", (500, 300), (780, 560))
    await vera.come_by(await anna.make_link("viewer"), "Vera")

    await anna.page.locator(".comment-tool").focus()
    await anna.page.keyboard.press("Enter")
    await expect(anna.page.locator(".comment-placing")).to_be_focused()
    await anna.page.keyboard.press("Enter")
    await anna.page.keyboard.type("In the middle")
    await anna.page.keyboard.press("Enter")
    await expect(vera.page.locator(PIN)).to_have_count(1)
    await expect(anna.page.locator(".saying")).to_have_count(1)
    await anna.page.keyboard.press("Escape")
    await expect(anna.page.locator(".comment-card")).to_have_count(0)
    await anna.tool("selection")
    await anna.page.mouse.click(500, 400)
    await anna.page.keyboard.press("Delete")
    await expect(vera.page.locator(".board-main")).to_have_attribute("data-elements", "0")

    await expect(vera.page.locator(PIN)).to_have_count(1)
    await expect(vera.page.locator(".comment-tool")).to_have_count(0)
    await vera.page.locator(PIN).click()
    await expect(vera.page.locator(".saying-text")).to_have_text("In the middle")
    await expect(vera.page.locator(".comment-card textarea")).to_have_count(0)
