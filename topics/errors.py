"""The names of failure: each is an instruction to whoever runs the code that raised it.

    DoskaError
    ├── Retry             not now: the same record again, in place, later
    │   └── Postpone      not now, and those behind it need not wait: the retry topic, where the consumer has one
    ├── PartlyFailed      some messages of a batch: each with its own Reject or Postpone; the others are done
    ├── Reject            never: a dead letter, and an answer where a client waits
    ├── Halt              stop this consumer; its neighbours in the process go on
    ├── CheckpointMoved   another owner took this partition over: read the checkpoint again
    ├── Unavailable       a record was not enqueued: nothing happened
    ├── Unconfirmed       a record was enqueued and its fate is unknown
    └── Misconfigured     a file or a setting of ours is wrong: the process cannot start

Anything else that a handler raises is a bug: bounded attempts, then a dead letter.
"""

from collections.abc import Mapping, Sequence

from schemas.problems import Code, Problem


class DoskaError(Exception):
    """Every failure with a name."""


class Retry(DoskaError):
    """Not now. The record is tried again in place, however long it takes: order matters, and what is down is down.

    Args:
        detail: what was not there.
        after: seconds until the next attempt; `None` leaves it to the consumer's backoff.
    """

    def __init__(self, detail: str = "not now", after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.after = after


class Postpone(Retry):
    """Not this record, not now; those behind it may go on. It comes back from the retry topic with one attempt more.

    A consumer whose manifest has no `on_failure.retry` tries it in place.

    Args:
        detail: what was not there; stands in the dead letter when the attempts are used up.
        after: seconds until it comes back at the earliest; `None` leaves it to the backoff of the retry topic.
        note: what of it is still to do, in at most 1,000 characters; it comes back as `Message.note`.
    """

    def __init__(self, detail: str = "not now", after: float | None = None, note: str | None = None) -> None:
        super().__init__(detail, after)
        self.note = note


class Reject(DoskaError):
    """Never. The record becomes a dead letter with this reason, or the client gets it as an answer.

    Args:
        code: a code of the public contract.
        detail: what happened, where, what to do.
        errors: the places in the data that are wrong.
    """

    def __init__(self, code: Code, detail: str, errors: Sequence[Problem] = ()) -> None:
        super().__init__(f"{code}: {detail}")
        self.code: Code = code
        self.detail = detail
        self.errors = tuple(errors)


class PartlyFailed(DoskaError):
    """Some messages of a batch failed, each in its own way; all others are done.

    Args:
        failures: by index in the batch: a Reject, or one or more Postpones (each comes back by itself, with its note).
    """

    def __init__(self, failures: "Mapping[int, Reject | Postpone | Sequence[Postpone]]") -> None:
        super().__init__(f"{len(failures)} messages of the batch failed")
        self.failures = failures


class Halt(DoskaError):
    """Stop this consumer with its offsets unmoved; a person has to look."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CheckpointMoved(DoskaError):
    """The checkpoint in the store is not the one that was read: another owner went on from it."""


class Unavailable(DoskaError):
    """The record was not enqueued: nothing happened, and it may be sent again."""


class Unconfirmed(DoskaError):
    """The record was enqueued and no acknowledgement came in time: it may still appear in the log."""


class Misconfigured(DoskaError):
    """A file or a setting is wrong; the text says where and what to do."""
