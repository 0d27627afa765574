"""Signing in through the company's provider, as somebody in a browser does it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visits
from tests.browser.visitor import LIMIT_MS, PASSWORD, Visitor
from tests.openid import OpenId
from tests.product import Edge, Product

CALLBACK = "/api/auth/oidc/callback"


@pytest.fixture
async def edge(product: Product, openid: OpenId, client_built: None) -> Edge:
    """An edge with a provider's button."""
    edge = await product.edge(**openid.settings)
    await openid.become(redirect_uris=[edge.base_url + CALLBACK], logout_uri=None, accounts={})
    return edge


async def through_the_provider(visitor: Visitor, name: str) -> None:
    """Press the button and go through the provider's own pages."""
    page = visitor.page
    # The provider's development pages ask for a font elsewhere.
    await visitor.context.route("https://fonts.googleapis.com/**", lambda route: route.abort())
    await page.get_by_role("link", name="Continue with Company login").click()
    await page.locator("input[name=login]").fill(name)
    await page.locator("input[name=password]").fill("any")
    await page.locator("button[type=submit]").click()
    await page.locator("button[type=submit]", has_text="Continue").click()


def forget_the_provider(visitor: Visitor, issuer: str) -> None:
    """What was asked of the provider, and what its pages complain of, is its own business."""
    visitor.outside[:] = [
        url for url in visitor.outside if not url.startswith((issuer, "https://fonts.googleapis.com"))
    ]
    visitor.complaints[:] = [text for text in visitor.complaints if "Failed to load resource" not in text]


async def arrived(page: Page, address: str) -> None:
    await page.wait_for_url(address, timeout=LIMIT_MS)


async def test_somebody_signs_in_through_the_provider_and_is_where_they_wanted(
    visit: Visits, edge: Edge, openid: OpenId, picture: Callable[[str], Path]
) -> None:
    await openid.become(accounts={"zoe": {"name": "Zoe", "email": "zoe@id.example.org", "email_verified": True}})
    zoe = await visit(at=edge.base_url)
    await zoe.page.goto(f"{edge.base_url}/signin?next=/settings")
    await expect(zoe.page.get_by_role("link", name="Continue with Company login")).to_be_visible(timeout=LIMIT_MS)
    await zoe.page.screenshot(path=picture("sign-in-provider"))

    await through_the_provider(zoe, "zoe")

    await arrived(zoe.page, f"{edge.base_url}/settings")
    await expect(zoe.page.locator("input[value=Zoe]")).to_be_visible(timeout=LIMIT_MS)
    forget_the_provider(zoe, openid.issuer)


async def test_an_account_that_is_here_already_is_linked_after_its_password(
    visit: Visits, edge: Edge, openid: OpenId, picture: Callable[[str], Path]
) -> None:
    there, here = await visit(at=edge.base_url), await visit(at=edge.base_url, locale="en-GB")
    email = await there.sign_up("Bert")
    await openid.become(accounts={"bert": {"name": "Bert", "email": email, "email_verified": True}})
    await here.page.goto(f"{edge.base_url}/signin?next=/settings")

    await through_the_provider(here, "bert")

    page = here.page
    await expect(page.get_by_role("heading", name="Is this your account?")).to_be_visible(timeout=LIMIT_MS)
    await expect(page.locator("form")).to_contain_text(email)
    await page.screenshot(path=picture("link-account"))
    await page.get_by_label("Password", exact=True).fill("not this one")
    await page.keyboard.press("Enter")
    await expect(page.locator(".field-note[role=alert]")).to_have_text("The password is wrong.", timeout=LIMIT_MS)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.keyboard.press("Enter")
    await arrived(page, f"{edge.base_url}/settings")
    forget_the_provider(here, openid.issuer)


async def test_a_sign_in_that_failed_is_said_in_words(visit: Visits) -> None:
    anna, ivan = await visit(), await visit(locale="ru-RU")

    for visitor, words in ((anna, "by invitation only"), (ivan, "только по приглашению")):
        await visitor.open("/signin?fault=closed")
        await expect(visitor.page.locator(".form-fault")).to_contain_text(words, timeout=LIMIT_MS)
