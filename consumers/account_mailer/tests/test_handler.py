"""Which letters are written, and what stands in them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consumers.account_mailer.handler import Addressee, Wanted, is_spent, letter, wanted
from schemas.registry import MessageType, registry

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
ADA, LINK = "01980c5e-0001-7a10-8f2e-3c4d5e6f7081", "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
ADDRESSEE = Addressee("ada@example.org", "en", NOW + timedelta(hours=1), used=False)
EXAMPLES = [
    pytest.param(each, example, id=f"{each.dataschema}-{number}")
    for each in registry().of_topic("identity.facts")
    for number, example in enumerate(each.examples)
]


@pytest.mark.parametrize(("message_type", "example"), EXAMPLES)
def test_only_links_are_mailed(message_type: MessageType, example: dict[str, Any]) -> None:
    expected = message_type.name in {"identity.reset_requested", "identity.email_confirmation_requested"}

    assert (wanted(message_type.name, example) is not None) is expected


def test_a_link_for_an_operator_is_not_mailed() -> None:
    asked = {"user_id": ADA, "reset_id": LINK, "by": "operator", "expires_at": "2026-03-02T12:00:00Z", "revision": 4}

    assert wanted("identity.reset_requested", asked) is None


@pytest.mark.parametrize(
    ("addressee", "spent"),
    [
        (ADDRESSEE, False),
        (None, True),
        (Addressee("a@b.example", "en", NOW, used=False), True),
        (Addressee("a@b.example", "en", NOW + timedelta(hours=1), used=True), True),
    ],
)
def test_a_link_that_nobody_can_use_is_not_mailed(addressee: Addressee | None, spent: bool) -> None:
    assert is_spent(addressee, NOW) is spent


@pytest.mark.parametrize(
    ("locale", "subject"),
    [("ru", "Новый пароль"), ("ru-RU", "Новый пароль"), ("en-GB", "A new password"), ("de", "A new password")],
)
def test_a_letter_is_in_the_persons_language(locale: str, subject: str) -> None:
    to = Addressee("ada@example.org", locale, ADDRESSEE.expires_at, used=False)

    written = letter(Wanted("reset", ADA, LINK), to, "TOKEN", "https://board.example", "f1")

    assert (written.to, written.subject, written.message_id) == ("ada@example.org", subject, "<f1@doska>")
    assert "https://board.example/reset#TOKEN" in written.text


def test_a_confirmation_goes_where_it_is_confirmed() -> None:
    written = letter(Wanted("confirm", ADA, LINK), ADDRESSEE, "TOKEN", "https://board.example", "f1")

    assert "https://board.example/confirm#TOKEN" in written.text
