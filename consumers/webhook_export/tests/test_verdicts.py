"""What an attempt means, over days: a pure matter, so days take no time here."""

from datetime import UTC, datetime, timedelta

import pytest

from consumers.webhook_export.verdicts import (
    LONGEST_WAIT,
    RESTS,
    RETRIES,
    Attempt,
    Endpoint,
    Verdict,
    after,
    wait_asked,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAYS = timedelta(days=5)
DOWN = Attempt(500, 12, "status")
SILENT = Attempt(None, 10_000, "no_answer")


def judged(
    attempt: Attempt, number: int = 1, endpoint: Endpoint | None = None, now: datetime = NOON, *, once: bool = False
) -> Verdict:
    return after(attempt, number, endpoint or Endpoint(), now, 0.0, pause_after=DAYS, once=once)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_good_and_heals_the_endpoint(status: int) -> None:
    verdict = judged(Attempt(status, 12), 4, Endpoint(7, NOON, NOON, None))

    assert (verdict.state, verdict.endpoint) == ("delivered", Endpoint())


@pytest.mark.parametrize("status", [199, 300, 301, 302, 304, 307, 400, 401, 404, 408, 429, 500, 502, 503])
def test_everything_else_is_tried_again(status: int) -> None:
    assert judged(Attempt(status, 12, "status")).state == "pending"


def test_a_delivery_is_tried_for_days_at_growing_distances_and_then_fails() -> None:
    now, endpoint, waits = NOON, Endpoint(), []
    for number in range(1, len(RETRIES) + 1):
        verdict = judged(SILENT, number, endpoint, now)
        assert verdict.state == "pending"
        waits.append(verdict.next_at - now)
        now, endpoint = verdict.next_at, verdict.endpoint

    assert waits == list(RETRIES) == sorted(waits)
    assert waits[:4] == [timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)]
    assert timedelta(days=3) < now - NOON < DAYS
    assert judged(SILENT, len(RETRIES) + 1, endpoint, now).state == "failed"


def test_chance_spreads_what_failed_together() -> None:
    late = after(DOWN, 3, Endpoint(), NOON, 1.0, pause_after=DAYS, once=False)

    assert late.next_at - NOON == timedelta(minutes=5, seconds=30)


def test_an_endpoint_that_fails_again_and_again_is_left_alone_for_longer() -> None:
    endpoint, rests = Endpoint(), []
    for _ in range(len(RESTS) + 2):
        endpoint = judged(DOWN, 1, endpoint).endpoint
        rests.append(endpoint.rests_until - NOON if endpoint.rests_until else timedelta(0))

    assert rests == [*RESTS, RESTS[-1], RESTS[-1]] == sorted(rests)
    assert endpoint.failing_since == NOON


@pytest.mark.parametrize(
    ("status", "text", "wait"),
    [
        (429, "120", timedelta(minutes=2)),
        (503, " 7 ", timedelta(seconds=7)),
        (429, "Mon, 04 May 2026 13:00:00 GMT", timedelta(hours=1)),
        (429, "Mon, 04 May 2026 11:00:00 GMT", timedelta(0)),
        (429, "999999999999999", LONGEST_WAIT),
        (429, "-5", timedelta(0)),
        (429, "soon", timedelta(0)),
        (429, "٣", timedelta(0)),
        (429, "Mon, 99 May 2026 11:00:00 GMT", timedelta(0)),
        (429, None, timedelta(0)),
        (500, "120", timedelta(0)),
    ],
)
def test_retry_after_is_respected_within_reason(status: int, text: str | None, wait: timedelta) -> None:
    assert wait_asked(Attempt(status, 1, "status", text), NOON) == wait


def test_who_asks_to_be_left_alone_is_left_alone_with_all_deliveries() -> None:
    verdict = judged(Attempt(429, 1, "status", "3600"))

    assert verdict.next_at == NOON + timedelta(hours=1)
    assert verdict.endpoint.rests_until == NOON + timedelta(hours=1)


def test_gone_is_given_up_at_once_and_the_delivery_waits() -> None:
    verdict = judged(Attempt(410, 1, "status"))

    assert (verdict.state, verdict.endpoint.giving_up) == ("pending", "gone")


def test_days_of_failure_are_given_up_and_a_day_less_is_not() -> None:
    almost = judged(DOWN, 9, Endpoint(40, NOON - DAYS + timedelta(minutes=1)))
    enough = judged(DOWN, 9, Endpoint(40, NOON - DAYS))

    assert (almost.endpoint.giving_up, enough.endpoint.giving_up) == (None, "failing")
    assert enough.state == "pending", "it goes out when somebody resumes"


def test_a_test_is_tried_once() -> None:
    assert judged(DOWN, once=True).state == "failed"
    assert judged(Attempt(204, 1), once=True).state == "delivered"
