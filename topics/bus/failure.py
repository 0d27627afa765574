"""What happens to work that fails: another attempt, a dead letter, or a consumer that stops."""

import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from schemas.problems import Code, Problem
from topics.bus.manifest import DeadLetterLimit, OnFailure
from topics.errors import CheckpointMoved, Halt, PartlyFailed, Postpone, Reject, Retry

Work = Callable[[], Awaitable[None]]
# Sleeps; True when the sleep was ended because the consumer stops or lost its partitions.
Pause = Callable[[float], Awaitable[bool]]
# Told of each attempt that failed and comes again, and why.
Retried = Callable[[str], None]

log = structlog.get_logger(__name__)


def _nobody_counts(_reason: str) -> None:
    pass


class Interrupted(Exception):
    """The work was given up between two attempts; its records are read again by whoever owns them then."""


@dataclass(frozen=True, slots=True)
class Death:
    """Why a record is dead."""

    code: Code
    detail: str
    errors: tuple[Problem, ...] = ()
    rejected: bool = True

    @classmethod
    def of(cls, error: Exception) -> "Death":
        """The reason in an error: what a handler says, or the bug it has."""
        if isinstance(error, Reject):
            return cls(error.code, error.detail, error.errors)
        return cls("internal", f"{type(error).__name__}: {error}", rejected=False)


def backoff_seconds(attempt: int, policy: OnFailure, jitter: float = 1.0) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1): doubling, bounded, times a jitter of 0.5 to 1."""
    return min(policy.backoff * 2.0 ** min(attempt - 1, 32), policy.backoff_max) * jitter


async def attempt(
    work: Work, policy: OnFailure, pause: Pause, *, attempts: int | None = None, retried: Retried = _nobody_counts
) -> Death | None:
    """Do `work` until it is done (`None`), rejected, or out of attempts.

    Retry does not use up attempts: what is down is down for every record, and order matters.
    Raises Halt and CheckpointMoved as they come, and Interrupted when `pause` was ended early. Where the policy has a
    retry topic it raises Postpone and PartlyFailed as they come; elsewhere what they postpone is tried in place.
    """
    limit = policy.attempts if attempts is None else attempts
    tries = failures = 0
    while True:
        tries += 1
        try:
            await work()
        except (Halt, CheckpointMoved):
            raise
        except Reject as error:
            return Death.of(error)
        except (Retry, PartlyFailed) as error:
            if _is_settled_elsewhere(error, policy):
                raise
            wait, reason = error.after if isinstance(error, Retry) else None, str(error)
            log.info("not now", reason=reason, attempt=tries)
        except Exception as error:
            failures += 1
            log.exception("attempt failed", attempt=failures, of=limit)
            if failures >= limit:
                return Death.of(error)
            wait, reason = None, repr(error)
        else:
            return None
        retried(reason)
        seconds = backoff_seconds(tries, policy, random.uniform(0.5, 1.0)) if wait is None else wait
        if await pause(min(seconds, policy.backoff_max)):
            raise Interrupted


def _is_settled_elsewhere(error: Retry | PartlyFailed, policy: OnFailure) -> bool:
    """Whether the records go to the retry topic, or are dead, instead of being tried here again."""
    if isinstance(error, PartlyFailed):
        return policy.retry is not None or all(isinstance(each, Reject) for each in error.failures.values())
    return isinstance(error, Postpone) and policy.retry is not None


@dataclass(slots=True)
class Deaths:
    """Counts dead letters against the limit past which it is no accident."""

    limit: DeadLetterLimit
    _row: int = 0
    _recent: deque[bool] = field(default_factory=deque)

    def copy(self) -> "Deaths":
        """The same count, to go on from on trial."""
        return Deaths(self.limit, self._row, self._recent.copy())

    def handled(self) -> None:
        """A record was done."""
        self._row = 0
        self._remember(dead=False)

    def died(self, death: Death) -> None:
        """A record is about to become a dead letter. Raises Halt when that is one too many."""
        if self._row >= self.limit.consecutive:
            raise Halt(f"{self._row} dead letters in a row, and the next is: {death.code}: {death.detail}")
        dead = sum(self._recent) + 1
        if len(self._recent) >= self.limit.window and dead > self.limit.ratio * self.limit.window:
            raise Halt(
                f"{dead} of the last {self.limit.window} records are dead letters, and the next is: {death.code}: {death.detail}"
            )
        self._row += 1
        self._remember(dead=True)

    def _remember(self, *, dead: bool) -> None:
        self._recent.append(dead)
        if len(self._recent) > self.limit.window:
            self._recent.popleft()
