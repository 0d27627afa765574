"""Browsers for the tests: the system's Chromium, a fresh profile for each person, no console errors, no other host."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, ViewportSize, async_playwright, expect

from compose.embedded.progress import silent
from compose.webclient import ensure_built
from tests.browser.visitor import LIMIT_MS, Visitor

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK: ViewportSize = {"width": 1280, "height": 800}
# Without these the file dialogs can be answered by a test.
PLAIN_DIALOGS = "delete window.showOpenFilePicker; delete window.showSaveFilePicker"
# Whoever is followed tells now and then what he uses; a test that takes a session or the edge away would hear of it.
PRIVACY = "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"


# Its own are five seconds: how long something takes is a matter of what else the machine does.
expect.set_options(timeout=LIMIT_MS)

Visits = Callable[..., Awaitable[Visitor]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser, and a browser gets time: machines are slow at times."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
async def client_built() -> None:
    """The web client as it is shipped, built from the present sources."""
    await ensure_built(silent)


@pytest.fixture(scope="session")
def base_url(request: pytest.FixtureRequest) -> str:
    """Where the product listens: DOSKA_TEST_URL, or a product of this session's own."""
    address = os.environ.get("DOSKA_TEST_URL")
    if address:
        return address.rstrip("/")
    request.getfixturevalue("client_built")
    return str(request.getfixturevalue("product").base_url)


@pytest.fixture(autouse=True)
async def _only_the_first_edge_stays(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    if "product" not in request.fixturenames:
        yield
        return
    async with request.getfixturevalue("product").without_more_edges():
        yield


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium. None at all is an error in CI and a loud skip elsewhere."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        message = f"no browser: install one of {', '.join(NAMES)}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield running
        await running.close()


@pytest.fixture
async def visit(browser: Browser, base_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Visits]:
    """Makes people; afterwards looks whether anything went to another host or onto the console."""
    visitors: list[Visitor] = []

    async def come(
        locale: str = "en-GB",
        scheme: str = "light",
        size: ViewportSize = DESK,
        at: str = base_url,
        *,
        beside: tuple[str, ...] = (),
        expected: tuple[str, ...] = (),
        followed: bool = False,
        **more: object,
    ) -> Visitor:
        context = await browser.new_context(
            viewport=size,
            locale=locale,
            color_scheme="dark" if scheme == "dark" else "light",
            device_scale_factor=1,
            **more,
        )
        await context.add_init_script(PLAIN_DIALOGS)
        if not followed:
            await context.add_init_script(PRIVACY)
        visitor = Visitor(context, await context.new_page(), at, beside=beside, expected=expected)
        visitor.watch()
        visitors.append(visitor)
        return visitor

    failed = request.session.testsfailed
    yield come
    for number, visitor in enumerate(visitors):
        if request.session.testsfailed > failed:
            ARTIFACTS.mkdir(exist_ok=True)
            await visitor.page.screenshot(path=ARTIFACTS / f"{request.node.name}-{number}.png")
        await visitor.context.close()
    for visitor in visitors:
        assert visitor.outside == [], "something was asked of another host"
        assert visitor.complaints == [], "there are errors on the console"


@pytest.fixture
def picture() -> Callable[[str], Path]:
    """Where a picture for people is kept."""
    ARTIFACTS.mkdir(exist_ok=True)
    return lambda name: ARTIFACTS / f"{name}.png"
