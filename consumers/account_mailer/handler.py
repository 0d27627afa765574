"""Which letter a fact asks for, and its words: a pure function of the fact, of what the tables say, and of the hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schemas.mail_tokens import Kind


@dataclass(frozen=True, slots=True)
class Wanted:
    """A link that is to be mailed: of which kind, to whom, and its id."""

    kind: Kind
    user_id: str
    link_id: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """To whom a link goes, as the tables say now."""

    email: str
    locale: str
    expires_at: datetime
    used: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in plain text. `message_id` is the same whenever it is sent again."""

    message_id: str
    to: str
    subject: str
    text: str


PATHS: Final[Mapping[Kind, str]] = {"reset": "reset", "confirm": "confirm"}
# Without the person's name: whoever registers somebody else's address chooses it, and would write this letter.
WORDS: Final[Mapping[tuple[str, Kind], tuple[str, str]]] = {
    ("en", "reset"): (
        "A new password",
        (
            "Hello,\n\nset a new password here; the link works once, for 24 hours:\n\n{url}\n\n"
            "If you did not ask for this, do nothing: your password stays as it is.\n"
        ),
    ),
    ("ru", "reset"): (
        "Новый пароль",
        (
            "Здравствуйте!\n\nЗадайте новый пароль по этой ссылке; она действует один раз, 24 часа:\n\n{url}\n\n"
            "Если вы об этом не просили, ничего не делайте: пароль останется прежним.\n"
        ),
    ),
    ("en", "confirm"): (
        "Is this your address?",
        (
            "Hello,\n\nconfirm your e-mail address here; the link works once, for 24 hours:\n\n{url}\n\n"
            "If you did not ask for this, do nothing.\n"
        ),
    ),
    ("ru", "confirm"): (
        "Это ваш адрес?",
        (
            "Здравствуйте!\n\nПодтвердите адрес почты по этой ссылке; она действует один раз, 24 часа:\n\n{url}\n\n"
            "Если вы об этом не просили, ничего не делайте.\n"
        ),
    ),
}


def wanted(kind: str, data: Mapping[str, Any]) -> Wanted | None:
    """The link that a fact asks to mail; None for facts that ask for none."""
    if kind == "identity.reset_requested" and data["by"] == "mail":
        return Wanted("reset", data["user_id"], data["reset_id"])
    if kind == "identity.email_confirmation_requested":
        return Wanted("confirm", data["user_id"], data["confirmation_id"])
    return None


def is_spent(addressee: Addressee | None, now: datetime) -> bool:
    """Whether nobody can use the link any more: the account is gone, or the link was used or is too old."""
    return addressee is None or addressee.used or now >= addressee.expires_at


def letter(link: Wanted, addressee: Addressee, token: str, address: str, fact_id: str) -> Letter:
    """The letter with the link; `address` is the public one of the deployment."""
    language = "ru" if addressee.locale.partition("-")[0].lower() == "ru" else "en"
    subject, text = WORDS[language, link.kind]
    url = f"{address}/{PATHS[link.kind]}#{token}"
    return Letter(f"<{fact_id}@doska>", addressee.email, subject, text.format(url=url))
