"""A person in a browser: what they do by mouse and keyboard, and what their page shows."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from playwright.async_api import APIResponse, BrowserContext, Page, Response, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

Json = dict[str, Any]
Place = tuple[float, float]
T = TypeVar("T")
LIMIT_MS = 30_000
PASSWORD = "correct horse battery"
# A busy machine cannot take a request now and then (503), or not say in time what became of it (504), and says so; the
# client asks again, and what counts is what one sees.
BUSY_STATUSES = frozenset({503, 504})
BUSY = tuple(f"status of {status}" for status in BUSY_STATUSES)
# The editor's own signs of a text being written and of a tool in hand.
TEXT_EDITOR = "textarea.excalidraw-wysiwyg"
CANVAS = ".excalidraw canvas.interactive"


async def until(read: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], seconds: float = LIMIT_MS / 1000) -> T:
    """Read until it is as wanted; fails with what it was last."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not wanted(value := await read()):
        assert loop.time() < end, f"still {value!r} after {seconds} s"
        await asyncio.sleep(0.05)
    return value


def digest(elements: list[Json]) -> str:
    """The digest that the page shows of what is on its canvas, made of what the server holds."""
    lines = sorted(f"{e['id']}:{e['version']}:{e['versionNonce']}" for e in elements if not e["isDeleted"])
    value = 0x811C9DC5
    for character in "|".join(lines):
        value = ((value ^ ord(character)) * 0x01000193) & 0xFFFFFFFF
    return f"{value:08x}"


@dataclass
class Visitor:
    """One browser profile with one page."""

    context: BrowserContext
    page: Page
    base_url: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    # Other places that pages may speak to, and answers with errors that a test provokes.
    beside: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    token: str = ""
    user_id: str = ""

    def watch(self) -> None:
        """Note requests to other hosts, everything on the console and every broken script."""
        own = (self.base_url, self.base_url.replace("http", "ws", 1), "data:", "blob:", *self.beside)
        self.context.on(
            "request", lambda request: None if request.url.startswith(own) else self.outside.append(request.url)
        )
        self.page.on("websocket", lambda ws: None if ws.url.startswith(own) else self.outside.append(ws.url))
        self.page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type == "error" and not any(each in message.text for each in (*BUSY, *self.expected))
                else None
            ),
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._learn)

    async def _learn(self, response: Response) -> None:
        path = response.url.removeprefix(self.base_url)
        if response.ok and (
            path in {"/api/auth/register", "/api/auth/login"} or re.match(r"/api/links/.+/open$", path)
        ):
            answer = await response.json()
            self.token = answer["access_token"]
            self.user_id = answer.get("user", {}).get("user_id", self.user_id)

    async def _known(self) -> str:
        return self.token

    async def still(self) -> None:
        """Wait until what appears has appeared: half transparent it has no contrast, and is no picture."""
        await self.page.evaluate(
            """() => Promise.all(document.getAnimations()
                .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
                .map((one) => one.finished.catch(() => null)))"""
        )

    async def open(self, path: str) -> None:
        """Go to an address of the product."""
        await self.page.goto(self.base_url + path)

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """A request to the API in this person's name, as soon as that is known."""
        await until(self._known, bool)

        async def ask() -> APIResponse:
            return await self.context.request.fetch(
                self.base_url + path,
                method=method,
                headers={"Authorization": f"Bearer {self.token}"},
                data=body,
            )

        # What reads may be told that a busy machine is behind, and to ask again.
        answer = await until(ask, lambda each: method != "GET" or each.status not in BUSY_STATUSES)
        assert answer.ok, f"{method} {path}: {answer.status} {await answer.text()}"
        return await answer.json() if answer.status != 204 else {}

    # --- around the boards ---------------------------------------------------------------------------------------

    async def sign_up(self, name: str) -> str:
        """Register by the form; returns the e-mail address."""
        email = f"{name.lower()}.{secrets.token_hex(4)}@example.org"
        await self.open("/signup")
        await self.page.locator("input[name=name]").fill(name)
        await self.page.locator("input[name=email]").fill(email)
        await self.page.locator("input[name=password]").fill(PASSWORD)
        await self.page.locator("form button[type=submit]").click()
        await expect(self.page.locator(".boards-main")).to_be_visible(timeout=LIMIT_MS)
        return email

    async def new_board(self, title: str) -> str:
        """Make a board by the button, give it a title in place; returns its id."""
        await self.page.locator(".boards-actions .button.is-main").click()
        await self.page.wait_for_url("**/b/*", timeout=LIMIT_MS)
        await self.ready()
        await self.rename(title)
        return self.page.url.rsplit("/", 1)[1]

    async def rename(self, title: str) -> None:
        """Rename the open board in its bar."""
        await self.page.locator(".board-name button").click()
        field_of_title = self.page.locator(".board-name input")
        await field_of_title.fill(title)
        await field_of_title.press("Enter")
        await expect(self.page.locator(".board-name")).to_have_text(title)

    async def make_link(self, role: str = "editor", password: str | None = None) -> str:
        """Make a link in the share dialog; returns its path with the token."""
        await self.page.locator(".share-button").click()
        dialog = self.page.locator("dialog[open]")
        await dialog.locator(".new-link select").first.select_option(role)
        if password is not None:
            await dialog.locator("summary").click()
            await dialog.locator(".new-link-options input").fill(password)
        await dialog.locator(".new-link button[type=submit]").click()
        url = await dialog.locator(".made-link input").input_value(timeout=LIMIT_MS)
        await self.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        # The link is made for the public address; the tests may reach the same edge by another name.
        return "/l#" + url.split("/l#", 1)[1]

    async def come_by(self, link: str, name: str, password: str | None = None) -> None:
        """Open a link as a guest."""
        await self.open(link)
        await self.page.locator("input[name=name]").fill(name)
        await self.page.locator("form button[type=submit]").click()
        if password is not None:
            await self.page.locator("input[type=password]").fill(password)
            await self.page.locator("form button[type=submit]").click()
        await self.ready()

    async def board_menu(self, text: str) -> None:
        """Choose from the menu of the open board."""
        await self.page.locator(".bar > .icon-button[aria-haspopup=menu]").click()
        await self.page.locator(".menu").get_by_text(text, exact=True).click()

    # --- on a board ----------------------------------------------------------------------------------------------

    async def ready(self) -> None:
        """Wait until the board is joined and its canvas can be drawn on."""
        await expect(self.page.locator(".board[data-phase=live]")).to_be_visible(timeout=LIMIT_MS)
        await self.page.locator(CANVAS).wait_for(timeout=LIMIT_MS)
        await self.page.wait_for_function(
            "() => (document.querySelector('.board-main')?.dataset.digest ?? '') !== ''", timeout=LIMIT_MS
        )

    async def tool(self, name: str) -> None:
        """Take a tool of the editor's toolbar."""
        await self.page.locator(f"[data-testid=toolbar-{name}]").check(force=True)

    async def drag(self, start: Place, end: Place) -> None:
        """Press, move and let go."""
        await self.page.mouse.move(*start)
        await self.page.mouse.down()
        await self.page.mouse.move(*end, steps=10)
        await self.page.mouse.up()

    async def draw(self, tool: str, start: Place, end: Place) -> None:
        """Draw one shape by mouse and wait until the server has it."""
        before = await self.count()
        await self.tool(tool)
        await self.drag(start, end)
        await until(self.count, lambda count: count > before)
        await self.saved()

    async def write(self, place: Place, text: str) -> None:
        """Write a text; under load the text editor sometimes does not open at the first click."""
        for _ in range(4):
            await self.tool("text")
            await self.page.mouse.click(*place)
            try:
                await self.page.wait_for_selector(TEXT_EDITOR, timeout=3000)
                break
            except PlaywrightTimeout:
                await self.page.keyboard.press("Escape")
        await self.page.keyboard.type(text)
        await self.page.keyboard.press("Escape")

    async def saved(self) -> None:
        """Wait until the bar says that everything is saved."""
        await expect(self.page.locator("[data-status=saved]")).to_be_visible(timeout=LIMIT_MS)

    async def count(self) -> int:
        """How many elements the canvas shows."""
        return int(await self.page.locator(".board-main").get_attribute("data-elements") or 0)

    async def digest(self) -> str:
        """The digest of what the canvas shows."""
        return await self.page.locator(".board-main").get_attribute("data-digest") or ""

    async def elements(self, board_id: str) -> list[Json]:
        """What the server holds, read in this person's name."""
        return list((await self.call("GET", f"/api/boards/{board_id}/elements"))["elements"])

    async def sees(self, name: str) -> None:
        """Wait until somebody's cursor with their name is on the canvas, and their face in the bar."""
        await expect(self.page.locator(".cursor-name", has_text=name)).to_be_visible(timeout=LIMIT_MS)
        await expect(self.page.locator(f'.person[data-person="{name}"]')).to_be_visible(timeout=LIMIT_MS)


async def show_the_same(board_id: str, *visitors: Visitor) -> list[Json]:
    """Wait until every canvas shows exactly what the server holds; returns that."""

    async def look() -> tuple[str, ...]:
        held = await visitors[0].elements(board_id)
        return (digest(held), *[await visitor.digest() for visitor in visitors])

    await until(look, lambda digests: len(set(digests)) == 1)
    return await visitors[0].elements(board_id)
