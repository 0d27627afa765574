"""Letters to a real mail server: taken, refused for now, refused for ever, and a server that is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from consumers.account_mailer.handler import Letter
from consumers.account_mailer.post import Post
from tests.product import free_port
from topics.errors import Misconfigured, Reject, Retry

LIMIT_SECONDS = 30
LETTER = Letter("<f1@doska>", "ada@example.org", "Новый пароль", "Здравствуйте!\n\nhttps://board.example/reset#TOKEN\n")


class Server:
    def __init__(self, to: str = "250 ok", taken: str = "250 taken") -> None:
        self.answers = {"to": to, "taken": taken}
        self.letters: list[bytes] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers["to"]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.letters.append(envelope.content)
        return self.answers["taken"]


@contextmanager
def serving(server: Server) -> Iterator[Post]:
    controller = Controller(server, hostname="127.0.0.1", port=free_port(), ready_timeout=LIMIT_SECONDS)
    controller.start()
    try:
        yield Post(f"smtp://127.0.0.1:{controller.port}", "doska@board.example", LIMIT_SECONDS)
    finally:
        controller.stop()


async def test_a_letter_arrives_as_it_was_written() -> None:
    server = Server()

    with serving(server) as post:
        await post.send(LETTER)

    [raw] = server.letters
    mail = message_from_bytes(raw, policy=policy.default)
    assert (mail["To"], mail["From"], mail["Message-ID"]) == ("ada@example.org", "doska@board.example", "<f1@doska>")
    assert mail["Subject"] == "Новый пароль"
    assert "https://board.example/reset#TOKEN" in mail.get_content()


@pytest.mark.parametrize(
    ("server", "verdict"),
    [
        (Server(to="450 mailbox busy"), Retry),
        (Server(to="550 no such mailbox"), Reject),
        (Server(taken="451 later"), Retry),
        (Server(taken="554 spam"), Reject),
    ],
)
async def test_a_server_says_later_or_never(server: Server, verdict: type[Exception]) -> None:
    with serving(server) as post, pytest.raises(verdict) as refused:
        await post.send(LETTER)

    assert "ada@example.org" not in str(refused.value), "the words stand in logs and dead letters"


async def test_a_server_that_is_away_is_waited_for() -> None:
    with pytest.raises(Retry):
        await Post(f"smtp://127.0.0.1:{free_port()}", "doska@board.example", 5).send(LETTER)


async def test_a_password_is_not_sent_in_clear() -> None:
    with serving(Server()) as open_post:
        post = Post(f"smtp://user:secret@127.0.0.1:{open_post._port}", "doska@board.example", 5)

        with pytest.raises(Retry, match="no TLS"):
            await post.send(LETTER)


def test_an_address_that_is_none_is_said_at_the_start() -> None:
    with pytest.raises(Misconfigured, match="DOSKA_SMTP_URL"):
        Post("mail.example.org:25", "doska@board.example", 5)
