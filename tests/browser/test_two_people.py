"""Two people at one board, each in a browser of their own."""

from collections.abc import Callable
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import Visits
from tests.browser.sketch import sketch
from tests.browser.visitor import show_the_same, until


async def test_two_people_draw_on_one_board_and_see_each_other(visit: Visits, picture: Callable[[str], Path]) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Plan of the quarter")
    await anna.draw("rectangle", (380, 260), (600, 390))

    boris = await visit(locale="ru-RU")
    await boris.come_by(await anna.make_link("editor"), "Борис")
    await until(boris.count, lambda count: count == 1)
    await expect(boris.page.locator(".board-name")).to_have_text("Plan of the quarter")
    await boris.draw("ellipse", (760, 300), (900, 420))
    await anna.page.mouse.move(640, 480, steps=4)
    await boris.page.mouse.move(700, 520, steps=4)

    await until(anna.count, lambda count: count == 2)
    held = await show_the_same(board_id, anna, boris)
    assert sorted(element["type"] for element in held) == ["ellipse", "rectangle"]
    await anna.sees("Борис")
    await boris.sees("Anna")
    await anna.page.screenshot(path=picture("two-people-anna"))
    await boris.page.screenshot(path=picture("two-people-boris"))


async def test_both_draw_at_once_and_end_with_the_same_board(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Together")
    await boris.come_by(await anna.make_link("editor"), "Boris")

    for visitor, left in ((anna, 300), (boris, 700)):
        await visitor.tool("freedraw")
        await visitor.page.mouse.move(left, 300)
        await visitor.page.mouse.down()
    for step in range(30):
        await anna.page.mouse.move(300 + step * 6, 300 + (step % 5) * 20)
        await boris.page.mouse.move(700 + step * 6, 300 + (step % 7) * 15)
    await anna.page.mouse.up()
    await boris.page.mouse.up()

    await until(anna.count, lambda count: count == 2)
    await until(boris.count, lambda count: count == 2)
    held = await show_the_same(board_id, anna, boris)
    assert [len(element["points"]) >= 25 for element in held] == [True, True]


async def test_a_text_arrives_whole_also_when_it_comes_at_one_stroke(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Words")
    await boris.come_by(await anna.make_link("editor"), "Boris")

    await anna.write((400, 300), "Ж")
    await until(boris.count, lambda count: count == 1)
    await anna.write((400, 420), "hello there")

    await until(boris.count, lambda count: count == 2)
    held = await show_the_same(board_id, anna, boris)
    assert sorted(element["text"] for element in held) == ["hello there", "Ж"]


async def test_undo_is_personal(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Mine and yours")
    await boris.come_by(await anna.make_link("editor"), "Boris")
    await anna.draw("rectangle", (380, 260), (560, 380))
    await until(boris.count, lambda count: count == 1)
    await boris.draw("ellipse", (760, 300), (900, 420))
    await until(anna.count, lambda count: count == 2)

    await anna.page.locator("[data-testid=button-undo], .undo-button-container button").first.click()

    await until(boris.count, lambda count: count == 1)
    held = await show_the_same(board_id, anna, boris)
    assert [element["type"] for element in held] == ["ellipse"]


async def test_everything_is_there_after_a_reload_and_for_who_comes_later(visit: Visits) -> None:
    anna = await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Lasting")
    for number in range(5):
        await anna.draw("rectangle", (300 + number * 120, 260), (390 + number * 120, 340))
    link = await anna.make_link("viewer")

    await anna.page.reload()
    await anna.ready()
    late = await visit()
    await late.come_by(link, "Late")

    assert len(await show_the_same(board_id, anna, late)) == 5


async def test_one_follows_another(visit: Visits) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    await anna.new_board("Far away")
    await anna.draw("rectangle", (380, 260), (560, 380))
    await boris.come_by(await anna.make_link("editor"), "Boris")
    await boris.page.mouse.move(600, 400, steps=3)
    await anna.sees("Boris")

    face = anna.page.locator('.person[data-person="Boris"]')
    await face.click()
    await expect(face).to_have_attribute("aria-pressed", "true")
    await boris.page.mouse.move(640, 500)
    await boris.page.mouse.wheel(4000, 3000)
    await boris.draw("ellipse", (500, 300), (700, 450))

    # Her view went along: his new ellipse is in the middle of what she sees, her old rectangle is not.
    await until(anna.count, lambda count: count == 2)
    await anna.page.mouse.move(600, 600)
    await expect(boris.page.locator(".person-eye")).to_be_visible()
    await anna.page.mouse.wheel(0, 200)
    await expect(face).to_have_attribute("aria-pressed", "false")


async def test_what_a_program_draws_over_the_api_appears_on_the_open_boards(
    visit: Visits, picture: Callable[[str], Path]
) -> None:
    anna, boris = await visit(), await visit()
    await anna.sign_up("Anna")
    board_id = await anna.new_board("Spring release")
    await boris.come_by(await anna.make_link("editor"), "Boris")

    await anna.call("POST", f"/api/boards/{board_id}/elements", {"elements": sketch()})

    await until(anna.count, lambda count: count == len(sketch()))
    await show_the_same(board_id, anna, boris)
    await anna.page.mouse.move(560, 560, steps=3)
    await anna.page.reload()
    await anna.ready()
    await boris.page.mouse.move(760, 420, steps=4)
    await anna.sees("Boris")
    await anna.page.mouse.move(1000, 620, steps=3)
    await anna.page.screenshot(path=picture("board"))
