"""What the answer of somebody else's HTTP service asks of us: later, never, or a person."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from topics.errors import Halt, Postpone, Retry

TOO_MANY: Final = 429
SERVER_FAULT: Final = 500
TIMED_OUT: Final = 408
REFUSED: Final = (401, 403)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said: its status, its body where that is JSON, and how long it asks us to wait."""

    status: int
    body: Any
    retry_after: float | None = None


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for: a number, or a date. None where there is none that can be read."""
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        due = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        # It is a stranger's text, and the parser of the standard library gives up in several ways.
        return None
    due = due if due.tzinfo is not None else due.replace(tzinfo=UTC)
    return max(0.0, (due - now).total_seconds())


def failure(answer: Answer, service: str, credentials: str) -> Retry | Halt | None:
    """What concerns every record alike; None where the answer is about these records.

    Too many requests are waited out in place, since going on with others would be more of them. A fault of the service
    (or of something between us) is the record's own: it waits on the retry topic.
    """
    if answer.status in REFUSED:
        return Halt(
            f"{service} refuses the credentials ({answer.status}): they are wrong or were revoked. Set {credentials} anew "
            "and start the consumer again; nothing is lost until then"
        )
    if answer.status == TOO_MANY:
        return Retry(f"{service} asks for patience (429)", after=answer.retry_after)
    if answer.status >= SERVER_FAULT or answer.status == TIMED_OUT:
        return Postpone(f"{service} answers {answer.status}", after=answer.retry_after)
    return None
