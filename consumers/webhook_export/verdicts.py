"""What an attempt means: for the delivery, and for the endpoint that all deliveries of a webhook share. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from topics.exports.answers import retry_after

State = Literal["pending", "delivered", "failed"]
Reason = Literal["failing", "gone"]
# `status`: an answer, but no 2xx; `redirect`: not followed; `forbidden_address`: our own guard; `no_key`: the secret's key is
# not in the keyring any more; `broken`: no proper answer.
Fault = Literal[
    "status",
    "redirect",
    "forbidden_address",
    "no_answer",
    "unknown_host",
    "not_secure",
    "unreachable",
    "no_key",
    "broken",
]

GONE: Final = 410
# Those whose Retry-After is meant: too many, or not now.
LATER: Final = frozenset({429, 503})
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
# Before the second attempt, the third, …: about four days in all.
RETRIES: Final = (
    *(5 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE),
    *(2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR, 24 * HOUR),
)
# How long an endpoint is left alone after so many failures in a row, whichever deliveries they were: a queue of thousands
# for an endpoint that is down would else be tried through again and again.
RESTS: Final = (timedelta(0), timedelta(0), 5 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE)
LONGEST_WAIT: Final = timedelta(hours=24)
# Deliveries that failed together would come back together.
JITTER: Final = 0.1


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt. `status` is None when there was no answer; then `error` says why."""

    status: int | None
    latency_ms: int
    error: Fault | None = None
    retry_after: str | None = None

    @property
    def good(self) -> bool:
        """Whether the endpoint took it."""
        return self.error is None and self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a webhook's endpoint fares: failures in a row, since when, and whether it is given up."""

    failures: int = 0
    failing_since: datetime | None = None
    rests_until: datetime | None = None
    giving_up: Reason | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery, and of its endpoint."""

    state: State
    next_at: datetime
    endpoint: Endpoint


def after(
    attempt: Attempt,
    number: int,
    endpoint: Endpoint,
    now: datetime,
    chance: float,
    *,
    pause_after: timedelta,
    once: bool,
) -> Verdict:
    """The verdict on attempt `number` (from 1) of a delivery; `chance` is from 0 to 1. A test is tried `once`."""
    if attempt.good:
        return Verdict("delivered", now, Endpoint())
    asked = wait_asked(attempt, now)
    since = endpoint.failing_since or now
    failures = endpoint.failures + 1
    rest = max(asked, RESTS[min(failures, len(RESTS)) - 1])
    giving_up: Reason | None = endpoint.giving_up
    if attempt.status == GONE:
        giving_up = "gone"
    elif now - since >= pause_after:
        giving_up = "failing"
    resting = Endpoint(failures, since, now + rest if rest else None, giving_up)
    if once:
        return Verdict("failed", now, resting)
    if giving_up is not None:
        # It waits with all others until somebody resumes the webhook.
        return Verdict("pending", now, resting)
    if number > len(RETRIES):
        return Verdict("failed", now, resting)
    return Verdict("pending", now + max(asked, RETRIES[number - 1] * (1 + JITTER * chance)), resting)


def wait_asked(attempt: Attempt, now: datetime) -> timedelta:
    """How long the endpoint asks to be left alone: seconds or a date, within reason."""
    asked = retry_after(attempt.retry_after, now) if attempt.status in LATER else None
    return timedelta(seconds=min(asked or 0.0, LONGEST_WAIT.total_seconds()))
