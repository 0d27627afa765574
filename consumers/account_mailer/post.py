"""Hands a letter to a mail server, in a thread: SMTP is spoken by the standard library, which blocks."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from consumers.account_mailer.handler import Letter
from topics.errors import Misconfigured, Reject, Retry

PORTS = {"smtp": 25, "smtps": 465}


class Post:
    """One mail server. `url` is `smtp://user:password@host:port`; `smtps` speaks TLS from the start.

    With `smtp` TLS is begun when the server offers it; a password is never sent without.
    """

    def __init__(self, url: str, sender: str, seconds: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise Misconfigured("DOSKA_SMTP_URL must be like smtp://user:password@mail.example.org:587")
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = parts.port or PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender
        self._seconds = seconds

    async def send(self, letter: Letter) -> None:
        """Return when the server has taken the letter.

        Raises Retry while the server is away or says "later", Reject when it will never take this one.
        """
        await asyncio.to_thread(self._send, letter)

    def _send(self, letter: Letter) -> None:
        try:
            with self._connect() as server:
                server.send_message(self._message(letter), self._sender, [letter.to])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise _verdict(code, "the mail server refuses the recipient") from error
        except smtplib.SMTPSenderRefused as error:
            raise Retry(f"the mail server refuses the sender with {error.smtp_code}: see DOSKA_MAIL_SENDER") from error
        except smtplib.SMTPDataError as error:
            raise _verdict(error.smtp_code, "the mail server refuses the letter") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Retry(f"the mail server at {self._host}:{self._port}: {type(error).__name__}") from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=self._seconds, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._seconds)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif self._user:
                server.close()
                raise Retry("the mail server offers no TLS, and the password is not sent without")
        if self._user:
            server.login(self._user, self._password)
        return server

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = formatdate()
        message["Message-ID"] = letter.message_id
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message


def _verdict(code: int, what: str) -> Retry | Reject:
    """A server's 4xx is "later", its 5xx is "never". No address is in the words: they stand in logs and dead letters."""
    permanent = 500
    return Reject("gone", f"{what} with {code}") if code >= permanent else Retry(f"{what} with {code}")
